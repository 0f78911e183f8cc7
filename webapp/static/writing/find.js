// Find and replace over all sections; locked ones are left as they are, and that is said.

import { text, toast } from "../shared/dom.js";
import { goToPlace } from "./places.js";

export function mountFind(form, { cards, button }) {
  const { find, replace, exact } = form.elements;
  const count = form.querySelector(".count");
  let matches = [];
  let at = -1;

  function search() {
    const folded = (words) => (exact.checked ? words : words.toLowerCase());
    const wanted = folded(find.value);
    matches = [];
    for (const card of wanted ? cards() : []) {
      // Case folding that changes a text's length would show the wrong places.
      const words = folded(card.box.value).length === card.box.value.length ? folded(card.box.value) : card.box.value;
      for (let from = words.indexOf(wanted); from >= 0; from = words.indexOf(wanted, from + wanted.length)) {
        matches.push({ card, start: from, end: from + wanted.length });
      }
    }
    say();
  }

  const say = () => {
    if (!find.value) count.textContent = "";
    else count.textContent = at >= 0 && matches[at] ? `${at + 1}/${matches.length}` : text("writing.found", { count: matches.length });
  };

  function go(step) {
    search();
    if (!matches.length) return;
    at = (((at + step) % matches.length) + matches.length) % matches.length;
    const { card, start, end } = matches[at];
    goToPlace(card.box, start, end);
    say();
  }

  function replaceOne() {
    search();
    const match = matches[at];
    if (!match) return go(1);
    if (match.card.locked) return toast(text("writing.is-locked"));
    const words = match.card.box.value;
    match.card.put(words.slice(0, match.start) + replace.value + words.slice(match.end));
    at -= 1;
    go(1);
  }

  function replaceAll() {
    search();
    const open = matches.filter(({ card }) => !card.locked);
    const locked = matches.length - open.length;
    const after = new Map();
    for (const { card, start, end } of open.reverse()) {
      const words = after.get(card) ?? card.box.value;
      after.set(card, words.slice(0, start) + replace.value + words.slice(end));
    }
    const before = new Map([...after.keys()].map((card) => [card, card.box.value]));
    for (const [card, words] of after) card.put(words);
    const said = text(locked ? "writing.replaced-but-locked" : "writing.replaced", { count: open.length, locked });
    const undo = () => before.forEach((words, card) => card.put(words));
    toast(said, { undo: open.length ? undo : null });
    at = -1;
    search();
  }

  function toggle(shown = form.hidden) {
    form.hidden = !shown;
    button.setAttribute("aria-expanded", String(shown));
    if (shown) find.focus();
    else button.focus();
  }

  const close = () => form.hidden || toggle(false);
  const doing = { previous: () => go(-1), one: replaceOne, all: replaceAll, close };
  form.addEventListener("submit", (event) => (event.preventDefault(), go(1)));
  form.addEventListener("click", (event) => doing[event.target.closest("[data-find]")?.dataset.find]?.());
  form.addEventListener("keydown", (event) => event.key === "Escape" && (event.preventDefault(), close()));
  for (const input of [find, exact]) input.addEventListener("input", () => ((at = -1), search()));
  return { toggle, close };
}
