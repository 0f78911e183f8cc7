// A slash at the beginning of a message opens the list of templates, which what is typed after it narrows.

import { el, text } from "../shared/dom.js";
import { rest } from "../shared/rest.js";

const MOST = 6;
// No longer one that is looked for.
const LONGEST = 60;

// `choose(id)` gets the template; what was typed to find it is taken out of the box first, by `clear()`.
export function mountSlash(box, { choose, clear }) {
  const list = el("div.slash", { id: "slash-options", role: "listbox", tabindex: -1, "aria-label": text("prompts.title"), hidden: true });
  box.setAttribute("aria-controls", list.id);
  box.closest("form").before(list);
  let cards = null;
  let isClosed = false;

  const typed = () => (box.value.length <= LONGEST && /^\/[^\n]*$/.test(box.value) ? box.value.slice(1).toLowerCase() : null);
  const words = () => typed().split(/\s+/).filter(Boolean);
  const fits = ({ id, name, description, tags }) => words().every((word) => `${name} ${id} ${description} ${tags.join(" ")}`.toLowerCase().includes(word));
  // What is called so comes before what only speaks of it.
  const isNamed = ({ id, name }) => words().every((word) => `${name} ${id}`.toLowerCase().includes(word));

  async function look() {
    if (typed() === null) return (isClosed = false), hide();
    if (isClosed) return;
    if (!cards) {
      const found = await rest("prompts?assistant=chat");
      if (found.error || typed() === null) return;
      cards = found;
    }
    const found = cards.filter(fits).sort((one, other) => isNamed(other) - isNamed(one));
    list.replaceChildren(...found.slice(0, MOST).map(option));
    list.hidden = !found.length;
    if (found.length) activate(list.firstElementChild);
    else hide();
  }

  function option(card, place) {
    const node = el(
      "div.option",
      { id: `slash-option-${place}`, role: "option", "aria-selected": "false", "data-id": card.id, onclick: () => take(card.id) },
      el("span.name", {}, card.name),
      el("span.description", {}, card.description),
    );
    node.addEventListener("pointermove", () => activate(node));
    // The box keeps the focus.
    node.addEventListener("pointerdown", (event) => event.preventDefault());
    return node;
  }

  function activate(node) {
    for (const one of list.children) one.setAttribute("aria-selected", String(one === node));
    box.setAttribute("aria-activedescendant", node.id);
    node.scrollIntoView({ block: "nearest" });
  }

  function hide() {
    list.hidden = true;
    list.replaceChildren();
    box.removeAttribute("aria-activedescendant");
  }

  function take(id) {
    hide();
    clear();
    choose(id);
  }

  box.addEventListener("input", look);
  box.addEventListener("blur", hide);
  box.addEventListener("focus", look);
  box.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing || event.keyCode === 229) return;
    const options = [...list.children];
    const place = options.findIndex((node) => node.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) activate(options.at((place + step) % options.length));
    else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") take(options[place].dataset.id);
    else if (event.key === "Escape") (isClosed = true), hide();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
  // Others may have come, or have another name.
  addEventListener("studio:prompts", () => (cards = null));
}
