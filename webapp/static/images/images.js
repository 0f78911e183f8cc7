// The Images tab: what is wished for, what is drawn now, the queue and the gallery, and the ways from one to another.

import { fill, text, toast } from "../shared/dom.js";
import { goTo, registerTab, showIn } from "../shared/page.js";
import { call, fileOf, submit } from "./api.js";
import { mountBoards } from "./boards.js";
import { openCompare } from "./compare.js";
import { openDraft } from "./draft.js";
import { mountForm } from "./form.js";
import { mountGallery } from "./gallery.js";
import { mountQueue } from "./queue.js";
import { mountRun } from "./run.js";
import { mountViewer } from "./viewer.js";

export function mount(component) {
  const root = component.element.querySelector(".images");
  const find = (selector) => root.querySelector(selector);
  fill(root);

  // From one picture to the next is no step: Back closes the viewer.
  let shown = null;
  function locate(picture) {
    const step = Boolean(picture) && !shown;
    shown = picture?.id ?? null;
    showIn("images", { image: shown }, { step });
  }

  // Drawing

  async function generate(request) {
    const button = find("[type=submit]");
    button.disabled = true;
    const job = await submit(request);
    button.disabled = false;
    if (job.problem) {
      form.say(job.problem);
      return form.focus();
    }
    form.say(null);
    start(job.id, request);
  }

  // One that is drawn now stays in sight; the new one waits in the queue.
  function start(job, request = null) {
    if (!run.isBusy()) run.attach(job, request);
    queue.look();
    if (innerWidth < 900) find(".results").scrollIntoView({ block: "start", behavior: "smooth" });
  }

  async function also(request, assistant) {
    const job = await submit(request, assistant);
    if (job.problem) return toast(job.problem, { problem: true });
    start(job.id, request);
  }

  function ended({ request }) {
    gallery.refresh();
    queue.look();
    // A model that was opened for it says more of itself now, and a style has a picture of its own.
    if (!form.isKnown() || request?.style) renew();
  }

  // What is first in the queue is shown as it is drawn, whoever put it there.
  function queued({ jobs }) {
    const running = jobs.find(({ status }) => status !== "queued");
    const mine = jobs.some(({ id }) => id === run.job());
    const waiting = jobs.length - (running ? 1 : 0);
    find(".queued").textContent = waiting ? text("images.in-queue", { count: waiting }) : "";
    if (running && !mine) run.attach(running.id);
  }

  // Settings that come back: of a picture, a file or a job

  function take(request, { undo = true } = {}) {
    const before = form.read();
    form.write(request);
    root.closest(".tabitem")?.scrollTo(0, 0);
    const back = undo && before.prompt.trim() ? { undo: () => form.write(before) } : {};
    toast(text("images.restored"), back);
    form.focus();
  }

  async function restore(file) {
    const data = new FormData();
    data.append("file", file);
    const answer = await call("POST", "images/read", data);
    if (answer.problem) return;
    take(answer.request);
    const missing = (answer.missing ?? []).map((one) => one.text);
    if (missing.length) form.say(missing.join(" "));
  }

  const withStart = ({ request }) => {
    const { init_image: _, mask: __, plot: ___, ...rest } = request;
    return rest;
  };

  async function from(picture, brush) {
    take(withStart(picture), { undo: true });
    await form.begin(fileOf(picture.file), { brush });
  }

  // The parts

  const form = mountForm(find(".wish"), { generate, restore, places: root.querySelectorAll(".examples") });
  const boards = mountBoards({ changed: (all) => gallery.offer(all) });
  const gallery = mountGallery(find(".gallery"), {
    open: (id) => viewer.open(id),
    boards,
    compare: openCompare,
    counted: (isBlank) => {
      root.classList.toggle("blank", isBlank);
      find(".welcome").hidden = !isBlank;
    },
    dropped: (ids) => run.drop(ids),
    trash: () => goTo("history", "?view=trash"),
  });
  const run = mountRun(find(".stage"), {
    made: ({ seed }) => {
      if (seed !== undefined) form.seeded(seed);
      gallery.refresh();
    },
    ended,
    open: (id) => viewer.open(id),
  });
  const queue = mountQueue(find(".queue"), { shown: queued });
  const viewer = mountViewer({
    gallery,
    boards,
    moved: locate,
    use: ({ request }) => take(request),
    again: ({ id }) => also({ repeat: id }),
    vary: (picture) => from(picture, false),
    inpaint: (picture) => from(picture, true),
    upscalers: () => upscalers,
    upscale: ({ id }, scale, model) => also({ image: id, scale, model }, "upscale"),
    draft: (picture) => openDraft(picture, illustrated),
  });

  find("[data-do=trash]").addEventListener("click", () => goTo("history", "?view=trash"));

  // A picture that is dropped anywhere brings its settings.

  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  let over = 0;
  const hint = (by) => (find(".drop-here").hidden = (over = Math.max(0, over + by)) === 0);
  root.addEventListener("dragenter", (event) => carries(event) && hint(1));
  root.addEventListener("dragleave", (event) => carries(event) && hint(-1));
  root.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
  root.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    hint(-over);
    const [file] = event.dataTransfer.files;
    if (event.target.closest(".start")) form.begin(file);
    else restore(file);
  });

  // Coming in

  let upscalers = [];
  async function renew() {
    const options = await call("GET", "images/options");
    if (options.problem) return;
    upscalers = options.upscalers;
    form.offer(options);
  }

  async function begin() {
    gallery.load();
    boards.load();
    await renew();
  }

  const loaded = begin();

  async function openJob(id) {
    const job = await call("GET", `jobs/${id}`);
    if (job.problem) return;
    if (job.assistant === "images") take(job.request);
    run.attach(id);
  }

  // The section of a draft that asked for a picture.
  let illustrated = null;

  registerTab("images", async (query) => {
    await loaded;
    if (!query.get("image")) viewer.close();
    if (query.get("image")) await viewer.open(query.get("image"));
    else if (query.get("job")) await openJob(query.get("job"));
    else if (query.get("prompt")) form.write({ prompt: query.get("prompt") });
    if (query.get("section")) illustrated = { name: query.get("prompt"), draft: query.get("draft"), section: query.get("section") };
  });

  addEventListener("studio:models", renew);
  addEventListener("studio:prompts", renew);

  // Read again whenever the tab is entered: jobs go on elsewhere.
  new IntersectionObserver((seen) => {
    const isSeen = seen.at(-1).isIntersecting;
    queue.see(isSeen);
    if (isSeen && form.isReady()) gallery.refresh();
  }).observe(root);
}
