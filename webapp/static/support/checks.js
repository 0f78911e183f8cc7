// Support, Manage: what the base must answer and refuse, asked with one click and compared with the last time.

import { complain, el, text, when } from "../shared/dom.js";
import { rest } from "../shared/rest.js";
import { working } from "../shared/working.js";

export function mountChecks(section, base) {
  const form = section.querySelector("form");
  const { lines } = form.elements;
  const results = section.querySelector(".results");
  const problem = section.querySelector(".problem");
  const path = () => `knowledge/${encodeURIComponent(base())}/checks`;

  const say = (words) => complain(problem, words);

  const open = async () => {
    const before = lines.value;
    const value = await rest(path());
    say(value.error);
    if (value.error) return;
    // What is typed before the answer comes stays.
    if (lines.value === before) lines.value = value.lines;
    section.querySelector("a").href = new URL(`api/${path()}`, document.baseURI);
    section.querySelector("a").hidden = value.runs.length === 0;
    results.replaceChildren(...(value.runs.length ? drawn(...value.runs) : [el("p.hint", {}, text("support.no-checks"))]));
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say(null);
    const saved = await rest(path(), { lines: lines.value }, "PUT");
    const ticket = saved.error ? saved : await rest(`${path()}/run`, {});
    if (ticket.error) return say(ticket.error);
    results.replaceChildren(working(ticket.id, (result) => (result.error ? say(result.error) : open())));
  });
  return open;
}

function drawn(last, before = { results: [] }) {
  const key = (one) => JSON.stringify([one.question, one.expected]);
  const earlier = new Map(before.results.map((one) => [key(one), one.passed]));
  const changed = (one) => (earlier.has(key(one)) && earlier.get(key(one)) !== one.passed ? (one.passed ? "better" : "worse") : null);
  const passed = last.results.filter((one) => one.passed).length;
  const order = [...last.results].sort((one, other) => one.passed - other.passed);
  return [
    el("p", {}, el("strong", {}, `${passed} / ${last.results.length}`), " ", text("support.as-expected", { when: when(last.created) })),
    el("ul.checked", {}, ...order.map((one) => line(one, changed(one)))),
  ];
}

function line(one, change) {
  return el("li", {},
    el("details", {},
      el("summary", {},
        el(one.passed ? "span.chip.good" : "span.chip.failed", {}, text(one.passed ? "support.passed" : "support.failed")), " ",
        change && el("span.chip", {}, text(change === "better" ? "support.better" : "support.worse")), " ", one.question),
      el("p.hint", {}, one.expected === null ? text("support.must-refuse") : text("support.expected", { expected: one.expected })),
      el("p.answer", {}, one.answer),
      one.sources.length > 0 && el("p.hint", {}, one.sources.join(" · "))));
}
