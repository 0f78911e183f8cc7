// One prompt: its text beside what it sends, saved as versions. What is typed and not saved is kept in the browser.

import { debounce, el, recall, remember, text, toast } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { goTo, showIn } from "../shared/page.js";
import { mountPreview } from "../shared/prompt-preview.js";
import { mountVersions } from "./versions.js";

const CHECK_MS = 250;
// How the address names one that is not saved yet: an id has a folder.
export const NEW = "new";
// A textarea knows one kind of line end.
const typed = (source) => source.replace(/\r\n?/g, "\n");

export function mountEditor(root, { ask, view, changed }) {
  const find = (selector) => root.querySelector(selector);
  const box = find("[name=source]");
  const form = find("form.save");
  const idBox = find("[name=id]");
  const preview = mountPreview(find(".preview"), { changed: () => recheck() });
  const versions = mountVersions(find(".versions"), { ask, show: look, use, id: () => prompt?.id });
  let prompt = null; // as Python knows it; null for one that is not saved yet
  let base = ""; // the text that the person began with

  const act = (question, answered) =>
    ask(
      () => question,
      (answer) => (answer.error ? toast(answer.error, { problem: true }) : answered(answer)),
    );

  const open = (id) =>
    ask(
      () => ({ do: "open", id }),
      (answer) => {
        if (answer.prompt) return show(answer.prompt, { fresh: true });
        toast(answer.error, { problem: true });
        address(prompt?.id);
      },
    );
  const begin = (question) => act(question, (answer) => start(answer.draft, question.do !== "copy"));

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
    ask(() => ({ do: "check", id: id(), source: box.value, values: preview.values() }), answered);
  }
  const recheck = debounce(CHECK_MS, check);

  function answered({ check: found, error }) {
    const problem = error ?? found.problem ?? null;
    find(".problem").hidden = problem === null;
    find(".problem").replaceChildren(problem ?? "");
    box.classList.toggle("wrong", problem !== null);
    if (found?.line) find(".problem").append(" ", el("button.plain", { type: "button", onclick: () => select(found.line) }, text("prompts.show-line")));
    root.querySelector(".preview").classList.toggle("stale", problem !== null);
    if (problem === null) preview.show(found);
  }

  function select(line) {
    const lines = box.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1);
    box.focus();
    box.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  }

  // Changes

  function save(event) {
    event.preventDefault();
    const { note, use } = form.elements;
    const question = { do: prompt ? "save" : "create", id: id(), source: box.value, note: note.value, use: use.checked };
    act(question, (answer) => {
      remember(slot(), "");
      base = box.value;
      note.value = "";
      find(".kept").hidden = true;
      show(answer.prompt);
      toast(text(use.checked || question.do === "create" ? "prompts.saved" : "prompts.saved-aside"));
      changed();
    });
  }

  const isSaved = () => prompt.versions.some((version) => typed(version.source) === box.value);

  // Another version comes into the box; what was typed there can be had back.
  function look(version) {
    const before = box.value;
    const undo = isSaved() ? null : () => write(before);
    write(version.source);
    if (undo) toast(text("prompts.replaced"), { undo });
  }

  function use(version) {
    const isTyped = !isSaved();
    act({ do: "use", id: prompt.id, versions: [version.version] }, (answer) => {
      base = typed(answer.prompt.source);
      if (!isTyped) box.value = base;
      show(answer.prompt);
      changed();
    });
  }

  function remove() {
    const { id, is_built_in: isBuiltIn } = prompt;
    act({ do: "delete", id }, ({ trashed }) => {
      const undo = () => act({ do: "restore", id: trashed }, () => (changed(), open(id)));
      toast(text(isBuiltIn ? "prompts.reset-done" : "prompts.deleted"), { undo });
      remember(slot(), "");
      changed();
      if (isBuiltIn) open(id);
      else find("[data-do=back]").click();
    });
  }

  function actions(button) {
    const away = prompt.is_built_in ? { icon: "retry", text: text("prompts.reset") } : { icon: "trash", text: text("chat.delete") };
    openMenu(button, [
      { icon: "copy", text: text("prompts.duplicate"), choose: () => begin({ do: "copy", id: prompt.id }) },
      { icon: "download", text: text("prompts.export"), href: `api/prompts/${prompt.id.split("/").map(encodeURIComponent).join("/")}/file` },
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
