// Support: questions to a base of knowledge with what proves their answers, and the sources of the bases.

import { complain, el, fill, recall, remember, text, toast, wentWrong } from "../shared/dom.js";
import { follow, isOpen } from "../shared/live.js";
import { lookInside } from "../shared/looking.js";
import { registerTab } from "../shared/page.js";
import { rest } from "../shared/rest.js";
import { mountChecks } from "./checks.js";
import { chunks } from "./chunks.js";
import { mountGaps, mountInbox, mountWording } from "./desk.js";
import { mountIntents } from "./intents.js";
import { service } from "./service.js";

const BASE = "support-base";
const CHINESE = "sample-zh";
const isChinese = document.documentElement.lang.startsWith("zh");

export function mount(component) {
  const root = component.element.querySelector(".support");
  const find = (selector) => root.querySelector(selector);
  fill(root);
  const base = find("[name=base]");
  const question = find(".question");
  const adding = find(".adding");
  let conversation = null;
  let mayWrite = false;

  const say = (place, problem) => complain(place.querySelector(".problem"), problem);

  // Asks, and returns the answer, or null where it was refused; what is wrong is shown at `place`.
  async function act(question, place = null) {
    const value = await rest(...question);
    if (place) say(place, value.error);
    else if (value.error) toast(value.error, { problem: true });
    return value.error ? null : value;
  }

  // The bases and their sources

  const pathOf = (name, ...more) => ["knowledge", ...[name, ...more].map(encodeURIComponent)].join("/");

  async function look() {
    const bases = await act(["knowledge"]);
    if (!bases) return;
    const chosen = base.value || recall(BASE) || (isChinese ? CHINESE : "");
    const names = bases.map(({ name }) => name);
    const own = names.find((name) => !name.startsWith("sample"));
    const name = names.includes(chosen) ? chosen : (own ?? names[0] ?? "");
    const one = name ? await act([pathOf(name)]) : { may: false, reads: false, waiting: 0 };
    const sources = one?.reads ? await act([pathOf(name, "sources")]) : [];
    if (one && sources) show({ ...one, name, names, sources });
  }

  // Deletes what is at a path, and shows what there is then.
  const drop = async (path) => (await act([path, undefined, "DELETE"])) && look();

  function show(value) {
    mayWrite = value.may;
    base.replaceChildren(...value.names.map((name) => el("option", { value: name }, name)));
    base.value = value.name;
    find(".operator-only").hidden = mayWrite;
    find(".parts").hidden = !mayWrite;
    find("[data-part=inbox-part]").textContent = text("support.inbox") + (value.waiting ? ` (${value.waiting})` : "");
    adding.hidden = find(".delete-base").hidden = !mayWrite;
    adding.elements.into.value ||= base.value.startsWith("sample") ? "" : base.value;
    find(".sources").replaceChildren(...value.sources.map(source));
    find(".none").hidden = value.sources.length > 0 || !value.reads;
    suggest();
  }

  // Of the samples the page knows better ones, in its language.
  async function suggest() {
    const own = base.value.startsWith("sample") ? [1, 2, 3, 4].map((number) => text(`support.example.${number}`)) : null;
    const questions = own ?? (await rest(`knowledge/${encodeURIComponent(base.value)}/suggestions`));
    const buttons = Array.isArray(questions) ? questions.map((words) => el("button.outlined", { type: "button", onclick: () => send(words) }, words)) : [];
    find(".examples").replaceChildren(...buttons);
  }

  function source(one) {
    const status = one.status === "ready" ? text("support.chunks", { count: one.chunks }) : text(`status.${one.status}`);
    const open = () => passage({ source: one.id }, base.value);
    const remove = (event) => confirm(event.target.closest("li"), one);
    const pieces = async (event) => {
      const item = event.target.closest("li");
      if (item.querySelector(".chunks")) return item.querySelector(".chunks").remove();
      item.append(await chunks(base.value, one.id, look));
    };
    return el("li", {},
      el("button.plain.name", { type: "button", onclick: open }, one.name),
      mayWrite && one.status === "ready"
        ? el("button.plain", { type: "button", title: text("support.pieces"), onclick: pieces }, status)
        : el("span.hint", {}, status),
      mayWrite && el("button.plain", { type: "button", onclick: remove }, text("support.delete")),
      one.notes.length > 0 && el("p.hint.left-out", {}, one.notes.map((note) => note.text).join(" ")));
  }

  function confirm(item, one) {
    item.querySelector(".sure")?.remove();
    item.append(el("p.sure", {}, el("span", {}, text("support.sure", { name: one.name })),
      el("button.danger", { type: "button", onclick: () => drop(pathOf(base.value, "sources", one.id)) }, text("support.delete")),
      el("button.plain", { type: "button", onclick: (event) => event.target.parentNode.remove() }, text("action.cancel"))));
    item.querySelector(".danger").focus();
  }

  // Questions

  const submit = (assistant, request, place) => act(["jobs", { assistant, request }], place);
  const stopping = (job) => act([`jobs/${job}/stop`, {}]);
  const result = (job) => act([`answers/${encodeURIComponent(job)}`]);

  async function send(words) {
    if (!words.trim()) return question.elements.question.focus();
    // Whoever asks before the bases are here asks the one that is shown first.
    if (!base.value) await look();
    const request = { question: words, knowledge: base.value, ...(conversation && { conversation }) };
    const job = await submit("support", request, find(".foot"));
    if (!job) return;
    question.reset();
    turn(words, job.id);
  }

  function turn(words, job) {
    const note = el("span", {}, text("status.queued"));
    const stop = () => stopping(job);
    const waiting = el("p.waiting", { role: "status" }, note,
      el("button.outlined", { type: "button", "data-do": "stop", onclick: stop }, text("chat.stop")));
    const item = el("li", {}, el("p.asked", {}, words), waiting);
    find(".talk").append(item);
    find(".welcome").hidden = true;
    find(".anew").hidden = false;
    item.scrollIntoView({ block: "nearest" });
    follow(job, {
      progress: (data) => data.note && (note.textContent = data.note),
      status: async ({ status }) => {
        const value = isOpen(status) ? null : await result(job);
        if (value) answer(item, job, value);
      },
      away: (isAway) => (note.textContent = text(isAway ? "live.away" : "chat.thinking")),
      lost: () => waiting.replaceChildren(text("error.no-answer")),
    });
  }

  function answer(item, job, { result, names, reads, why, failure, status }) {
    item.querySelector(".waiting").remove();
    if (!result) return item.append(el("p.problem", {}, failure ?? text(`status.${status}`)));
    conversation = result.conversation;
    const route = why?.route ?? "";
    item.append(
      el("p.answer", {}, result.answer),
      el(result.grounded ? "span.chip.good" : "span.chip", {}, text(`support.route-${route.replace(" ", "-")}`)),
      el("span.hint", {}, text("support.confidence", { percent: Math.round(100 * result.confidence) })),
      el("ol.citations", {}, ...result.citations.map((one, place) => citation(one, place, names, reads && result.knowledge, route))),
      service(job, result, send),
      why?.prompt && el("button.plain.look", { type: "button", onclick: () => lookInside(job) }, text("lab.inside")),
      why && reasons(why));
    item.scrollIntoView({ block: "nearest" });
  }

  // A quoted answer is its quotes already.
  const citation = (one, place, names, knowledge, route) => {
    const name = names[one.source] ?? text("support.passage");
    return el("li", {}, el("button.outlined", { type: "button", title: one.quote, onclick: () => passage(one, knowledge, name) },
      `${place + 1} · ${name}`), route === "written" && el("q", {}, one.quote));
  };

  const intents = (scores) => Object.entries(scores).map(([label, share]) => `${label} ${Math.round(100 * share)} %`).join(" · ");

  function reasons(why) {
    const isRanked = why.candidates.some(({ reranked }) => reranked != null);
    const scores = (one) => [one.lexical, one.dense, one.score, ...(isRanked ? [one.reranked] : [])];
    const row = (one) => el("tr", {}, el("td", {}, one.heading || "–"), ...scores(one).map((score) => el("td", {}, score ?? "–")));
    const head = ["support.passage", "support.words", "support.meaning", "support.together", ...(isRanked ? ["support.reranked"] : [])];
    const times = Object.entries(why.seconds).map(([step, seconds]) => `${text(`support.step-${step}`)} ${seconds} s`);
    return el("details.why", {}, el("summary", {}, text("support.why")),
      el("p.hint", {}, text("support.searched", { query: why.query })),
      why.reworded && reworded(why.reworded),
      !why.dense && el("p.hint", {}, text("support.words-only")),
      why.intents && el("p.hint", {}, text("support.taken-as", { intents: intents(why.intents) })),
      el("table", {}, el("tr", {}, ...head.map((key) => el("th", {}, text(key)))), ...why.candidates.map(row)),
      el("p.hint", {}, times.join(" · ")),
      why.prompt && el("details", {}, el("summary", {}, text("support.prompt")), el("pre", {}, why.prompt.map(([, words]) => words).join("\n\n"))),
      why.draft && el("details", {}, el("summary", {}, text("support.draft")), el("pre", {}, why.draft)));
  }

  function reworded({ said, used, prompt }) {
    return el("details", {},
      el("summary", {}, text(used ? "support.reworded" : "support.not-reworded", { said })),
      el("pre", {}, prompt.map(([, words]) => words).join("\n\n")));
  }

  // A source's text with the quote marked in it, or the quote alone where no `knowledge` is read in full. Offsets count
  // characters, not UTF-16 units.
  function passage({ source: id, quote, start = 0, end = 0 }, knowledge, name) {
    const show = ({ name, text, replaced }, start, end) => {
      const dialog = find(".passage");
      const letters = [...text];
      const mark = el("mark", {}, letters.slice(start, end).join(""));
      dialog.querySelector("strong").textContent = name;
      dialog.querySelector(".hint").hidden = !replaced;
      dialog.querySelector(".source-text").replaceChildren(letters.slice(0, start).join(""), mark, letters.slice(end).join(""));
      dialog.showModal();
      mark.scrollIntoView({ block: "center" });
    };
    if (!knowledge) show({ name, text: quote }, 0, Infinity);
    else act([pathOf(knowledge, "sources", id)]).then((value) => value && show(value, start, end));
  }

  // What goes in

  async function upload(files, into) {
    const form = new FormData();
    for (const file of files) form.append("file", file);
    const address = new URL(`api/knowledge/${encodeURIComponent(into)}/sources`, document.baseURI);
    const reply = await fetch(address, { method: "POST", body: form }).catch(() => null);
    const body = await reply?.json().catch(() => null);
    return reply?.ok && body ? body : { error: wentWrong(body) };
  }

  function watch(job, into) {
    const bar = adding.querySelector(".progress");
    const [note, meter, stop] = [bar.querySelector("span"), bar.querySelector("progress"), bar.querySelector("button")];
    bar.hidden = false;
    note.textContent = text("status.queued");
    stop.onclick = () => stopping(job);
    follow(job, {
      progress: ({ note: words, done, total }) => {
        if (words) note.textContent = words;
        if (total) meter.value = done / total;
        else meter.removeAttribute("value");
      },
      status: ({ status, error }) => {
        if (isOpen(status)) return;
        bar.hidden = true;
        say(adding, error);
        if (status === "done") {
          adding.reset();
          toast(text("support.added"));
        }
        remember(BASE, into);
        base.replaceChildren(el("option", { value: into }, into));
        look();
      },
    });
  }

  adding.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { into, files, title, text: words, site } = adding.elements;
    const name = into.value.trim();
    if (!name) return into.focus();
    say(adding, null);
    if (!files.files.length) {
      const job = await submit("ingestion", { knowledge: name, title: title.value, text: words.value, site: site.value }, adding);
      return job && watch(job.id, name);
    }
    const reply = await upload(files.files, name);
    if (reply.error) say(adding, reply.error);
    else watch(reply.id, name);
  });

  find(".delete-base").addEventListener("click", (event) => {
    event.target.nextElementSibling?.remove();
    const away = () => (sure.remove(), drop(pathOf(base.value)));
    const sure = el("p.sure", {}, el("span", {}, text("support.sure", { name: base.value })),
      el("button.danger", { type: "button", onclick: away }, text("support.delete")),
      el("button.plain", { type: "button", onclick: () => sure.remove() }, text("action.cancel")));
    event.target.after(sure);
  });
  question.addEventListener("submit", (event) => {
    event.preventDefault();
    send(question.elements.question.value);
  });
  base.addEventListener("change", () => {
    remember(BASE, base.value);
    anew();
    adding.elements.into.value = "";
    look();
    if (part !== "sources-part" && !find(".managing").hidden) parts[part]();
  });
  find(".passage button").addEventListener("click", () => find(".passage").close());
  find(".anew").addEventListener("click", () => anew());
  function anew() {
    conversation = null;
    find(".talk").replaceChildren();
    find(".welcome").hidden = false;
    find(".anew").hidden = true;
  }
  const chosen = () => base.value;
  const parts = {
    "sources-part": look,
    "inbox-part": mountInbox(find(".inbox-part"), chosen),
    "gaps-part": mountGaps(find(".gaps-part"), chosen),
    "checks-part": mountChecks(find(".checks-part"), chosen),
    "intents-part": mountIntents(find(".intents-part"), chosen),
    "wording-part": mountWording(find(".wording-part"), chosen),
  };
  let part = "sources-part";
  for (const tab of root.querySelectorAll("[data-part]")) {
    tab.addEventListener("click", () => {
      part = tab.dataset.part;
      for (const other of root.querySelectorAll("[data-part]")) {
        other.setAttribute("aria-selected", String(other === tab));
        find(`.${other.dataset.part}`).hidden = other !== tab;
      }
      parts[part]();
    });
  }
  for (const tab of root.querySelectorAll("[data-mode]")) {
    tab.addEventListener("click", () => {
      for (const other of root.querySelectorAll("[data-mode]")) {
        other.setAttribute("aria-selected", String(other === tab));
        find(`.${other.dataset.mode}`).hidden = other !== tab;
      }
      look();
    });
  }
  look();
  // What the history or a link opens: one question, to go on from.
  registerTab("support", async (query) => {
    const job = query.get("job");
    const value = job && (await result(job));
    if (!value) return;
    anew();
    turn(value.question, job);
  });
}
