// A line for every variant: how many rows it passed, between which bounds that lies, and whether it beats the first.

import { el, text } from "../shared/dom.js";
import { evaluatorName } from "./evaluators.js";
import { interval } from "./plot.js";
import { facts, money, share, variantName } from "./run.js";

export function mountSummary(root, { promote }) {
  const notes = el("div.notes");
  const table = el("table");
  root.append(notes, el("div.scroll", { tabindex: 0, role: "group", "aria-label": text("playground.summary") }, table));
  let drawn = null;

  // Drawn when there is something new to say, not with every cell.
  function show(run) {
    const now = `${run.job} ${run.status} ${run.summary.length} ${run.notes.length}`;
    if (now === drawn) return;
    drawn = now;
    const said = [...(run.plan.warnings ?? []).map((warning) => warning.text), ...run.notes];
    notes.replaceChildren(...said.map((words) => el("p.note", {}, words)));
    table.parentNode.hidden = !run.summary.length;
    const judged = run.summary.some(({ rate }) => rate !== null && rate !== undefined);
    const heads = ["playground.variant", judged && "playground.rate", judged && run.summary.length > 1 && "playground.verdict", "playground.usual", null];
    table.replaceChildren(
      el("thead", {}, el("tr", {}, ...heads.filter((key) => key !== false).map((key) => el("th", { scope: "col" }, key && text(key))))),
      el("tbody", {}, ...run.summary.map((line) => row(run, line, judged))),
    );
  }

  function row(run, line, judged) {
    const variant = run.plan.variants.find(({ id }) => id === line.variant);
    const use = () => promote(run.job, line.variant);
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, variantName(run, variant)),
      judged && el("td.rate", {}, interval(line), line.n > 0 && el("span", {}, passed(line, run.plan.repeats)), parts(run, line)),
      judged && run.summary.length > 1 && el("td", {}, verdict(run, line)),
      el("td.facts", {}, [...facts({ seconds: line.seconds }), line.tokens && text("playground.sum-tokens", { tokens: line.tokens }), line.cost && money(line.cost), line.errors && text("playground.errors", { count: line.errors })].filter(Boolean).join(" · ")),
      el("td", {}, variant.how === "generate" && el("button.plain", { type: "button", "data-do": "promote", onclick: use }, text("playground.promote"))),
    );
  }

  // Of repeats, a row passes in part.
  const passed = ({ passed, n, rate, low, high }, repeats) =>
    text(repeats > 1 ? "playground.point" : "playground.passed", { passed, n, rate: share(rate), low: share(low), high: share(high) });

  function parts(run, line) {
    const each = (line.evaluators ?? []).length > 1 ? line.evaluators : [];
    const words = each.map(({ evaluator, passed, n }) => `${evaluatorName(run.plan.evaluators[evaluator])} ${passed}/${n}`);
    if (line.accuracy !== undefined && line.accuracy !== null) words.push(text("playground.accuracy", { accuracy: share(line.accuracy) }));
    if (line.macro_f1 !== undefined && line.macro_f1 !== null) words.push(text("playground.f1", { f1: line.macro_f1.toFixed(2) }));
    return words.length > 0 && el("span.hint", {}, words.join(" · "));
  }

  // Against the first variant, which everything is measured by.
  function verdict(run, line) {
    const first = run.summary[0].variant;
    if (line.variant === first) return el("span.hint", {}, text("playground.baseline"));
    const found = (line.against ?? []).find(({ variant }) => variant === first);
    if (!found) return "";
    const kind = found.verdict.replace(" ", "_");
    const points = (value) => `${value > 0 ? "+" : ""}${Math.round(100 * value)}`;
    const title = text("playground.difference", { difference: points(found.difference), low: points(found.low), high: points(found.high), p: found.p === null ? "–" : found.p.toPrecision(2) });
    return el(`span.chip.verdict.${kind}`, { title }, text(`verdict.${kind}`, { n: found.n }));
  }

  return { root, show };
}
