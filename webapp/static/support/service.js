// What stands below an answer of support: choices where it asked back, a person who takes over, and thumbs.

import { el, text } from "../shared/dom.js";
import { follow, isOpen } from "../shared/live.js";
import { rest } from "../shared/rest.js";

const LOOK_MS = 15_000;

// `send` asks a choice as the next question.
export function service(job, result, send) {
  const choices = result.choices?.length
    ? el("div.choices", {}, ...result.choices.map((one) => el("button.outlined", { type: "button", onclick: () => send(one) }, one)))
    : null;
  return el("div.service", {}, choices, el("div.below", {}, thumbs(job), person(result)));
}

function thumbs(job) {
  const box = el("span.thumbs", {});
  const thanks = () => box.replaceChildren(el("span.hint", { role: "status" }, text("support.thanks")));
  const judge = (good, reason = "") => rest(`jobs/${job}/feedback`, { good, reason });
  const bad = async () => {
    await judge(false);
    const reason = el("input", { maxlength: 500, placeholder: text("support.reason"), "aria-label": text("support.reason") });
    const form = el("form", { onsubmit: async (event) => {
      event.preventDefault();
      if (reason.value.trim()) await judge(false, reason.value);
      thanks();
    } }, reason, el("button.outlined", { type: "submit" }, text("support.tell")));
    box.replaceChildren(form);
    reason.focus();
  };
  box.append(
    el("button.plain", { type: "button", onclick: async () => (await judge(true), thanks()) }, text("support.good")),
    el("button.plain", { type: "button", onclick: bad }, text("support.bad")));
  return box;
}

// An offer where there was no answer, a quiet link elsewhere. What a person writes appears here.
function person({ conversation, fallback }) {
  const box = el("span.person", {});
  const look = async () => {
    if (!box.isConnected) return;
    const found = document.hidden ? [] : await rest(`talks/${conversation}/hand-over`);
    const last = Array.isArray(found) ? found.at(-1) : null;
    if (last?.answer) return box.replaceChildren(el("span.chip.good", {}, text("support.by-person")), el("p.answer", {}, last.answer));
    setTimeout(look, LOOK_MS);
  };
  const ask = async () => {
    const made = await rest(`talks/${conversation}/hand-over`, {});
    box.replaceChildren(el(made.error ? "span.problem" : "span.hint", { role: "status" }, made.error ?? text("support.handed-over")));
    if (!made.error) look();
  };
  const name = fallback === "hand over" ? "button.outlined" : "button.plain";
  box.append(el(name, { type: "button", onclick: ask }, text("support.person")));
  return box;
}
