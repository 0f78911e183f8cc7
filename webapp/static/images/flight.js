// The line before Generate: how long it will take, what memory it needs and has, and what to change if it does not fit.

import { el, text } from "../shared/dom.js";
import { memory } from "../shared/units.js";
import { call } from "./api.js";

// "4 s", "3 min"
export const duration = (seconds) =>
  seconds < 100 ? text("images.seconds", { count: Math.max(1, Math.round(seconds)) }) : text("images.minutes", { count: Math.round(seconds / 60) });

export function mountFlight(line, { told }) {
  // Answers may overtake one another: the last question's counts.
  let asked = 0;

  async function look(request) {
    const mine = ++asked;
    const answer = request.prompt.trim() ? await call("POST", "images/preflight", request, { quiet: true }) : null;
    if (mine !== asked) return;
    line.classList.toggle("refused", Boolean(answer?.problem) || answer?.fits === false);
    line.replaceChildren(...(answer ? said(answer) : []));
    told(answer?.unlearnt ?? []);
  }

  return { look };
}

function said({ problem, fits, need, free, seconds, advice, unlearnt }) {
  if (problem) return [problem];
  const time = seconds && text("images.takes", { time: duration(seconds) });
  const room = need && text(fits ? "images.fits" : "images.fits-not", { need: memory(need), free: memory(free) });
  const line = [time, room].filter(Boolean).join(" · ");
  const strange = unlearnt.length > 0 && text("images.unlearnt", { words: unlearnt.join(text("list.comma")) });
  return [strange, line, ...advice.map((one) => one.text)].filter(Boolean).map((words) => el("span", {}, words));
}
