// The history: everything that was generated, found as one types; a click opens an item where it was made, or here if
// it was made by a program and has no tab of its own.

import { ago, debounce, el, fill, iconButton, marked, text, toast, when } from "../shared/dom.js";
import { isOpen } from "../shared/live.js";
import { lookInside } from "../shared/looking.js";
import { openMenu } from "../shared/menu.js";
import { goTo, placeOf, registerTab, showIn } from "../shared/page.js";
import { rest } from "../shared/rest.js";
import { mountCompared } from "./compared.js";
import { isPlayed, mountItem, play } from "./item.js";
import { mountStats } from "./stats.js";
import { mountTrash } from "./trash.js";

// So often it is looked whether what is under way has ended.
const LOOK_MS = 2_500;
const PAGE = 30;

export function mount(component) {
  const root = component.element.querySelector(".history");
  const find = (selector) => root.querySelector(selector);
  fill(root);
  const search = find("input[type=search]");
  const further = find(".further");
  const filters = [...root.querySelectorAll(".filters :is(select, input[name])")];
  const more = find("[data-do=more]");
  const chosen = new Set();
  const shown = new Map();
  let last = null;
  let isSeen = false;
  let looking = null;
  let isOperator = false;
  // Of the questions under way, the last one is answered.
  let turn = 0;

  // Views: the list, or what a click in it brings.

  function view(name, names = {}, { step = true } = {}) {
    showIn("history", names, { step });
    for (const one of root.querySelectorAll("[data-view]")) one.hidden = one.dataset.view !== name;
    root.closest(".tabitem")?.scrollTo(0, 0);
  }

  const back = () => (item.leave(), select(null), view("list"), load());
  const item = mountItem(find(".item"), { view, back });
  const compared = mountCompared(find(".compared"), { view });
  const trash = mountTrash(find(".trash"), { view });
  const stats = mountStats(find(".stats"), { view });
  for (const button of root.querySelectorAll("[data-do=back]")) button.addEventListener("click", back);

  const everything = find("[data-do=menu]");
  everything.addEventListener("click", () =>
    openMenu(everything, [
      { icon: "chart", text: text("stats.title"), choose: stats.open },
      { icon: "trash", text: text("trash.title"), choose: trash.open },
      { icon: "download", text: text("history.export-all"), href: "api/history/export" },
      ...(isOperator ? [{ icon: "archive", text: text("history.backup"), href: "api/backup" }] : []),
    ]),
  );

  // The list

  const wanted = () => ({ q: search.value, ...Object.fromEntries(filters.map((one) => [one.name, value(one)])) });
  const page = (before) => {
    const given = Object.entries({ ...wanted(), before }).filter(([, one]) => one !== null && one !== "");
    return rest(`history?${new URLSearchParams({ ...Object.fromEntries(given), limit: PAGE })}`);
  };

  async function load(before = null) {
    const mine = ++turn;
    const [answer, known] = await Promise.all([page(before), before === null ? rest("history/choices") : {}]);
    if (mine === turn) show({ ...known, ...answer }, before === null);
  }

  function show(answer, isFirst) {
    if (answer.error) return toast(answer.error, { problem: true });
    // What was chosen stays so while it is in the list.
    const before = new Set(isFirst ? [...chosen].map(({ id }) => id) : []);
    if (isFirst) {
      choices("assistant", "history.all-assistants", answer.assistants, (name) => text(`tab.${name}`));
      choices("status", "history.all-statuses", answer.statuses, (name) => text(`status.${name}`));
      choices("model", "history.all-models", answer.models);
      choices("template", "history.all-templates", answer.templates);
      isOperator = answer.is_operator;
      find(".items").replaceChildren();
      shown.clear();
      select(null);
    }
    find(".items").append(...answer.items.map(row));
    for (const entry of answer.items.filter(({ id }) => before.has(id))) {
      find(`.items [data-id="${CSS.escape(entry.id)}"] input`).checked = true;
      select(entry, true);
    }
    last = answer.next ?? last;
    more.hidden = answer.next === null;
    const empty = !find(".items").children.length;
    find(".none").hidden = !empty;
    find(".none").textContent = text(Object.values(wanted()).some(Boolean) ? "history.none" : "history.empty");
    watch();
  }

  // A row whose item has gone on meanwhile is drawn anew, unless it is chosen.
  function watch() {
    clearTimeout(looking);
    if (!isSeen || document.hidden || ![...shown.values()].some(({ status }) => isOpen(status))) return;
    looking = setTimeout(() => page(null).then(renew), LOOK_MS);
  }

  function renew({ items = [] }) {
    for (const entry of items) {
      const before = shown.get(entry.id);
      if (before && before.status !== entry.status && !chosen.has(before)) {
        find(`.items [data-id="${CSS.escape(entry.id)}"]`).replaceWith(row(entry));
      }
    }
    watch();
  }

  function choices(name, all, names, label = (one) => one) {
    const box = find(`select[name=${name}]`);
    const now = box.value;
    const options = names.map((one) => el("option", { value: one }, label(one)));
    box.replaceChildren(el("option", { value: "" }, text(all)), ...options);
    box.value = names.includes(now) ? now : "";
  }

  function row(entry) {
    shown.set(entry.id, entry);
    const [place, query] = placeOf(entry);
    const go = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      goTo(place, query);
    };
    const template = entry.template && [entry.template, entry.template_version].filter(Boolean).join(" @ ");
    const facts = [text(`tab.${entry.assistant}`), entry.model, template].filter(Boolean).join(" · ");
    const box = el("input", { type: "checkbox", "aria-label": text("history.select") });
    box.addEventListener("change", () => select(entry, box.checked));
    const menu = iconButton("more", text("chat.menu"), () => openMenu(menu, actions(entry)), { "aria-haspopup": "menu" });
    return el(
      "li",
      { "data-id": entry.id },
      el("label.box", {}, box),
      el(
        "a",
        { href: query, onclick: go },
        el("span.name", {}, ...(entry.title ? marked(entry.title, entry.title_marks) : [text("history.untitled")])),
        el(`span.chip.${entry.status}`, {}, text(`status.${entry.status}`)),
        el("span.snippet", {}, ...marked(entry.snippet, entry.snippet_marks)),
        el("span.meta", {}, `${facts} · `, el("time", { datetime: entry.created, title: when(entry.created) }, ago(entry.created))),
      ),
      starButton(entry),
      menu,
    );
  }

  function starButton(entry) {
    const button = iconButton("star", text("history.star"), mark, { "aria-pressed": String(entry.starred) });
    button.classList.add("star");
    async function mark() {
      const starred = !entry.starred;
      const answer = await rest(`history/${entry.id}`, { starred }, "PATCH");
      if (answer.error) return toast(answer.error, { problem: true });
      entry.starred = starred;
      button.setAttribute("aria-pressed", String(starred));
    }
    return button;
  }

  // What can be done with one item, and with several

  const actions = (entry) => [
    { icon: "retry", text: text("history.again"), choose: () => again(entry) },
    ...(isPlayed(entry) ? [{ icon: "columns", text: text("history.playground"), choose: () => play(entry) }] : []),
    ...(isPlayed(entry) ? [{ icon: "look", text: text("lab.inside"), choose: () => lookInside(entry.id) }] : []),
    { icon: "download", text: text("history.export"), href: `api/history/export?id=${entry.id}` },
    { icon: "trash", text: text(entry.conversation ? "history.delete-conversation" : "chat.delete"), choose: () => remove([entry]), danger: true },
  ];

  async function again(entry) {
    const job = await rest(`history/${entry.id}/again`, {});
    if (job.error) return toast(job.error, { problem: true });
    goTo(...placeOf({ ...entry, id: job.id }));
  }

  async function remove(entries) {
    const moved = await rest("trash", { ids: entries.map(({ id }) => id) });
    if (moved.error) return toast(moved.error, { problem: true });
    const isTalk = entries.some(({ conversation }) => conversation);
    toast(text(isTalk ? "trash.moved-conversation" : "trash.moved"), { undo: () => restore(moved.ids) });
    load();
  }

  async function restore(lines) {
    for (const line of lines) {
      const answer = await rest(`trash/${line}/restore`, {});
      if (answer.error) return toast(answer.error, { problem: true });
    }
    if (find(".trash").hidden) load();
    else trash.open();
  }

  // `null` takes every choice back.
  function select(entry, isChosen) {
    if (entry === null) chosen.clear();
    else if (isChosen) chosen.add(entry);
    else chosen.delete(entry);
    if (entry === null) for (const box of root.querySelectorAll(".items input")) box.checked = false;
    root.classList.toggle("choosing", chosen.size > 0);
    find(".selection").hidden = !chosen.size;
    find(".selection .count").textContent = text("history.chosen", { count: chosen.size });
    find("[data-do=compare]").hidden = chosen.size !== 2;
    const isTalk = [...chosen].some(({ conversation }) => conversation);
    find("[data-do=delete] span").textContent = text(isTalk ? "history.delete-conversations" : "chat.delete");
    const ids = [...chosen].map(({ id }) => `id=${id}`).join("&");
    find("[data-do=export]").href = new URL(`api/history/export?${ids}`, document.baseURI);
  }

  find("[data-do=compare]").addEventListener("click", () => compared.open([...chosen].map(({ id }) => id)));
  find("[data-do=delete]").addEventListener("click", () => remove([...chosen]));
  find("[data-do=deselect]").addEventListener("click", () => select(null));

  const toggle = find("[data-do=further]");
  toggle.addEventListener("click", () => showFurther(further.hidden));

  function showFurther(shown) {
    further.hidden = !shown;
    toggle.setAttribute("aria-expanded", String(shown));
  }

  // Everything that was made with a template, and nothing else narrows it.
  function madeWith(template) {
    search.value = "";
    for (const one of filters) one.type === "checkbox" ? (one.checked = false) : (one.value = "");
    const box = find("select[name=template]");
    box.append(el("option", { value: template }, template));
    box.value = template;
    showFurther(true);
    item.leave();
    view("list", { made_with: template });
    load();
  }

  registerTab("history", (query) => {
    if (query.get("item")) item.open(query.get("item"));
    else if (query.get("compare")) compared.open(query.get("compare").split(","));
    else if (query.get("view")) ({ trash, stats })[query.get("view")]?.open();
    else if (query.get("made_with")) madeWith(query.get("made_with"));
    else back();
  });

  search.addEventListener("input", debounce(200, () => load()));
  for (const one of filters) one.addEventListener("change", () => load());
  more.addEventListener("click", () => load(last));

  // Read again whenever the tab is entered: jobs go on elsewhere.
  new IntersectionObserver((seen) => {
    isSeen = seen.at(-1).isIntersecting;
    if (isSeen) load();
  }).observe(find(".list"));
  document.addEventListener("visibilitychange", watch);
}

// What a filter holds, as it is asked for: days are the visitor's, and the last one counts.
function value(input) {
  if (input.type === "checkbox") return input.checked || null;
  if (!input.value || input.type !== "date") return input.value || null;
  const [year, month, day] = input.value.split("-").map(Number);
  return new Date(year, month - 1, day + (input.name === "until")).toISOString();
}
