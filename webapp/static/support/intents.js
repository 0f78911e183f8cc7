// Support, Manage: what people want, taught by examples, with how well it was learned.

import { complain, el, text } from "../shared/dom.js";
import { rest } from "../shared/rest.js";
import { working } from "../shared/working.js";

export function mountIntents(section, base) {
  const form = section.querySelector("form");
  const { examples, handOver, model } = form.elements;
  const report = section.querySelector(".report");
  const problem = section.querySelector(".problem");
  const path = () => `knowledge/${encodeURIComponent(base())}/intents`;

  const say = (words) => complain(problem, words);

  function show(value) {
    examples.value = value.examples ?? "";
    handOver.value = (value.hand_over ?? []).join(", ");
    model.value = value.model ?? "";
    report.replaceChildren(...(value.report ? drawn(value.report) : [el("p.hint", {}, text(value.model ? "support.as-it-is" : "support.no-intents"))]));
    section.querySelector("[data-do=forget]").hidden = !value.trained;
  }

  const open = async () => {
    const value = await rest(path());
    say(value.error);
    if (!value.error) show(value);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say(null);
    const labels = handOver.value.split(/[,，]/).map((one) => one.trim()).filter(Boolean);
    const ticket = await rest(path(), { examples: examples.value, hand_over: labels, ...(model.value.trim() && { model: model.value.trim() }) });
    if (ticket.error) return say(ticket.error);
    report.replaceChildren(working(ticket.id, (result) => (result.error ? say(result.error) : open())));
  });
  section.querySelector("[data-do=forget]").addEventListener("click", async () => {
    const value = await rest(path(), undefined, "DELETE");
    if (value.error) return say(value.error);
    open();
  });
  return open;
}

const percent = (share) => `${Math.round(100 * share)} %`;

function drawn(report) {
  const values = { accuracy: percent(report.accuracy), low: percent(report.low), high: percent(report.high), count: report.examples, seconds: report.seconds };
  const missed = report.by_label.filter(({ right, of }) => right < of);
  return [
    el("p", {}, el("strong", {}, values.accuracy), " ", text("support.accuracy", values)),
    missed.length > 0 && table(["support.label", "support.right"], missed.map(({ label, right, of }) => [label, `${right} / ${of}`])),
    report.confusions.length > 0 && titled("support.confusions", ["support.label", "support.taken-for", "support.times"],
      report.confusions.map(({ label, taken_for: other, count }) => [label, other, count])),
    report.weakest.length > 0 && titled("support.weakest", ["support.example", "support.label", "support.taken-for"],
      report.weakest.map(({ text: words, label, taken_for: other }) => [words, label, other])),
  ].filter(Boolean);
}

const titled = (key, head, rows) => el("details", {}, el("summary", {}, text(key)), table(head, rows));

export const table = (head, rows) =>
  el("table", {}, el("tr", {}, ...head.map((key) => el("th", {}, text(key)))),
    ...rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, cell)))));
