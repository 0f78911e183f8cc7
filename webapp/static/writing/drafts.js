// The list of drafts: search, open, rename in place, delete with a way back.

import { ago, debounce, el, iconButton, marked, text, toast, when } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { act } from "./api.js";

const PAGE = 12;
const MOST = 1_000;

export function mountDrafts(root, { open }) {
  const list = root.querySelector(".rows");
  const search = root.querySelector("input[type=search]");
  let shown = PAGE;

  async function load() {
    // One more than is shown says whether there is more.
    const items = await act("list", () => ({ q: search.value, limit: Math.min(shown + 1, MOST) }));
    if (!items.error) show(items.slice(0, shown), items.length > shown);
  }

  async function change(what, more) {
    const answer = await act(what, more);
    if (!answer.error) await load();
    return answer;
  }

  async function remove({ id, name }) {
    const answer = await change("remove", { draft: id });
    if (!answer.error) toast(text("writing.deleted", { name }), { undo: () => change("bringBack", { draft: id }) });
  }

  search.addEventListener("input", debounce(200, () => ((shown = PAGE), load())));
  root.querySelector("[data-do=more]").addEventListener("click", () => ((shown += PAGE), load()));

  function show(items, more) {
    list.replaceChildren(...items.map(row));
    root.querySelector("[data-do=more]").hidden = !more;
    const none = root.querySelector(".none");
    none.hidden = items.length > 0;
    none.textContent = text(search.value ? "chat.none" : "writing.no-drafts");
  }

  function row(item) {
    const go = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(item.id, { section: item.section });
    };
    const facts = text("writing.counted", { count: item.words });
    const link = el(
      "a",
      { href: `?draft=${item.id}`, title: item.name, onclick: go },
      el("span.name", {}, ...marked(item.name, item.name_marks)),
      el("span.meta", {}, `${facts} · `, el("time", { datetime: item.updated, title: when(item.updated) }, ago(item.updated))),
      item.snippet && el("span.snippet", {}, ...marked(item.snippet, item.snippet_marks)),
    );
    const more = iconButton("more", text("chat.menu"), () => openMenu(more, choices(item, node)), { "aria-haspopup": "menu" });
    const node = el("li", { "data-id": item.id }, link, more);
    return node;
  }

  const choices = (item, node) => [
    { icon: "edit", text: text("chat.rename"), choose: () => rename(item, node) },
    { icon: "trash", text: text("chat.delete"), choose: () => remove(item), danger: true },
  ];

  function rename(item, node) {
    const input = el("input", { value: item.name, maxlength: 120, "aria-label": text("chat.rename") });
    let over = false;
    const finish = (keep) => {
      if (over) return;
      over = true;
      form.replaceWith(node);
      if (keep && input.value.trim() && input.value.trim() !== item.name) change("rename", { draft: item.id, name: input.value });
    };
    const form = el("form", { onsubmit: (event) => (event.preventDefault(), finish(true)) }, input);
    input.addEventListener("keydown", (event) => event.key === "Escape" && (event.preventDefault(), finish(false)));
    input.addEventListener("blur", () => finish(true));
    node.replaceWith(form);
    input.select();
  }

  return { load };
}
