// What the model was told, section by section: the messages, and what had to be left out to fit its context.

import { el, text } from "../shared/dom.js";
import { follow, isOpen } from "../shared/live.js";
import { lookInside } from "../shared/looking.js";

export function mountSent(panel, desk) {
  let told = new Map();
  const asked = new Set();

  function add(data) {
    told.set(data.section, data);
    if (panel.querySelector(".sent")) draw();
  }

  // The job that wrote a section last still knows what it was told.
  function look() {
    const jobs = new Set(desk.cards().filter((card) => !told.has(card.id)).map((card) => card.by.findLast(Boolean)?.job));
    for (const job of jobs) {
      if (!job || asked.has(job)) continue;
      asked.add(job);
      const found = [];
      const stream = follow(job, {
        part: ({ name, data }) => name === "sent" && found.push(data),
        status({ status }) {
          if (isOpen(status)) return;
          stream.close();
          for (const data of found) if (!told.has(data.section)) add(data);
          if (panel.querySelector(".sent")) draw();
        },
      });
    }
  }

  function draw() {
    const open = new Set([...panel.querySelectorAll("details[open]")].map((one) => one.dataset.section));
    const items = desk.cards().filter((card) => told.has(card.id)).map((card) => item(card, told.get(card.id), open.has(card.id)));
    const none = items.length ? null : el("p.hint", {}, text("writing.nothing-sent"));
    panel.replaceChildren(el("div.sent", {}, el("p.hint", {}, text("writing.sent-hint")), none, ...items));
    look();
  }

  function item(card, { messages, tokens, context, trimmed }, isUnfolded) {
    const room = tokens === null ? null : text("writing.tokens-of", { tokens, context });
    const head = el("summary", {}, el("span", {}, card.heading.value || text("writing.untitled")), room && el("span.tally", {}, room));
    const cut = trimmed.map(({ what, kept, of }) => el("li", {}, text("writing.trimmed", { what: text(`sent.${what}`), kept, of })));
    const said = messages.map(({ role, content }) => el("section.message", {}, el("h3", {}, text(`role.${role}`)), el("div.text", {}, content)));
    const job = card.by.findLast(Boolean)?.job;
    const look = () => lookInside(job, { which: card.id });
    if (job) said.push(el("button.plain", { type: "button", "data-do": "look", onclick: look }, text("lab.inside")));
    return el("details.group", { "data-section": card.id, open: isUnfolded }, head, cut.length ? el("ul.trimmed", {}, ...cut) : null, ...said);
  }

  function leave(isGone) {
    if (!isGone) return;
    told = new Map();
    asked.clear();
  }

  return { draw, add, leave };
}
