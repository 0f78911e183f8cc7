// A job at work: how far it is and how long it will take, the picture as it comes, Stop, Skip, and what came of it.

import { el, text, toast } from "../shared/dom.js";
import { follow, isOpen } from "../shared/live.js";
import { address, call, submit } from "./api.js";
import { duration } from "./flight.js";

const PREVIEW_MS = 80;
const SETTLE_MS = 500;
const PACE_MS = 12_000;
const FINISHED = new Set(["done", "stopped", "failed", "interrupted"]);

// How many pictures a request is for.
const cells = ({ count = 1, plot }) => (plot ? plot.x.values.length * (plot.y?.values.length ?? 1) : Number(count));

export function mountRun(root, { made, ended, open }) {
  const find = (selector) => root.querySelector(selector);
  const note = find(".note");
  const bar = find("progress");
  const tiles = find(".tiles");
  let run = null;

  // By the pace of the last seconds. What came before this page looked is told at once, and is no pace.
  function left() {
    const [first, last] = [run.pace[0], run.pace.at(-1)];
    if (run.pace.length < 2 || last.done === first.done) return null;
    return (((last.time - first.time) / 1000) * (run.total - last.done)) / (last.done - first.done);
  }

  function show() {
    const { status, line, share } = run;
    const isRunning = !FINISHED.has(status);
    root.hidden = false;
    root.dataset.status = status;
    const seconds = status === "running" && share < 1 ? left() : null;
    const made = tiles.querySelectorAll(".whole").length;
    const place = isRunning && run.count > 1 ? `${Math.min(made + 1, run.count)}/${run.count}` : null;
    note.textContent = run.isAway && isRunning ? text("images.away") : [line, place, seconds && text("images.left", { time: duration(seconds) })].filter(Boolean).join(" · ");
    bar.hidden = !isRunning;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    find("[data-do=stop]").hidden = !isRunning;
    find("[data-do=stop]").disabled = status === "stopping" || run.isAway;
    find("[data-do=skip]").disabled = run.isAway;
    find("[data-do=skip]").hidden = !(status === "running" && run.count > 1);
    find("[data-do=again]").hidden = !(["failed", "interrupted"].includes(status) && run.request);
    find("[data-do=close]").hidden = isRunning;
    find(".problem").hidden = !run.problem;
    find(".problem").textContent = run.problem ?? "";
    tiles.hidden = !tiles.children.length;
  }

  // Follows a job from its start, whoever comes in its middle sees the same. `known` is what is asked, if that is known.
  async function attach(job, known = null) {
    if (run?.job === job) return;
    leave();
    const mine = (run = {
      job, request: known, count: 1, status: "queued", line: text("chat.queued"), problem: null, stream: null,
      isAway: false, share: null, total: 0, pace: [], since: Date.now(),
    });
    tiles.replaceChildren();
    find(".notes").replaceChildren();
    show();
    const asked = await call("GET", `jobs/${job}`, undefined, { quiet: true });
    if (mine !== run) return;
    run.request = asked.request ?? known;
    run.assistant = asked.assistant ?? "images";
    run.count = cells(run.request ?? {});
    run.stream = follow(job, { progress, preview, part, status, away, lost: () => close() });
  }

  // The picture is drawn on without this page; what one can do here, one cannot until the connection is back.
  function away(isAway) {
    run.isAway = isAway;
    root.classList.toggle("away", isAway);
    show();
  }

  function progress({ done, total, note: words }) {
    const time = Date.now();
    if (done > 0 && time - run.since > SETTLE_MS) run.pace = [...run.pace.filter((one) => time - one.time < PACE_MS), { time, done }];
    run.line = words || run.line;
    run.share = total ? done / total : null;
    run.total = total;
    show();
  }

  // The picture that is drawn now takes the place of what it looked like a moment ago. Of those that are told at once,
  // to whoever comes later, only the last is there to be seen, and none once the job has ended.
  function preview({ file }) {
    const mine = run;
    clearTimeout(mine.coming);
    mine.coming = setTimeout(() => mine === run && !FINISHED.has(run.status) && look(file), PREVIEW_MS);
  }

  function look(file) {
    const tile = tiles.querySelector(".coming") ?? tiles.appendChild(el("li.coming", {}, el("img", { alt: text("images.coming") })));
    const next = new Image();
    next.src = address(file);
    next.decode().then(() => (tile.querySelector("img").src = next.src), () => {});
    tiles.hidden = false;
  }

  const parts = {
    prompt: ({ text: words }) => words !== run.request?.prompt && say(text("images.sent", { prompt: words })),
    picture: (picture) => {
      tiles.querySelector(".coming")?.remove();
      tiles.append(finished(picture));
      made(picture);
    },
    grid: (picture) => {
      tiles.prepend(finished(picture, "grid"));
      made(picture);
    },
    skipped: () => {
      tiles.querySelector(".coming")?.remove();
      say(text("images.skipped"));
    },
    note: ({ text: words }) => say(words),
  };

  function part({ name, data }) {
    parts[name]?.(data);
    show();
  }

  function finished({ id, file, width, height, unfinished }, kind = "whole") {
    const image = el("img", { src: address(file), alt: text("images.picture"), width, height, decoding: "async" });
    const link = el("a", { href: `?image=${id}`, onclick: (event) => (event.preventDefault(), open(id)) }, image);
    return el(`li.${kind}`, { "data-id": id }, link, unfinished && el("span.chip", {}, text("images.unfinished")));
  }

  function say(words) {
    const said = [...find(".notes").children].some((one) => one.textContent === words);
    if (!said) find(".notes").append(el("li", {}, words));
  }

  function status({ status: now, error }) {
    run.status = now;
    run.problem = error ?? null;
    if (now === "running") run.line = text("images.drawing");
    if (now === "stopping") run.line = text("chat.stopping");
    if (FINISHED.has(now)) finish();
    show();
  }

  function finish() {
    tiles.querySelector(".coming")?.remove();
    run.line = text(`status.${run.status}`);
    ended(run);
  }

  function leave() {
    run?.stream?.close();
    run = null;
  }

  function close() {
    leave();
    root.hidden = true;
  }

  const isBusy = () => run !== null && isOpen(run.status);

  find("[data-do=stop]").addEventListener("click", () => {
    run.status = "stopping";
    run.line = text("chat.stopping");
    show();
    call("POST", `jobs/${run.job}/stop`);
  });
  find("[data-do=skip]").addEventListener("click", () => call("POST", `images/jobs/${run.job}/skip`));
  find("[data-do=close]").addEventListener("click", close);
  find("[data-do=again]").addEventListener("click", async () => {
    const { request, assistant } = run;
    const job = await submit(request, assistant);
    if (job.problem) return toast(job.problem, { problem: true });
    attach(job.id, request);
  });

  return { attach, close, isBusy, job: () => run?.job ?? null, drop: (ids) => ids.forEach((id) => tiles.querySelector(`[data-id="${CSS.escape(id)}"]`)?.remove()) };
}
