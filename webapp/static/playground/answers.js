// The answers of Try: the one that is written now, the one that is pinned beside it, and where the two differ.

import { copy, el, iconButton, pieced, text } from "../shared/dom.js";
import * as api from "./api.js";
import { cellOf, facts, followRun, isRunning } from "./run.js";

// What of a request is named when two answers were asked for differently.
const INPUTS = { messages: "playground.prompt", rows: "playground.values", models: "field.model", params: "sampling.label" };

export function mountAnswers(root, { act, changed, promote }) {
  const pair = root.querySelector(".pair");
  const toggle = root.querySelector("[data-do=differences]");
  let now = null;
  let pinned = null;
  let pieces = null;

  const ended = (run) => run && !isRunning(run) && cellOf(run, 0, 0, 0);

  function follow(job, request, done) {
    now?.close();
    pieces = null;
    toggle.setAttribute("aria-pressed", "false");
    now = followRun(job, request, stream, done);
    draw();
  }

  // An answer that was pinned before a reload is told again by its job.
  function pin(job, request) {
    pinned = followRun(job, request, stream);
  }

  function keep() {
    pinned = now;
    now = null;
    draw();
  }

  function release() {
    pinned.close();
    pinned = null;
    pieces = null;
    draw();
  }

  // While it is written, words are only added.
  function stream(run) {
    const body = pair.querySelector(`[data-job="${run.job}"][aria-busy=true] .text`);
    if (!isRunning(run) || !body?.textContent) return draw();
    body.append(run.text.slice(body.textContent.length));
  }

  function draw() {
    pair.hidden = !now && !pinned;
    pair.classList.toggle("two", Boolean(now && pinned));
    pair.replaceChildren(...[pinned && card(pinned, "removed"), now && card(now, "added")].filter(Boolean));
    toggle.hidden = !(ended(now) && ended(pinned));
    changed();
  }

  function card(run, own) {
    const cell = cellOf(run, 0, 0, 0);
    const words = cell?.output || run.text;
    const body = pieces && !toggle.hidden ? pieced(pieces, own) : [words];
    const problem = cell?.error?.text ?? run.error;
    const isPinned = run === pinned;
    return el(
      "article.answer",
      { "data-job": run.job, "aria-busy": String(isRunning(run)) },
      el("header", {}, el("strong", {}, text(isPinned ? "playground.pinned" : "playground.answer")), el("span.hint", {}, run.plan?.variants[0]?.model), isPinned && iconButton("close", text("chat.unpin"), release)),
      !isPinned && pinned && el("p.hint", {}, differing(pinned.request, run.request)),
      el("div.text", { "aria-live": isPinned ? "off" : "polite" }, ...body),
      isRunning(run) && !words && el("p.hint", {}, text(run.status === "queued" ? "chat.queued" : "chat.thinking")),
      problem && el("p.problem", {}, problem),
      !isRunning(run) && !cell && !problem && el("p.hint", {}, text(`status.${run.status}`)),
      ...run.notes.map((note) => el("p.hint", {}, note)),
      cell && el("p.hint", {}, facts(cell).join(" · ")),
      ended(run) && !problem && el(
        "footer",
        {},
        !isPinned && el("button.outlined", { type: "button", "data-do": "pin", onclick: keep }, text("playground.pin")),
        iconButton("copy", text("action.copy"), () => copy(words)),
        el("button.plain", { type: "button", "data-do": "promote", onclick: () => promote(run.job, 0) }, text("playground.promote")),
      ),
    );
  }

  function differing(before, after) {
    const names = Object.keys(INPUTS).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
    const what = names.map((name) => text(INPUTS[name])).join(text("models.comma"));
    return what ? text("playground.changed", { what }) : text("playground.unchanged");
  }

  toggle.addEventListener("click", async () => {
    const isOn = toggle.getAttribute("aria-pressed") !== "true";
    toggle.setAttribute("aria-pressed", String(isOn));
    const [left, right] = [pinned, now].map((run) => cellOf(run, 0, 0, 0).output);
    const found = isOn ? await act(api.compare(left, right)) : { error: null };
    pieces = "error" in found ? null : found.map(({ kind, text: words }) => [kind, words]);
    draw();
  });

  return { follow, pin, now: () => now, pinned: () => pinned && { job: pinned.job, request: pinned.request }, any: () => Boolean(now || pinned) };
}
