// The list of drafts: search, open, rename in place, delete with a way back.

import { ago, debounce, el, iconButton, marked, text, toast, when } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";

const PAGE = 12;

export function mountDrafts(root, { act, open }) {
  const list = root.querySelector(".rows");
  const search = root.querySelector("input[type=search]");
  let shown = PAGE;

  const wanted = () => ({ q: search.value, shown });
  const change = async (what, more = {}) => {
    const answer = await act(what, () => ({ ...wanted(), ...more }));
    if (answer.undo) toast(answer.undo.text, { undo: () => change(answer.undo.do, answer.undo.details) });
    if (answer.drafts) show(answer.drafts);
  };

  search.addEventListener("input", debounce(200, () => ((shown = PAGE), change("list"))));
  root.querySelector("[data-do=more]").addEventListener("click", () => ((shown += PAGE), change("list")));

  function show({ items, more }) {
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
      open({ draft: item.id }, null, [], item.section);
    };
    const facts = text("writing.counted", { count: item.words });
    const link = el(
      "a",
      { href: `?draft=${item.id}`, title: item.name, onclick: go },
      el("span.name", {}, ...(item.name_marks ? marked(item.name, item.name_marks) : [item.name])),
      el("span.meta", {}, `${facts} · `, el("time", { datetime: item.updated, title: when(item.updated) }, ago(item.updated))),
      item.snippet && el("span.snippet", {}, ...marked(item.snippet, item.snippet_marks)),
    );
    const more = iconButton("more", text("chat.menu"), () => openMenu(more, choices(item, node)), { "aria-haspopup": "menu" });
    const node = el("li", { "data-id": item.id }, link, more);
    return node;
  }

  const choices = (item, node) => [
    { icon: "edit", text: text("chat.rename"), choose: () => rename(item, node) },
    { icon: "trash", text: text("chat.delete"), choose: () => change("delete", { draft: item.id }), danger: true },
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

  return { show, wanted };
}
