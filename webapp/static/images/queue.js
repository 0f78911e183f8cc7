// The queue: what is drawn now and what comes next, in an order that can be changed, and all of it can wait.

import { debounce, el, icon, iconButton, text } from "../shared/dom.js";
import { call } from "./api.js";

const LOOK_MS = 2_500;

export function mountQueue(root, { shown }) {
  const list = root.querySelector("ol");
  const pause = root.querySelector("[data-do=pause]");
  let queue = { paused: false, jobs: [] };
  let isSeen = false;
  let timer = null;

  async function look() {
    clearTimeout(timer);
    const answer = await call("GET", "images/queue", undefined, { quiet: true });
    if (!answer.problem) show(answer);
  }

  function show(answer) {
    queue = answer;
    clearTimeout(timer);
    // One that is drawn already has its own place.
    root.hidden = queue.jobs.length < 2 && !queue.paused;
    root.querySelector(".state").textContent = text(queue.paused ? "images.paused" : "images.waiting", { count: queue.jobs.length });
    pause.replaceChildren(icon(queue.paused ? "play" : "pause"), text(queue.paused ? "images.go-on" : "images.pause"));
    const focus = document.activeElement?.closest("li")?.dataset.job;
    const what = document.activeElement?.dataset.do;
    list.replaceChildren(...queue.jobs.map(line));
    if (focus) list.querySelector(`[data-job="${CSS.escape(focus)}"] [data-do=${what}]`)?.focus();
    if (isSeen && queue.jobs.length) timer = setTimeout(look, LOOK_MS);
    shown(queue);
  }

  const isWaiting = ({ status }) => status === "queued";

  function line(job) {
    const waiting = queue.jobs.filter(isWaiting);
    const place = waiting.indexOf(job);
    const move = (sign, key, by) =>
      iconButton(sign, text(key), () => order(place, place + by), { "data-do": sign, disabled: place + by < 0 || place + by >= waiting.length });
    const count = job.count > 1 ? `${job.count} × ` : "";
    return el("li", { "data-job": job.id },
      el(`span.chip.${job.status}`, {}, isWaiting(job) ? String(place + 1) : text(`status.${job.status}`)),
      el("span.name", { title: job.prompt }, count + job.prompt),
      ...(isWaiting(job) ? [move("up", "writing.up", -1), move("down", "writing.down", 1)] : []),
      iconButton("close", text("images.cancel"), () => stop(job.id), { "data-do": "cancel" }));
  }

  async function order(from, to) {
    const ids = queue.jobs.filter(isWaiting).map(({ id }) => id);
    ids.splice(to, 0, ...ids.splice(from, 1));
    await call("PUT", "images/queue", { order: ids });
    look();
  }

  async function stop(id) {
    await call("POST", `jobs/${id}/stop`);
    look();
  }

  pause.addEventListener("click", async () => {
    await call("PUT", "images/queue", { paused: !queue.paused });
    look();
  });

  function see(is) {
    isSeen = is;
    if (is) look();
    else clearTimeout(timer);
  }

  return { look: debounce(100, look), see };
}
