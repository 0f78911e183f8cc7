// The prompts: a list to browse, and the editor that a click in it brings. Files come in and go out here.

import { el, fill, text, toast, wentWrong } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { registerTab } from "../shared/page.js";
import { assistantName, mountList } from "../shared/prompt-list.js";
import { mountEditor, NEW } from "./editor.js";

export function mount(component) {
  const root = component.element.querySelector(".prompts");
  const find = (selector) => root.querySelector(selector);
  fill(root);
  const files = find("input[type=file]");
  const list = mountList(find(".shelf"), { choose: (card) => editor.open(card.id) });
  const editor = mountEditor(find(".editor"), { view, changed });

  function view(name) {
    for (const one of root.querySelectorAll("[data-view]")) one.hidden = one.dataset.view !== name;
    root.closest(".tabitem")?.scrollTo(0, 0);
  }

  // Whoever chooses among the prompts elsewhere on the page hears of it.
  function changed() {
    dispatchEvent(new Event("studio:prompts"));
    list.load();
  }

  function back() {
    editor.leave();
    view("list");
    list.load();
  }

  // Files in: where names are taken by other texts, the person says whether these become versions of them.

  let waiting = [];
  // Files that do not say for which assistant they are, as GitHub's: one is asked.
  let nobodys = [];
  let forWhom = "";

  async function takeIn(chosen, asVersions, whose = list.wanted().assistant) {
    const refused = [];
    forWhom = whose;
    let count = 0;
    for (const file of chosen) {
      const form = new FormData();
      form.append("file", file);
      const query = new URLSearchParams({ as_versions: asVersions });
      if (whose) query.set("assistant", whose);
      const answer = await fetch(new URL(`api/prompts/import?${query}`, document.baseURI), { method: "POST", body: form });
      const value = await answer.json().catch(() => ({ error: { message: text("error.no-answer") } }));
      if (value.error) refused.push({ file, ...value.error, message: wentWrong(value) });
      else count += value.added.length + value.changed.length;
    }
    // What is taken is the one thing that asking again as versions mends.
    waiting = asVersions ? [] : refused.filter((one) => one.field === "names").map((one) => one.file);
    find(".sure").hidden = !waiting.length;
    find(".sure span").textContent = refused.find((one) => one.field === "names")?.message ?? "";
    nobodys = refused.filter((one) => one.field === "assistant").map((one) => one.file);
    find(".whose").hidden = !nobodys.length;
    if (nobodys.length) askWhose(refused.find((one) => one.field === "assistant").message);
    const problem = refused.find((one) => !waiting.includes(one.file) && !nobodys.includes(one.file));
    if (problem) toast(problem.message, { problem: true });
    else if (!waiting.length && !nobodys.length) toast(text("prompts.imported", { count }));
    if (count) changed();
  }

  function askWhose(message) {
    find(".whose span").textContent = message;
    const choices = list.assistants().map((id) => el("option", { value: id }, assistantName(id)));
    find(".whose select").replaceChildren(...choices);
    find(".whose select").focus();
  }

  files.addEventListener("change", async () => {
    const chosen = [...files.files];
    files.value = "";
    await takeIn(chosen, false);
  });
  find("[data-do=sure]").addEventListener("click", () => takeIn(waiting, true, forWhom));
  find("[data-do=whose]").addEventListener("click", () => takeIn(nobodys, false, find(".whose select").value));
  find("[data-do=nobody]").addEventListener("click", () => (find(".whose").hidden = true));
  find("[data-do=cancel]").addEventListener("click", () => (find(".sure").hidden = true));

  // Buttons

  const menu = find("[data-do=menu]");
  menu.addEventListener("click", () =>
    openMenu(menu, [
      { icon: "upload", text: text("prompts.import"), choose: () => files.click() },
      { icon: "download", text: text("prompts.export-all"), href: "api/prompts/export" },
    ]),
  );
  const begin = () => editor.begin(`prompts/new?${new URLSearchParams({ assistant: list.wanted().assistant ?? "" })}`);
  find("[data-do=new]").addEventListener("click", begin);
  find("[data-do=back]").addEventListener("click", back);

  registerTab("prompts", (query) => {
    const id = query.get("prompt");
    if (id === NEW) return begin();
    return id ? editor.open(id) : back();
  });
  list.load();
}
