// Studies of what is on the bench: how many examples help, which of them, in which order, and how they are best chosen.

import { el, text } from "../shared/dom.js";
import * as api from "./api.js";
import { curve, listed } from "./plot.js";
import { followRun, isRunning, progress } from "./run.js";

const KINDS = ["shots", "leave_one_out", "order", "selection"];

// What a point of a study is called: an example that was left out, an order, or a way to choose.
function named(kind, x, { examples = [] }) {
  if (kind === "selection") return text(`choose.${x}`);
  if (x === null || (kind === "order" && x === 0)) return text("playground.as-it-is");
  if (kind === "order") return text("playground.order", { number: x });
  return text("playground.without", { number: x + 1, input: examples[x]?.input ?? "" });
}

export function mountStudies(root, { act, say, bench, toBench, dataset, started }) {
  const find = (selector) => root.querySelector(selector);
  const bar = find(".bar");
  let run = null;

  const buttons = KINDS.map((kind) => el("button.outlined", { type: "button", "data-study": kind, onclick: () => send(kind) }, text("playground.study")));
  find(".kinds").replaceChildren(
    ...KINDS.map((kind, place) => el("li", {}, el("div", {}, el("strong", {}, text(`study.${kind}`)), el("p.hint", {}, text(`study-hint.${kind}`))), buttons[place])));

  // What there is to study lies on the bench.
  function look() {
    const { examples, rows } = bench.counts();
    const ready = examples > 0 && rows > 0;
    const words = ready ? text("playground.studied", { examples, rows }) : text("playground.nothing-to-study");
    const link = el("button.quiet", { type: "button", onclick: ready ? toBench : dataset }, text(ready ? "playground.open-bench" : "playground.dataset"));
    find(".about").replaceChildren(words, " ", link);
    for (const button of buttons) button.disabled = !ready || isRunning(run);
  }

  // One prompt, one model, one set of parameters: what varies is the study's.
  function alone({ labels: _, ...request }) {
    for (const name of ["prompts", "models", "params"]) if (Array.isArray(request[name])) request[name] = request[name].slice(0, 1);
    return { ...request, ...(Array.isArray(request.params) && { params: request.params[0] }) };
  }

  async function send(study) {
    say(root, null);
    for (const button of buttons) button.disabled = true;
    const request = { ...alone(bench.read()), study };
    const answer = await act(api.run(request), { quiet: true });
    if (answer.error) return look(), say(root, answer.error);
    follow(answer.id, request);
    started(answer.id);
  }

  function follow(job, request, done) {
    run?.close();
    run = followRun(job, request, show, done);
    bar.hidden = false;
    show(run);
  }

  function show(run) {
    look();
    progress(bar, run);
    say(root, run.error);
    find(".finding").hidden = !run.study;
    if (!run.study) return;
    const { points, finding } = run.study;
    const kind = run.request.study;
    const title = text(`study.${kind}`);
    find(".finding").replaceChildren(
      el("h3", {}, title),
      el("p.sentence", {}, finding.text),
      ...run.plan.warnings.map((warning) => el("p.note", {}, warning.text)),
      kind === "shots" ? curve(points, title) : listed(points.map((point) => ({ ...point, x: named(kind, point.x, run.request) }))),
      el("p.hint", {}, text("playground.interval-note")),
    );
  }

  bar.querySelector("[data-do=stop]").addEventListener("click", () => act(api.stop(run.job)));
  return { follow, look };
}
