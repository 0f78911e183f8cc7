// The list of prompts with what narrows it: the tab has it, and the drawer of every template picker.

import { debounce, el, icon, text, toast } from "./dom.js";
import { languageName } from "./units.js";

export const assistantName = (id) => {
  const key = `tab.${id}`;
  return text(key) === key ? id : text(key);
};

// `choose` gets the card that was clicked; `assistant` is whose prompts are shown at first.
export function mountList(root, { choose, assistant = "" }) {
  const search = el("input", { type: "search", maxlength: 200, placeholder: text("prompts.search"), "aria-label": text("prompts.search") });
  const filters = {
    assistant: el("select", { "aria-label": text("prompts.assistant") }),
    language: el("select", { "aria-label": text("prompts.language") }),
    tag: el("select", { "aria-label": text("prompts.tag") }),
  };
  const cards = el("ol.cards");
  const none = el("p.none", { hidden: true }, text("prompts.none"));
  root.replaceChildren(el("div.filters", {}, el("label.find", {}, icon("search"), search), ...Object.values(filters)), cards, none);
  let all = [];

  const wanted = () => ({ q: search.value, ...Object.fromEntries(Object.entries(filters).map(([name, box]) => [name, box.value])) });

  async function get(query) {
    const answer = await fetch(new URL(`api/prompts?${query}`, document.baseURI)).catch(() => null);
    const value = await answer?.json().catch(() => null);
    if (answer?.ok) return value;
    toast(value?.error.message ?? text("error.no-answer"), { problem: true });
    return null;
  }

  // Reads all of them anew: what they can be narrowed by may have changed.
  async function load() {
    const found = await get("");
    if (!found) return;
    all = found;
    choices("assistant", "prompts.all-assistants", found.map((card) => card.assistant), assistantName);
    choices("language", "prompts.all-languages", found.map((card) => card.language), languageName);
    choices("tag", "prompts.all-tags", found.flatMap((card) => card.tags));
    await show();
  }

  function choices(name, all, values, label = (one) => one) {
    const box = filters[name];
    const now = box.childElementCount ? box.value : name === "assistant" ? assistant : "";
    const known = [...new Set(values.filter(Boolean))].sort();
    box.replaceChildren(el("option", { value: "" }, text(all)), ...known.map((one) => el("option", { value: one }, label(one))));
    box.value = known.includes(now) ? now : "";
  }

  async function show() {
    const query = new URLSearchParams(Object.entries(wanted()).filter(([, value]) => value));
    const found = `${query}` ? await get(query) : all;
    // An answer that comes late is not what is asked for any more.
    if (!found || `${query}` !== `${new URLSearchParams(Object.entries(wanted()).filter(([, value]) => value))}`) return;
    cards.replaceChildren(...found.map(drawn));
    none.hidden = found.length > 0;
  }

  function drawn(card) {
    const state = card.is_own ? "prompts.own" : card.is_changed ? "prompts.changed" : null;
    const tags = card.tags.map((tag) => el("span.chip", {}, tag));
    const facts = [assistantName(card.assistant), card.language && languageName(card.language)].filter(Boolean).join(" · ");
    const go = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      for (const one of cards.children) one.classList.toggle("chosen", one === node);
      choose(card);
    };
    const node = el(
      "li",
      { "data-id": card.id },
      el(
        "a",
        { href: `?prompt=${encodeURIComponent(card.id)}`, onclick: go },
        el("span.name", {}, card.name),
        el("span.description", {}, card.description),
        el("span.meta", {}, el("span", {}, facts), state && el("span.chip.mine", {}, text(state)), ...tags),
      ),
    );
    return node;
  }

  search.addEventListener("input", debounce(150, show));
  for (const box of Object.values(filters)) box.addEventListener("change", show);

  const assistants = () => [...new Set(all.map((card) => card.assistant))].sort();

  return { load, wanted, assistants, focus: () => search.focus() };
}
