// Storage: what lies on the disk, the trash, a backup to take along and one to put in place at the next start.

import { copy, el, fill, text, toast, wentWrong, when } from "../shared/dom.js";
import { rest } from "../shared/rest.js";
import { bytes } from "../shared/units.js";

// By part of the disk: its name and a word on it.
const PARTS = {
  database: ["storage.database", "storage.database-note"],
  files: ["storage.files", "storage.files-note"],
  models: ["storage.models", "storage.models-note"],
  copies: ["storage.copies", "storage.copies-note"],
  free: ["storage.free", "storage.free-note"],
};

export function mount(component) {
  const root = component.element.querySelector("section");
  const find = (selector) => root.querySelector(selector);
  fill(root);
  const form = find("form");
  const days = form.elements.namedItem("days");

  const load = () => rest("storage").then(show);

  // Does something, and shows what there is then.
  async function act(...question) {
    const value = await rest(...question);
    if (value.error) toast(value.error, { problem: true });
    else await load();
    return value.error ? null : value;
  }

  function show(value) {
    if (value.error) return toast(value.error, { problem: true });
    sure(false);
    for (const one of root.querySelectorAll(".operators")) one.hidden = !value.studio;
    find(".retention").textContent = text(value.days ? "storage.kept" : "storage.kept-always", { days: value.days });
    const { trash: lines, trash_limit: limit } = value;
    find("[data-do=empty]").disabled = !lines;
    const count = lines < limit ? lines : `${limit}+`;
    find(".count").textContent = lines ? text("storage.lines", { count }) : text("trash.none");
    if (value.studio) showStudio(value.studio);
  }

  function showStudio({ disk, home, models, home_is_set, chosen_days, setting_days, waiting, command }) {
    find(".home").replaceChildren(...sentence("storage.home", { home: el("code", {}, home) }));
    find("tbody").replaceChildren(...Object.entries(PARTS).map(([part, [name, note]]) => row(text(name), disk[part], text(note, { models }))));
    days.placeholder = setting_days;
    if (document.activeElement !== days) days.value = chosen_days ?? "";
    find(".put-by").hidden = Boolean(waiting);
    find(".waiting").hidden = !waiting;
    if (waiting) find(".waiting p").textContent = text("storage.waiting", { ...waiting, made: when(waiting.made) });
    find(".command code").textContent = command;
    find(".restored").textContent = text(home_is_set ? "storage.same-home" : "storage.aside", { home });
  }

  const row = (name, size, note) =>
    el("tr", {}, el("th", { scope: "row" }, name), el("td.size", {}, bytes(size)), el("td.note", {}, note));

  // A sentence with elements in its slots.
  const sentence = (key, values) => text(key).split(/\{(\w+)\}/).map((piece, place) => (place % 2 ? values[piece] : piece));

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = days.value.trim();
    // What is no number goes as it is: Python says so.
    const wanted = typed === "" ? null : /^-?\d+$/.test(typed) ? Number(typed) : typed;
    act("preferences", { trash_days: wanted }, "PATCH").then((done) => done && toast(text("general.saved")));
  });

  function sure(isAsked) {
    find(".sure").hidden = !isAsked;
    find(".trash").hidden = isAsked;
    if (isAsked) find("[data-do=cancel]").focus();
  }

  find("[data-do=empty]").addEventListener("click", () => sure(true));
  find("[data-do=cancel]").addEventListener("click", () => (sure(false), find("[data-do=empty]").focus()));
  find("[data-do=sure]").addEventListener("click", () =>
    act("trash", undefined, "DELETE").then((done) => done && toast(text("storage.emptied", { count: done.items }))),
  );
  // A backup for the next start.

  const backup = find("[type=file]");
  find("[data-do=choose]").addEventListener("click", () => backup.click());
  backup.addEventListener("change", async () => {
    const [file] = backup.files;
    backup.value = "";
    checking(true);
    const address = new URL(`api/backup?${new URLSearchParams({ name: file.name })}`, document.baseURI);
    const answer = await fetch(address, { method: "PUT", body: file }).catch(() => null);
    const said = await answer?.json().catch(() => null);
    checking(false);
    if (!answer?.ok) return toast(wentWrong(said), { problem: true });
    load();
  });
  find("[data-do=forget]").addEventListener("click", () => act("backup", undefined, "DELETE").then((done) => done && find("[data-do=choose]").focus()));

  function checking(isSo) {
    find("[data-do=choose]").disabled = isSo;
    find(".checking").hidden = !isSo;
  }

  find("[data-do=copy]").addEventListener("click", () => copy(find(".command code").textContent));

  new IntersectionObserver((seen) => seen.at(-1).isIntersecting && load()).observe(root);
}
