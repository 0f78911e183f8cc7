// The list of conversations: search, rename in place, pin, file, share, delete, export.

import { ago, debounce, el, iconButton, marked, text, when } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { rest } from "../shared/rest.js";
import { mountImport } from "./import.js";
import { groupOf, mountLabels, openFiling, openSharing } from "./order.js";

const PAGE = 40;

// `change(item, wanted)` and `remove(item)` do it and read the list anew; `told(answer)` says what went wrong.
export function mountChats(root, { change, remove, open, told }) {
  const list = root.querySelector(".list");
  const search = root.querySelector("input[type=search]");
  let shown = PAGE;
  let items = [];

  let current = null;
  let asked = 0;

  search.addEventListener("input", debounce(200, () => ((shown = PAGE), load())));
  root.querySelector("[data-do=more]").addEventListener("click", () => ((shown += PAGE), load()));

  async function load(conversation = current) {
    current = conversation;
    const number = ++asked;
    labels.load();
    const wanted = new URLSearchParams({ limit: shown, q: search.value, ...labels.chosen() });
    const found = await rest(`conversations?${wanted}`);
    if (number === asked && told(found)) show(found);
  }

  const labels = mountLabels(root.querySelector(".labels"), { changed: () => ((shown = PAGE), load()), told });

  function show(chats) {
    items = chats.items;
    const renaming = list.querySelector("form");
    list.replaceChildren(...items.flatMap(grouped));
    if (renaming) restore(renaming);
    root.querySelector("[data-do=more]").hidden = !chats.more;
    root.querySelector(".none").hidden = items.length > 0 || !search.value;
  }

  // What was looked for stands in no order of days.
  function grouped(item, place) {
    const group = search.value ? null : groupOf(item);
    const isNew = group && (!place || groupOf(items[place - 1]) !== group);
    return [...(isNew ? [el("li.group", {}, group)] : []), row(item, item.id === current)];
  }

  function row(item, current) {
    const link = el(
      "a",
      { href: `?chat=${item.id}`, title: item.title, "aria-current": current ? "page" : null, onclick: go },
      el("span.name", {}, ...(item.title_marks ? marked(item.title, item.title_marks) : [item.title])),
      el("time", { datetime: item.updated, title: when(item.updated) }, ago(item.updated)),
      item.snippet && el("span.snippet", {}, ...marked(item.snippet, item.snippet_marks)),
    );
    const more = iconButton("more", text("chat.menu"), () => openMenu(more, choices(item)), { "aria-haspopup": "menu" });
    const node = el("li", { "data-id": item.id }, link, more);
    if (item.pinned) node.classList.add("pinned");
    return node;

    function go(event) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(item.id, item.message, item.in_reasoning);
    }
  }

  mountImport(root.querySelector(".import input"), () => ((search.value = ""), load()));

  const choices = (item) => [
    { icon: "edit", text: text("chat.rename"), choose: () => rename(item) },
    { icon: "pin", text: text(item.pinned ? "chat.unpin" : "chat.pin"), choose: () => change(item, { pinned: !item.pinned }) },
    { icon: "archive", text: text("chat.file"), choose: () => openFiling(item, (wanted) => change(item, wanted)) },
    { icon: "send", text: text("chat.share"), choose: () => openSharing(item, told) },
    { icon: "download", text: text("chat.export-md"), href: `api/conversations/${item.id}/export?form=md` },
    { icon: "download", text: text("chat.export-json"), href: `api/conversations/${item.id}/export?form=json` },
    { icon: "download", text: text("chat.export-html"), href: `api/conversations/${item.id}/export?form=html` },
    { icon: "trash", text: text("chat.delete"), choose: () => remove(item), danger: true },
  ];

  function rename(item) {
    const node = list.querySelector(`[data-id="${CSS.escape(item.id)}"]`);
    const now = items.find(({ id }) => id === item.id) ?? item;
    if (!node) return;
    const input = el("input", { value: now.title, "aria-label": text("chat.rename") });
    let over = false;
    const finish = (keep) => {
      if (over) return;
      over = true;
      form.replaceWith(row(now, node.querySelector("[aria-current]")));
      if (keep && input.value.trim() && input.value.trim() !== now.title) change(item, { title: input.value });
    };
    const form = el("form", { "data-id": item.id, onsubmit: (event) => (event.preventDefault(), finish(true)) }, input);
    input.addEventListener("keydown", (event) => event.key === "Escape" && (event.preventDefault(), finish(false)));
    input.addEventListener("blur", () => finish(true));
    node.replaceWith(form);
    input.select();
  }

  // An answer that comes in while a title is being typed must not take the field away.
  function restore(form) {
    const node = list.querySelector(`[data-id="${CSS.escape(form.dataset.id)}"]`);
    if (!node) return;
    node.replaceWith(form);
    form.querySelector("input").focus();
  }

  return { load, choices };
}
