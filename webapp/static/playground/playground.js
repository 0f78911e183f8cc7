// The playground: Try, the bench and its studies, what is kept between visits, and the ways in and out.

import { complain, fill, keeping, recall, remember, text, toast } from "../shared/dom.js";
import { goTo, registerTab, showIn } from "../shared/page.js";
import { openDrawer } from "../shared/prompt-drawer.js";
import * as api from "./api.js";
import { mountBench } from "./bench.js";
import { openExperiments, openPromote } from "./dialogs.js";
import { mountStudies } from "./studies.js";
import { mountTry } from "./try.js";

const KEPT = "studio.playground";
const KEEP_MS = 400;

export function mount(component) {
  const root = component.element.querySelector(".playground");
  const find = (selector) => root.querySelector(selector);
  fill(root);

  // Waits for an answer and returns it; what went wrong is said, unless the asker does that (`quiet`).
  async function act(asked, { quiet = false } = {}) {
    const answer = await asked;
    if (answer.error && !quiet) toast(answer.error, { problem: true });
    return answer;
  }

  const say = (place, problem) => complain(place.querySelector(":scope > .problem, :scope > .bar > .problem"), problem);

  // What is typed, open and running, of each mode; the browser keeps it.

  const kept = { mode: "try", runs: {}, experiment: null, ...JSON.parse(recall(KEPT) ?? "{}") };
  // An experiment that the address names and that is open already stays as it was typed on.
  let arrived = new URLSearchParams(location.search).get("experiment");

  const keep = keeping(KEEP_MS, () => {
    Object.assign(kept, { try: trying.read(), bench: bench.read(), pinned: trying.pinned() });
    remember(KEPT, JSON.stringify(kept));
  });

  function view(mode) {
    kept.mode = mode;
    for (const tab of root.querySelectorAll("[data-mode]")) tab.setAttribute("aria-selected", String(tab.dataset.mode === mode));
    for (const one of root.querySelectorAll("[data-view]")) one.hidden = one.dataset.view !== mode;
    if (mode === "studies") studies.look();
    address();
    keep();
  }

  function address() {
    showIn("playground", { run: kept.runs[kept.mode], experiment: kept.experiment?.id });
    find(".name").hidden = !kept.experiment;
    find(".name").textContent = kept.experiment?.name ?? "";
  }

  const started = (mode) => (job) => {
    kept.runs[mode] = job;
    address();
    keep();
  };

  // What is opened takes the place of what was typed, which can be had back.

  const modeOf = ({ study, prompts = [], rows = [], models = [], params, examples = [], evaluators = [], repeats = 1 }) => {
    if (study) return "studies";
    const many = [prompts, rows, models, [params ?? {}].flat()].some((all) => all.length > 1);
    return many || examples.length || evaluators.length || repeats > 1 ? "bench" : "try";
  };

  const place = (mode) => (mode === "try" ? trying : bench);

  const isBlank = ({ messages, prompts = [{ messages }], rows, examples }) =>
    !rows && !examples && !prompts.some((one) => one.messages.some(({ content }) => content.trim()));

  function put(request, { experiment = null, mode = modeOf(request) } = {}) {
    const before = { request: place(mode).read(), experiment: kept.experiment, mode: kept.mode };
    const one = request.prompts?.length === 1 ? { ...request, messages: request.prompts[0].messages } : request;
    place(mode).write(mode === "try" ? one : request);
    kept.experiment = experiment;
    view(mode);
    const undo = () => {
      place(mode).write(before.request);
      kept.experiment = before.experiment;
      view(before.mode);
    };
    if (!isBlank(before.request)) toast(text("playground.opened"), { undo });
    return mode;
  }

  // A job comes back with all that it was asked and all that came of it; what was open before a reload is followed already.
  async function openRun(job) {
    const open = Object.keys(kept.runs).find((mode) => kept.runs[mode] === job);
    if (open) return view(open);
    const answer = await act(api.open(job));
    if (answer.error) return;
    const mode = put(answer.request);
    started(mode)(job);
    follow(mode, job, answer);
  }

  async function restore(mode, job) {
    const answer = await act(api.open(job), { quiet: true });
    if (answer.error) return forget(mode);
    follow(mode, job, answer);
  }

  const follow = (mode, job, { request, done }) => ({ try: trying, bench, studies })[mode].follow(job, request, done);

  // What is gone is not asked for again.
  function forget(mode) {
    delete kept.runs[mode];
    address();
    keep();
  }

  async function openExperiment(id) {
    const isOpen = id === arrived && id === kept.experiment?.id;
    arrived = null;
    if (isOpen) return view(kept.mode);
    const answer = await act(api.experiment(id));
    if (!answer.error) put(answer.request, { experiment: { id, name: answer.name } });
  }

  async function openTemplate(id) {
    const prompt = await act(api.prompt(id));
    if (prompt.error) return;
    if (kept.mode === "bench") bench.takePrompt(prompt);
    else put({ ...prompt, rows: (prompt.rows ?? []).slice(0, 1), evaluators: [] });
  }

  async function openItem(id) {
    const request = await act(api.fromItem(id));
    if (!request.error) put(request);
  }

  async function dataset() {
    const request = await act(api.dataset());
    if (!request.error) put(request);
  }

  // The modes

  const browse = () => openDrawer({ assistant: "playground", use: openTemplate });
  const promote = (job, variant) => openPromote({ act, job, variant });
  const shared = { act, say, changed: keep, promote, browse };
  const trying = mountTry(find(".try"), { ...shared, put, started: started("try"), toBench: (request) => put(request, { mode: "bench" }) });
  const bench = mountBench(find(".bench"), { ...shared, started: started("bench"), dataset });
  const studies = mountStudies(find(".studies"), { ...shared, bench, toBench: () => view("bench"), dataset, started: started("studies") });

  for (const tab of root.querySelectorAll("[data-mode]")) tab.addEventListener("click", () => view(tab.dataset.mode));
  find("[data-do=prompts]").addEventListener("click", () => goTo("prompts", ""));
  find("[data-do=experiments]").addEventListener("click", () =>
    openExperiments({
      act,
      experiment: kept.experiment,
      read: () => place(kept.mode).read(),
      open: openExperiment,
      saved: (experiment) => {
        kept.experiment = experiment;
        address();
        keep();
        if (experiment) toast(text("playground.saved", { name: experiment.name }));
      },
    }),
  );

  // Coming in

  async function begin() {
    if (kept.try) trying.write(kept.try);
    bench.write(kept.bench ?? {});
    if (kept.pinned) trying.pin(kept.pinned.job, kept.pinned.request);
    view(kept.mode);
    const home = await act(api.home());
    if (home.error) return;
    trying.begin(home);
    for (const one of [trying, bench]) one.offer(home.models);
    for (const [mode, job] of Object.entries(kept.runs)) await restore(mode, job);
  }

  const loaded = begin();

  registerTab("playground", async (query) => {
    await loaded;
    if (query.get("job") ?? query.get("run")) await openRun(query.get("job") ?? query.get("run"));
    else if (query.get("experiment")) await openExperiment(query.get("experiment"));
    else if (query.get("template")) await openTemplate(query.get("template"));
    else if (query.get("from")) await openItem(query.get("from"));
  });

  const renew = () => act(api.home(), { quiet: true }).then((home) => home.models && [trying, bench].forEach((one) => one.offer(home.models)));
  addEventListener("studio:models", renew);
  addEventListener("studio:use", (event) => trying.use(event.detail));
}
