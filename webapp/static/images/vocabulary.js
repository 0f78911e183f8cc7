// The words that a model of few words can draw, to be clicked; a click puts one where a word stood that it cannot draw.

import { el, text } from "../shared/dom.js";

const isChinese = (words) => /[\u3400-\u9fff]/.test(words);
const article = (word) => (/^[aeiou]/i.test(word) ? "an" : "a");

export function mountVocabulary(root, { prompt, put }) {
  let drawn = "";
  // The words of the prompt that the model was never taught.
  let strange = [];

  // What there is to draw, { objects, places }, or null for a model that was taught no list.
  function show(known) {
    root.hidden = !known;
    if (!known) return;
    const now = [...known.objects, ...known.places].join();
    if (now === drawn) return;
    drawn = now;
    for (const name of ["objects", "places"]) root.querySelector(`.${name}`).replaceChildren(...known[name].map((word) => chip(word, name)));
  }

  const chip = (word, kind) => el("button.outlined", { type: "button", onclick: () => put(taking(word, kind)) }, word);

  function taking(word, kind) {
    const before = prompt.value.trim();
    const foreign = strange.find((one) => before.includes(one));
    if (foreign && kind === "objects") return replaced(before, foreign, word);
    const named = kind === "places" || isChinese(word) ? word : `${article(word)} ${word}`;
    if (!before) return named;
    if (isChinese(word)) return kind === "places" ? `${word}的${before}` : `${before}和${word}`;
    return kind === "places" ? `${before} ${named}` : `${before} and ${named}`;
  }

  // The article goes along.
  function replaced(before, foreign, word) {
    const place = before.indexOf(foreign);
    const lead = before.slice(0, place).replace(/\b(an?) $/i, (_, said) => `${said[0]}${article(word).slice(1)} `);
    return lead + word + before.slice(place + foreign.length);
  }

  // Words that it cannot draw are named where they are typed; what it can draw is shown then.
  function name(words) {
    if (words.length && !strange.length) root.open = true;
    strange = words;
  }

  return { show, name };
}
