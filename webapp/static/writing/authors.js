// Who wrote it: every paragraph has its author, a person or a job with its model. While this is looked at, the text on
// the desk is coloured by them.

import { el, text } from "../shared/dom.js";
import { goTo } from "../shared/page.js";
import { tint } from "./card.js";
import { clear } from "./places.js";

const COLOURS = 6;

export function mountAuthors(panel, desk) {
  let models = [];
  let isOn = false;

  const place = (author) => (author ? models.indexOf(author.model) % COLOURS : null);
  const colour = (author) => (author ? `a${place(author)}` : null);
  const paint = (card) => tint(card, colour);

  function draw() {
    isOn = true;
    const authors = desk.cards().flatMap((card) => card.by);
    models = [...new Set(authors.filter(Boolean).map(({ model }) => model))];
    for (const card of desk.cards()) {
      card.tint = paint;
      paint(card);
    }
    const people = authors.filter((one) => one === null).length;
    const legend = [[null, text("writing.people"), people], ...models.map((model) => [{ model }, model, authors.filter((one) => one?.model === model).length])];
    const line = ([author, name, number]) => el("li", {}, el(`i.key.${colour(author) ?? "person"}`), el("span.name", {}, name), el("span.tally", {}, text("writing.paragraphs", { count: number })));
    const sections = desk.cards().filter((card) => card.box.value).map(section);
    panel.replaceChildren(el("p.hint", {}, text("writing.authors-hint")), el("ul.legend", {}, ...legend.map(line)), ...sections);
  }

  // Paragraphs that follow each other and have one author are one line.
  function section(card) {
    const runs = [];
    card.by.forEach((author, at) => {
      const last = runs.at(-1);
      if (last && last.author?.job === author?.job) last.to = at + 1;
      else runs.push({ author, from: at + 1, to: at + 1 });
    });
    const items = runs.map(({ author, from, to }) => {
      const which = text("writing.paragraph", { places: from === to ? from : `${from}–${to}` });
      const who = author
        ? el("button.quiet", { type: "button", title: text("writing.see-job"), onclick: () => goTo("history", `?item=${author.job}`) }, author.model ?? "—")
        : el("span", {}, text("writing.people"));
      return el("li", {}, el(`i.key.${colour(author) ?? "person"}`), el("span.name", {}, which), who);
    });
    return el("section", {}, el("h3", {}, card.heading.value || text("writing.untitled")), el("ul.legend", {}, ...items));
  }

  function leave() {
    if (!isOn) return;
    isOn = false;
    for (const card of desk.cards()) {
      card.tint = null;
      clear(card.box);
    }
  }

  return { draw, changed: draw, leave, tinting: () => (isOn ? paint : null) };
}
