// The bench: many prompts, models and rows run as one job, whose cells come into a matrix as they finish.

import { el, text } from "../shared/dom.js";
import * as api from "./api.js";
import { mountMatrix } from "./matrix.js";
import { followRun, isRunning, progress } from "./run.js";
import { mountSetup } from "./setup.js";
import { mountSummary } from "./summary.js";

export function mountBench(root, { act, say, changed, started, browse, dataset, promote }) {
  const find = (selector) => root.querySelector(selector);
  const form = find(".setup");
  const results = find(".results");
  const submit = form.querySelector("[type=submit]");
  const setup = mountSetup(form, { act, say: (problem) => say(form, problem), changed: update });
  let run = null;

  const summary = mountSummary(el("div.summary"), { promote });
  const matrix = mountMatrix(el("div.matrix"), { act });
  results.append(summary.root, matrix.root);

  function update() {
    say(form, null);
    find(".start").hidden = !setup.isBlank();
    submit.textContent = text("playground.run-cells", { count: setup.cells() });
    changed();
  }

  async function send() {
    if (submit.disabled) return;
    say(form, null);
    submit.disabled = true;
    const request = setup.read();
    const answer = await act(api.run(request), { quiet: true });
    submit.disabled = !answer.error;
    if (answer.error) return say(form, answer.error);
    setup.fold();
    follow(answer.id, request);
    started(answer.id);
    results.scrollIntoView({ block: "nearest" });
  }

  function follow(job, request, done) {
    run?.close();
    run = followRun(job, request, show, done);
    results.hidden = false;
    matrix.begin(run);
    show(run, []);
  }

  function show(run, cells) {
    progress(form, run);
    submit.disabled = isRunning(run);
    if (!isRunning(run)) say(form, run.error);
    if (!run.plan) return;
    summary.show(run);
    matrix.show(cells);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  // Enter in one of the many fields is no wish to run all of it.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) send();
    else if (event.target.tagName === "INPUT") event.preventDefault();
  });
  form.querySelector("[data-do=stop]").addEventListener("click", () => act(api.stop(run.job)));
  form.querySelector("[data-do=template]").addEventListener("click", () => browse());
  find("[data-do=dataset]").addEventListener("click", () => dataset());

  return { read: setup.read, write: setup.write, takePrompt: setup.takePrompt, follow, offer: setup.offer, counts: () => ({ examples: setup.used(), rows: setup.rows() }) };
}
