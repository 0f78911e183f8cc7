// One cell whole: its text, what it was checked for and why, the exact messages; and two cells side by side.

import { openDialog } from "../shared/dialog.js";
import { copy, el, pieced, text, toast } from "../shared/dom.js";
import { lookInside } from "../shared/looking.js";
import * as api from "./api.js";
import { evaluatorName } from "./evaluators.js";
import { facts, sign, variantName } from "./run.js";

const ROLES = { system: "role.system", user: "role.user", assistant: "role.assistant" };

const named = (run, cell) => {
  const variant = run.plan.variants.find(({ id }) => id === cell.variant);
  const repeat = run.plan.repeats > 1 ? text("playground.repeat", { number: cell.repeat + 1 }) : null;
  return [variantName(run, variant), text("playground.row", { number: cell.row + 1 }), repeat].filter(Boolean).join(" · ");
};

export function openCell(run, cell, { act, choose }) {
  const checks = cell.checks ?? [];
  const messages = el("details.messages", {}, el("summary", {}, text("playground.messages")));
  messages.addEventListener("toggle", () => messages.open && load(), { once: true });

  async function load() {
    const { variant, row } = cell;
    const answer = await act(api.messages(run.job, variant, row));
    for (const { role, content } of answer.error ? [] : answer) messages.append(el("h4", {}, text(ROLES[role])), el("div.text", {}, content));
  }

  function look() {
    dialog.close();
    lookInside(run.job, { which: `${cell.variant}.${cell.row}.${cell.repeat}` });
  }

  const dialog = openDialog(
    named(run, cell),
    el("p.hint", {}, facts(cell).join(" · ")),
    cell.error && el("p.problem", {}, cell.error.text),
    el("div.text.output", { tabindex: 0 }, cell.output),
    cell.scores && el("p.hint", {}, text("playground.scores", { scores: scores(cell.scores) })),
    checks.length > 0 && el("ol.checks", {}, ...checks.map((check) => reason(run, check))),
    messages,
    el("footer", {},
      el("button.outlined", { type: "button", onclick: () => (dialog.close(), choose(cell)) }, text("playground.compare-cell")),
      cell.output && el("button.plain", { type: "button", "data-do": "look", onclick: look }, text("lab.inside")),
      el("button.plain", { type: "button", onclick: () => copy(cell.output) }, text("action.copy"))),
  );
}

// The likelihood of each label, the highest first.
const scores = (all) =>
  Object.entries(all).sort(([, one], [, other]) => other - one).map(([label, score]) => `${label} ${score.toFixed(2)}`).join(" · ");

function reason(run, check) {
  const evaluator = run.plan.evaluators?.[check.evaluator];
  return el("li", {}, sign({ passed: check.passed }), el("div", {}, evaluator && el("strong", {}, evaluatorName(evaluator)), el("span", {}, check.text)));
}

export async function openDifference(run, left, right, { act }) {
  const answer = await act(api.compare(left.output, right.output));
  if (answer.error) return;
  if (left.output === right.output) toast(text("playground.no-difference"));
  const side = (cell, own) => el("div", {}, el("h4", {}, sign(cell), " ", named(run, cell)), el("div.text", {}, ...pieced(answer.map(({ kind, text: words }) => [kind, words]), own)));
  openDialog(text("writing.differences"), el("div.sides", {}, side(left, "removed"), side(right, "added")));
}
