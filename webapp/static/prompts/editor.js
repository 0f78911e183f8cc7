// One prompt: its text beside what it sends, saved as versions. What is typed and not saved is kept in the browser.

import { debounce, el, recall, remember, text, toast } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { goTo, showIn } from "../shared/page.js";
import { mountPreview } from "../shared/prompt-preview.js";
import { rest } from "../shared/rest.js";
import { mountVersions } from "./versions.js";

const CHECK_MS = 250;
// How the address names one that is not saved yet: an id has a folder.
export const NEW = "new";
const pathOf = (id, ...more) => ["prompts", ...[...id.split("/"), ...more].map(encodeURIComponent)].join("/");
// A textarea knows one kind of line end.
const typed = (source) => source.replace(/\r\n?/g, "\n");

export function mountEditor(root, { view, changed }) {
  const find = (selector) => root.querySelector(selector);
  const box = find("[name=source]");
  const form = find("form.save");
  const idBox = find("[name=id]");
  const preview = mountPreview(find(".preview"), { changed: () => recheck() });
  const versions = mountVersions(find(".versions"), { show: bring, use, path: (...more) => pathOf(prompt.id, ...more) });
  let prompt = null; // as Python knows it; null for one that is not saved yet
  let base = ""; // the text that the person began with
  let looks = 0; // of the questions under way, the last one is answered

  // Does something; returns the answer, or null where it was refused, which is said.
  async function act(...question) {
    const answer = await rest(...question);
    if (answer.error) toast(answer.error, { problem: true });
    return answer.error ? null : answer;
  }

  async function open(id) {
    const opened = await act(pathOf(id));
    if (opened) show(opened, { fresh: true });
    else address(prompt?.id);
  }

  // `path` is where a text to begin with comes from.
  async function begin(path, isBlank = true) {
    const draft = await act(path);
    if (draft) start(draft, isBlank);
  }

  // Opens a prompt, or shows it after a change; what was typed stays where the change was another.
  function show(opened, { fresh = false } = {}) {
    prompt = opened;
    address(prompt.id, fresh);
    idBox.closest(".id").hidden = true;
    head();
    versions.show(prompt);
    if (fresh) begun(prompt.source, recall(slot()));
    else check();
  }

  function begun(source, kept) {
    preview.reset();
    base = typed(source);
    write(kept ?? base);
    find(".kept").hidden = kept === null || kept === base;
    view("editor");
  }

  function start({ id, source }, isBlank) {
    prompt = null;
    address(NEW, true);
    find("h2").textContent = text("prompts.new");
    find(".chips").replaceChildren();
    for (const one of root.querySelectorAll(".uses, [data-do=chat], [data-do=playground], [data-do=actions], .versions")) one.hidden = true;
    idBox.closest(".id").hidden = false;
    idBox.value = id;
    begun(source, isBlank ? recall(slot()) : null);
    idBox.focus();
    idBox.setSelectionRange(id.indexOf("/") + 1, id.length);
  }

  function head() {
    for (const one of root.querySelectorAll("[data-do=chat], [data-do=playground], [data-do=actions], .versions")) one.hidden = false;
    find("h2").textContent = prompt.name;
    const states = [prompt.is_built_in ? "prompts.built-in" : "prompts.own", prompt.is_built_in && prompt.has_own && "prompts.changed"];
    find(".chips").replaceChildren(...states.filter(Boolean).map((key) => el("span.chip", {}, text(key))), el("code", {}, prompt.id));
    const uses = find(".uses");
    uses.hidden = !prompt.uses;
    uses.textContent = text("prompts.uses", { count: prompt.uses });
    uses.href = `?made_with=${encodeURIComponent(prompt.id)}`;
  }

  function write(source) {
    box.value = typed(source);
    check();
  }

  // As one types: what it sends, or what is wrong and where.

  const slot = () => (prompt ? `studio.prompt.${prompt.id}` : "studio.prompt.new");
  const id = () => (prompt ? prompt.id : idBox.value.trim());

  function check() {
    const isChanged = box.value !== base;
    remember(slot(), isChanged ? box.value : "");
    find(".kept").hidden ||= !isChanged;
    // Saving a text that is a version already would be refused.
    find("[type=submit]").disabled = Boolean(prompt) && isSaved();
    look();
  }

  // What is typed meanwhile is looked at next.
  async function look() {
    const mine = ++looks;
    const found = await rest("prompts/check", { id: id(), source: box.value, values: preview.values() });
    if (mine === looks) answered(found);
  }
  const recheck = debounce(CHECK_MS, check);

  function answered({ sends, problem: wrong = null, line, error }) {
    const problem = error ?? wrong;
    find(".problem").hidden = problem === null;
    find(".problem").replaceChildren(problem ?? "");
    box.classList.toggle("wrong", problem !== null);
    if (line) find(".problem").append(" ", el("button.plain", { type: "button", onclick: () => select(line) }, text("prompts.show-line")));
    root.querySelector(".preview").classList.toggle("stale", problem !== null);
    if (problem === null) preview.show({ ...sends, messages: sends.messages.map(({ role, content }) => [role, content]) });
  }

  function select(line) {
    const lines = box.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1);
    box.focus();
    box.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  }

  // Changes

  async function save(event) {
    event.preventDefault();
    const { note, use } = form.elements;
    const isNew = !prompt;
    const name = id();
    const said = { source: box.value, note: note.value };
    const saved = await act(...(isNew ? ["prompts", { id: name, ...said }] : [pathOf(name), { ...said, use: use.checked }, "PUT"]));
    const opened = saved && (await act(pathOf(saved.id)));
    if (!opened) return;
    remember(slot(), "");
    base = box.value;
    note.value = "";
    find(".kept").hidden = true;
    show(opened);
    toast(text(use.checked || isNew ? "prompts.saved" : "prompts.saved-aside"));
    changed();
  }

  const isSaved = () => prompt.versions.some((version) => typed(version.source) === box.value);

  // Another version comes into the box; what was typed there can be had back.
  function bring(version) {
    const before = box.value;
    const undo = isSaved() ? null : () => write(before);
    write(version.source);
    if (undo) toast(text("prompts.replaced"), { undo });
  }

  async function use(version) {
    const isTyped = !isSaved();
    const done = await act(pathOf(prompt.id, "use"), { version: version.version });
    const opened = done && (await act(pathOf(prompt.id)));
    if (!opened) return;
    base = typed(opened.source);
    if (!isTyped) box.value = base;
    show(opened);
    changed();
  }

  async function remove() {
    const { id, is_built_in: isBuiltIn } = prompt;
    const put = await act(pathOf(id), undefined, "DELETE");
    if (!put) return;
    const undo = async () => (await act(`trash/${put.line}/restore`, {})) && (changed(), open(id));
    toast(text(isBuiltIn ? "prompts.reset-done" : "prompts.deleted"), { undo });
    remember(slot(), "");
    changed();
    if (isBuiltIn) open(id);
    else find("[data-do=back]").click();
  }

  function actions(button) {
    const away = prompt.is_built_in ? { icon: "retry", text: text("prompts.reset") } : { icon: "trash", text: text("chat.delete") };
    openMenu(button, [
      { icon: "copy", text: text("prompts.duplicate"), choose: () => begin(pathOf(prompt.id, "copy"), false) },
      { icon: "download", text: text("prompts.export"), href: `api/${pathOf(prompt.id, "file")}` },
      ...(prompt.has_own ? [{ ...away, choose: remove, danger: true }] : []),
    ]);
  }

  const address = (id, step = false) => showIn("prompts", { prompt: id }, { step });

  form.addEventListener("submit", save);
  box.addEventListener("input", recheck);
  idBox.addEventListener("input", recheck);
  find("[data-do=discard]").addEventListener("click", () => (write(base), (find(".kept").hidden = true)));
  find("[data-do=actions]").addEventListener("click", (event) => actions(event.currentTarget));
  for (const place of ["chat", "playground"]) {
    find(`[data-do=${place}]`).addEventListener("click", () => goTo(place, `?template=${encodeURIComponent(prompt.id)}`));
  }
  find(".uses").addEventListener("click", (event) => {
    event.preventDefault();
    goTo("history", `?made_with=${encodeURIComponent(prompt.id)}`);
  });

  return { open, begin, leave: () => address(null, true) };
}
