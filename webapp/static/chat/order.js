// Conversations in order: the groups of days in the list, the folders and tags that it can be narrowed to, and the
// dialogs that say where one is kept and who else may read it.

import { openDialog } from "../shared/dialog.js";
import { copy, el, icon, iconButton, text, toast } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { rest } from "../shared/rest.js";

const DAY_MS = 86_400_000;
const MONTH = new Intl.DateTimeFormat(document.documentElement.lang, { month: "long", year: "numeric" });

// What stands above the conversations of a time; pinned ones have their own.
export function groupOf({ pinned, updated }) {
  if (pinned) return text("chat.group-pinned");
  const then = new Date(updated);
  const midnight = new Date().setHours(0, 0, 0, 0);
  const days = Math.ceil((midnight - then) / DAY_MS);
  if (days <= 0) return text("chat.group-today");
  if (days === 1) return text("chat.group-yesterday");
  if (days <= 7) return text("chat.group-week");
  if (days <= 30) return text("chat.group-month");
  return MONTH.format(then);
}

// The chips above the list. `changed()` reads it anew; `chosen()` is what it is narrowed to.
export function mountLabels(root, { changed, told }) {
  let chosen = {};

  async function load() {
    const found = await rest("conversations/labels");
    if (told(found)) show(found);
  }

  function show({ folders, tags }) {
    const known = { folder: folders.map(({ name }) => name), tag: tags.map(({ name }) => name) };
    for (const [kind, name] of Object.entries(chosen)) if (!known[kind].includes(name)) choose({});
    root.replaceChildren(...folders.map((one) => chip("folder", one)), ...tags.map((one) => chip("tag", one)));
    root.hidden = !folders.length && !tags.length;
  }

  function chip(kind, { name, count }) {
    const isChosen = chosen[kind] === name;
    const toggle = () => choose(isChosen ? {} : { [kind]: name });
    const sign = kind === "folder" ? icon("archive") : "#";
    const button = el("button.label", { type: "button", "aria-pressed": String(isChosen), title: name, onclick: toggle }, sign, el("span", {}, name), el("small", {}, count));
    if (kind !== "folder" || !isChosen) return button;
    const more = iconButton("more", text("chat.menu"), () => openMenu(more, choices(name)), { "aria-haspopup": "menu" });
    return el("span.labelled", {}, button, more);
  }

  function choose(wanted) {
    chosen = wanted;
    changed();
  }

  const choices = (folder) => [
    { icon: "edit", text: text("chat.folder-rename"), choose: () => rename(folder) },
    { icon: "undo", text: text("chat.folder-empty"), choose: () => put(folder, "") },
  ];

  async function put(folder, name) {
    if (!told(await rest("conversations/folders", { folder, name }, "PUT"))) return false;
    choose(name ? { folder: name } : {});
    return true;
  }

  function rename(folder) {
    const box = el("input", { value: folder, maxlength: 60, required: true, "aria-label": text("field.name") });
    const form = el("form.save", {}, box, el("button.primary", { type: "submit" }, text("playground.save")));
    const dialog = openDialog(text("chat.folder-rename"), form);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await put(folder, box.value)) dialog.close();
    });
    box.select();
  }

  return { load, chosen: () => chosen };
}

// Where a conversation is kept and what it is called by; `change(wanted)` does it.
export async function openFiling(item, change) {
  const known = await rest("conversations/labels");
  const names = (those) => (those ?? []).map(({ name }) => el("option", { value: name }));
  const folders = el("datalist", { id: "chat-folders" }, ...names(known.folders));
  const folder = el("input", { value: item.folder, maxlength: 60, list: folders.id, placeholder: text("chat.no-folder") });
  const tags = el("input", { value: item.tags.join(", "), maxlength: 1_300, placeholder: text("chat.tags-hint") });
  const pick = (name) => {
    const now = split(tags.value);
    if (!now.includes(name)) tags.value = [...now, name].join(", ");
  };
  const offered = (known.tags ?? []).map(({ name }) => el("button.label", { type: "button", onclick: () => pick(name) }, "#", el("span", {}, name)));
  const form = el(
    "form.filing",
    {},
    el("label", {}, el("span", {}, text("field.folder")), folder, folders),
    el("label", {}, el("span", {}, text("field.tags")), tags),
    el("div.labels", { hidden: !offered.length }, ...offered),
    el("div.buttons", {}, el("button.primary", { type: "submit" }, text("playground.save"))),
  );
  const dialog = openDialog(text("chat.file"), form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await change({ folder: folder.value, tags: split(tags.value) })) dialog.close();
  });
  folder.select();
}

const split = (words) => words.split(/[,，、]/).map((one) => one.trim()).filter(Boolean);

// Who else may read a conversation: nobody, or whoever has its link.
export async function openSharing(item, told) {
  const path = `conversations/${item.id}/share`;
  const body = el("div.sharing");
  const dialog = openDialog(text("chat.share"), body);
  show(await rest(path));

  function show(answer) {
    if (!told(answer)) return dialog.close();
    const { allowed, shared } = answer;
    if (!allowed) return body.replaceChildren(el("p.hint", {}, text("chat.share-off")));
    const put = (kind, key) => el(`button.${kind}`, { type: "button", onclick: share }, text(key));
    if (!shared) return body.replaceChildren(el("p.hint", {}, text("chat.share-hint")), el("div.buttons", {}, put("primary", "chat.share-make")));
    const address = new URL(shared.path, document.baseURI).href;
    const link = el("input", { value: address, readOnly: true, "aria-label": text("chat.share-link"), onfocus: () => link.select() });
    const stop = el("button.quiet", { type: "button", onclick: unshare }, text("chat.share-stop"));
    const open = el("a.button.quiet", { href: address, target: "_blank" }, text("chat.share-open"));
    body.replaceChildren(
      el("p.hint", {}, text("chat.share-now")),
      el("div.link", {}, link, el("button.primary", { type: "button", onclick: () => copy(address) }, text("action.copy"))),
      el("div.buttons", {}, open, put("quiet", "chat.share-again"), stop),
    );
  }

  async function share() {
    if (told(await rest(path, {}, "PUT"))) show(await rest(path));
  }

  async function unshare() {
    if (!told(await rest(path, undefined, "DELETE"))) return;
    toast(text("chat.share-stopped"));
    show(await rest(path));
  }
}
