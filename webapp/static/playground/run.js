// A job of the playground as the page holds it: its plan, its cells as they finish, its sums and what a study found.

import { el, text } from "../shared/dom.js";
import { follow, isOpen } from "../shared/live.js";

const LETTERS = 26;
const PARTS = ["prompt", "model", "params", "how", "shots"];

// A, B, … Z, AA, AB, …: how a prompt without a name is called.
export const letter = (place) =>
  (place < LETTERS ? "" : letter(Math.floor(place / LETTERS) - 1)) + String.fromCharCode(65 + (place % LETTERS));

// Calls changed(run, cells) at most once a frame, with the cells that are new; after a reload a job tells all of it again,
// unless it is `done` and that says it at once.
export function followRun(job, request, changed, done = null) {
  const run = {
    job, request, status: "queued", plan: null, cells: new Map(), summary: [], study: null, text: "", notes: [],
    note: "", done: 0, total: 0, error: null,
  };
  let fresh = [];
  let frame = null;

  function tell() {
    frame ??= requestAnimationFrame(() => {
      frame = null;
      const cells = fresh;
      fresh = [];
      changed(run, cells);
    });
  }

  const parts = {
    plan: (plan) => (run.plan = plan),
    summary: ({ summary }) => (run.summary = summary),
    note: (said) => run.notes.push(said.text),
    cell: (cell) => {
      run.cells.set(key(cell.variant, cell.row, cell.repeat), cell);
      fresh.push(cell);
    },
  };

  const take = ({ plan, cells, summary, study = null, notes }) => {
    Object.assign(run, { status: "done", plan, summary, study });
    for (const said of notes) parts.note(said);
    for (const cell of cells) parts.cell(cell);
    tell();
    return { close: () => {} };
  };

  const following = done ? take(done) : follow(job, {
    text: (delta) => ((run.text += delta), tell()),
    progress: ({ done, total, note }) => (Object.assign(run, { done, total, note }), tell()),
    part: ({ name, data }) => (parts[name]?.(data), tell()),
    result: ({ data }) => ((run.study = data.study ?? null), tell()),
    status: ({ status, error }) => (Object.assign(run, { status, error }), tell()),
    lost: () => (Object.assign(run, { status: "failed", error: text("error.no-answer") }), tell()),
  });

  run.close = () => {
    cancelAnimationFrame(frame);
    following.close();
  };
  return run;
}

const key = (variant, row, repeat) => `${variant}.${row}.${repeat}`;
export const cellOf = (run, variant, row, repeat) => run.cells.get(key(variant, row, repeat));
export const isRunning = (run) => Boolean(run) && isOpen(run.status);

// What tells variants apart is their name: a prompt, a model, parameters, … as far as not all have the same.
export function variantName(run, variant) {
  // A classifier asks no model, so there is nothing else to say of it.
  if (variant.model === null) return text(`how.${variant.how}`);
  const asked = run.plan.variants.filter(({ model }) => model !== null);
  const parts = PARTS.filter((part) => new Set(asked.map((one) => JSON.stringify(one[part]))).size > 1);
  const words = (parts.length ? parts : ["model"]).map((part) => said(part, variant[part]));
  return words.filter(Boolean).join(" · ") || text("playground.as-it-is");
}

// A prompt without a name has its number.
function said(part, value) {
  if (part === "prompt" && /^\d+$/.test(value)) return text("playground.prompt-number", { letter: letter(Number(value) - 1) });
  if (part === "params") return Object.entries(value ?? {}).map(([name, one]) => `${text(`field.${name}`)} ${one}`).join(", ");
  if (part === "shots") return value ? text("playground.k", { k: value.k ?? text("playground.all-examples") }) : "";
  if (part === "how") return text(`how.${value}`);
  return value;
}

// Passed, failed, not judged, broken or still to come: by a sign and a word, not by a colour alone.
const SIGNS = { passed: "✓", failed: "✗", none: "·", error: "!", open: "…" };

export function verdictOf(cell) {
  if (!cell) return "open";
  if (cell.error) return "error";
  return cell.passed === null ? "none" : cell.passed ? "passed" : "failed";
}

export const sign = (cell) => {
  const verdict = verdictOf(cell);
  return el(`span.sign.${verdict}`, { title: text(`verdict.${verdict}`), role: "img", "aria-label": text(`verdict.${verdict}`) }, SIGNS[verdict]);
};

const locale = document.documentElement.lang;
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });

export const share = (value) => percent.format(value);

// Tokens, seconds and, where a price is known, what it cost.
export function facts({ input_tokens: read, output_tokens: written, seconds, cost, cached, finish, notes = [] }) {
  return [
    seconds !== null && seconds !== undefined && text("chat.seconds", { seconds: fine.format(seconds) }),
    written > 0 && text("playground.tokens", { read: whole.format(read ?? 0), written: whole.format(written) }),
    cost && money(cost),
    cached && text("playground.cached"),
    finish === "length" && text("playground.cut"),
    ...notes.map((note) => note.text),
  ].filter(Boolean);
}

export const money = (cost) => text("playground.cost", { cost: fine.format(cost) });

// How far a job is, beside the button that stops it.
export function progress(place, run) {
  const running = isRunning(run);
  const bar = place.querySelector("progress");
  const words = place.querySelector(".progress");
  place.querySelector("[data-do=stop]").hidden = bar.hidden = !running;
  if (run.total) bar.value = run.done / run.total;
  else bar.removeAttribute("value");
  if (!running) words.textContent = run.status === "done" ? "" : text(`status.${run.status}`);
  else if (run.total && run.done === run.total) words.textContent = text("playground.summing");
  else words.textContent = run.cells.size ? text("playground.of", { some: run.done, all: run.total }) : run.note || text(`status.${run.status}`);
}
