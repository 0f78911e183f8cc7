// The customers' page: questions to one base of knowledge, their answers with quotes, and a person where they end.

import { complain, el, fill, recall, remember, text } from "../shared/dom.js";
import { watchDrops } from "../shared/drop.js";
import { follow, isOpen } from "../shared/live.js";
import { rest } from "../shared/rest.js";
import { service } from "../support/service.js";

const root = document.querySelector("main");
const find = (selector) => root.querySelector(selector);
const base = location.pathname.split("/").filter(Boolean).at(-1);
const form = find(".question");
const problem = find(".problem");
const TALK = `ask-${base}`;
let conversation = null;

fill(root);
watchDrops();
document.title = text("ask.title");
document.body.classList.toggle("dark", matchMedia("(prefers-color-scheme: dark)").matches);

async function send(words) {
  if (!words.trim()) return form.elements.question.focus();
  const ticket = await rest(`ask/${base}`, { question: words, ...(conversation && { conversation }) });
  complain(problem, ticket.error);
  if (ticket.error) return;
  form.reset();
  turn(words, ticket.id);
}

function turn(words, job) {
  const waiting = el("p.waiting", { role: "status" }, text("status.queued"));
  const item = el("li", {}, el("p.asked", {}, words), waiting);
  find(".talk").append(item);
  find(".welcome").hidden = true;
  item.scrollIntoView({ block: "nearest" });
  follow(job, {
    progress: ({ note }) => note && (waiting.textContent = note),
    status: async ({ status, error }) => {
      if (isOpen(status)) return;
      const row = await rest(`jobs/${job}`);
      waiting.remove();
      if (status !== "done" || row.error) return item.append(el("p.problem", {}, error ?? row.error ?? text(`status.${status}`)));
      answer(item, job, row.result);
    },
    lost: () => waiting.replaceChildren(text("error.no-answer")),
  });
}

function answer(item, job, result) {
  conversation = result.conversation;
  remember(TALK, conversation);
  // A quoted answer is its quotes already.
  const quotes = result.citations.filter(({ quote }) => !result.answer.includes(quote.split(/\s+/).join(" ")));
  item.append(el("p.answer", {}, result.answer),
    el("ul.citations", {}, ...quotes.map(({ quote }) => el("li", {}, el("q", {}, quote)))),
    service(job, result, send));
  item.scrollIntoView({ block: "nearest" });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send(form.elements.question.value);
});
// What a person answered while nobody looked.
const talk = recall(TALK);
const answered = talk ? await rest(`talks/${talk}/hand-over`) : [];
for (const one of Array.isArray(answered) ? answered : [])
  if (one.answer) find(".talk").append(el("li", {}, el("p.asked", {}, one.summary),
    el("span.chip.good", {}, text("support.by-person")), el("p.answer", {}, one.answer)));
const questions = await rest(`knowledge/${base}/suggestions`);
const buttons = Array.isArray(questions) ? questions : [];
find(".examples").append(...buttons.map((words) => el("button.outlined", { type: "button", onclick: () => send(words) }, words)));
