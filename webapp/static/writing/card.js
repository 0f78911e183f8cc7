// One section on the desk: its heading, its text as plain Markdown, and what can be done with it. What Python has of it
// is `revision`; until it has what was typed since, the card is `dirty` and nothing that comes replaces the text.

import { debounce, el, icon, iconButton, text } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { clear, count, PICTURE, underlay } from "./places.js";

const GROWS = CSS.supports("field-sizing", "content");
// Not with every key: counting a long text takes as long as drawing it.
const COUNT_MS = 150;

export function makeCard(id, on) {
  const heading = el("textarea.heading", { rows: 1, maxlength: 300, placeholder: text("writing.heading-hint"), "aria-label": text("writing.heading") });
  const box = el("textarea.text", { rows: 2, placeholder: text("writing.text-hint"), spellcheck: "true" });
  const stream = el("div.streaming", { "aria-live": "polite", "aria-busy": "true", hidden: true });
  const counted = el("span.counted");
  const target = el("input.target", { type: "number", min: 1, max: 20_000, inputmode: "numeric", "aria-label": text("writing.target") });
  const pager = el("span.pager", { hidden: true });
  const lock = iconButton("unlock", text("writing.lock"), () => on.lock(card), { "aria-pressed": "false", "data-tool": "lock" });
  const again = iconButton("retry", text("writing.regenerate"), () => on.again(card), { "data-tool": "again" });
  const more = iconButton("more", text("chat.menu"), () => openMenu(more, choices()), { "aria-haspopup": "menu" });
  const step = (name, label, by) => iconButton(name, text(label), () => on.move(card, by), { "data-tool": name });
  const up = step("up", "writing.up", -1);
  const down = step("down", "writing.down", 1);
  const tools = el("span.tools", { role: "group", "aria-label": text("chat.tools") }, pager, again, lock, up, down, more);
  const frame = el("div.frame", {}, box, stream);
  const pictures = el("div.pictures");
  const goOn = el("button.quiet", { type: "button", "data-tool": "continue", onclick: () => on.goOn(card) }, icon("go-on"), text("operation.continue"));
  const length = el("label.length", {}, counted, target, el("span", {}, text("writing.words-unit")));
  const foot = el("footer", {}, length, goOn);
  const node = el("li.card", { "data-section": id }, el("header", {}, heading, tools), frame, pictures, foot);

  const card = {
    id, node, box, heading, frame,
    revision: null, locked: false, words: null, notes: "", by: [], dirty: false, tint: null,
    show, value, put, fit, begin, append, settle, page, ends,
    isStreaming: () => !stream.hidden,
  };

  const choices = () => [
    { icon: "go-on", text: text("operation.continue"), choose: () => on.goOn(card) },
    { icon: "image", text: text("writing.illustrate"), choose: () => on.illustrate(card) },
    { icon: "trash", text: text("writing.remove"), choose: () => on.remove(card), danger: true },
  ];

  function value() {
    return { text: box.value, heading: heading.value };
  }

  // Where the browser cannot let a text box grow by itself.
  function grow() {
    if (GROWS) return;
    for (const one of [heading, box]) {
      one.style.height = "auto";
      one.style.height = `${one.scrollHeight}px`;
    }
  }

  // The text says where its pictures lie; here they are to be seen. None from elsewhere is loaded.
  function illustrate() {
    const found = [...box.value.matchAll(PICTURE)];
    const shown = [...pictures.children].map((one) => one.getAttribute("src"));
    if (found.map(([, , file]) => file).join() === shown.join()) return;
    pictures.replaceChildren(...found.map(([, alt, file]) => el("img", { src: file, alt, loading: "lazy" })));
  }

  // What follows from the text.
  function fit() {
    grow();
    const words = count(box.value);
    card.count = words;
    card.isEmpty = !box.value.trim();
    counted.textContent = text(card.words ? "writing.count-of" : "writing.count", { count: words });
    goOn.hidden = card.isEmpty || card.locked;
    illustrate();
    card.tint?.(card);
  }

  // What Python sent; without a text where it is the one that is here.
  function show(section) {
    card.locked = section.locked;
    card.words = section.words;
    card.notes = section.notes;
    if (!card.dirty) {
      card.revision = section.revision;
      card.by = section.by;
      if (heading.value !== section.heading) heading.value = section.heading;
      if (section.text !== undefined && box.value !== section.text) box.value = section.text;
    }
    node.classList.toggle("locked", card.locked);
    box.readOnly = heading.readOnly = card.locked;
    lock.replaceChildren(icon(card.locked ? "lock" : "unlock"));
    lock.setAttribute("aria-pressed", String(card.locked));
    lock.title = text(card.locked ? "writing.unlock" : "writing.lock");
    lock.setAttribute("aria-label", lock.title);
    again.disabled = card.locked;
    box.setAttribute("aria-label", section.heading || text("writing.text"));
    if (document.activeElement !== target) target.value = card.words ?? "";
    fit();
  }

  // Puts in what was typed elsewhere or replaced, as if it had been typed.
  function put(words) {
    box.value = words;
    fit();
    on.typed(card);
    on.counted();
  }

  // What a job writes here, until it is the section's text.

  function begin(before) {
    clear(box, "marks");
    stream.textContent = before;
    stream.hidden = false;
    box.hidden = true;
    node.classList.add("writing-now");
  }

  function append(delta) {
    stream.append(delta);
  }

  function settle() {
    stream.hidden = true;
    stream.textContent = "";
    box.hidden = false;
    node.classList.remove("writing-now");
    fit();
  }

  // ‹ 2/3 ›: the texts that jobs have written here; a text that was typed in since is none of them.
  function page(alternates) {
    pager.hidden = !alternates;
    if (!alternates) return;
    const { versions, here } = alternates;
    const turn = (name, label, to) =>
      iconButton(name, text(label), () => on.choose(card, versions[to]), { disabled: card.locked || !versions[to] });
    pager.replaceChildren(
      turn("left", "chat.previous", here === null ? versions.length - 1 : here - 1),
      el("span", { title: text("writing.alternates") }, here === null ? text("writing.edited") : `${here + 1}/${versions.length}`),
      turn("right", "chat.next", here === null ? versions.length : here + 1),
    );
  }

  function ends(isFirst, isLast) {
    up.disabled = isFirst;
    down.disabled = isLast;
  }

  const recount = debounce(COUNT_MS, () => (fit(), on.counted()));
  keepOneLine(heading, () => box.focus());
  for (const input of [box, heading]) input.addEventListener("input", () => (grow(), on.typed(card), recount()));
  target.addEventListener("change", () => on.resize(card, target.value ? Number(target.value) : null));
  return card;
}

// A box that shows all of a long line, and still holds one: Enter leads on, and lines that are pasted become one.
export function keepOneLine(box, leave) {
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    leave();
  });
  box.addEventListener("input", () => {
    if (box.value.includes("\n")) box.value = box.value.replace(/\s*\n\s*/g, " ");
  });
}

// Another text for the same place, when two were faster than each other: both are there, and one is chosen.
export function showConflict(card, { message, mine, choose }) {
  card.node.querySelector(".conflict")?.remove();
  const leave = () => node.remove();
  const take = el("button.outlined", { type: "button", onclick: () => (leave(), choose()) }, text("writing.take-mine"));
  const keep = el("button.plain", { type: "button", onclick: leave }, text("writing.keep-theirs"));
  const node = el("div.conflict", { role: "alert" }, el("p", {}, message), el("div.mine", {}, mine), el("div.buttons", {}, take, keep));
  card.frame.after(node);
}

// Paragraphs behind the text in the colours of those who wrote them; `colour(author)` names a class.
export function tint(card, colour) {
  const parts = card.box.value.split("\n\n");
  const pieces = parts.flatMap((words, at) => (at ? [["\n\n", null], [words, colour(card.by[at])]] : [[words, colour(card.by[at])]]));
  underlay(card.box, pieces);
}
