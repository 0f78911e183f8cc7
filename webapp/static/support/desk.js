// Support, Manage: customers who wait for a person, and what the base could not answer.

import { ago, complain, el, text, toast } from "../shared/dom.js";
import { rest } from "../shared/rest.js";
import { working } from "../shared/working.js";

export function mountInbox(section, base) {
  const list = section.querySelector(".inbox");
  const open = async () => {
    const value = await rest(`knowledge/${encodeURIComponent(base())}/inbox`);
    if (value.error) return list.replaceChildren(el("li.hint", {}, value.error));
    list.replaceChildren(...(value.length ? value.map((one) => waiting(one, open)) : [el("li.hint", {}, text("support.inbox-empty"))]));
  };
  return open;
}

function waiting(one, again) {
  const talk = one.transcript.map((turn) => el("li", {}, el("strong", {}, turn.question), el("p", {}, turn.answer)));
  return el("li.card", {},
    el("p", {}, el("strong", {}, one.summary), " ", el("span.hint", {}, ago(one.created))),
    one.prose && el("p", { title: text("support.prose-hint") }, one.prose),
    el("details", {}, el("summary", {}, text("support.transcript", { count: one.transcript.length })), el("ol.transcript", {}, ...talk)),
    one.answer === null ? reply(one, again) : el("p.answer", {}, el("span.chip.good", {}, text("support.answered")), " ", one.answer));
}

function reply(one, again) {
  const answer = el("textarea", { rows: 3, maxlength: 10_000, placeholder: text("support.reply"), "aria-label": text("support.reply") });
  const problem = el("p.problem", { role: "alert", hidden: true });
  const send = async (curate) => {
    const value = await rest(`hand-overs/${one.id}/answer`, { answer: answer.value, curate, question: one.summary.split(" / ").at(-1) });
    complain(problem, value.error);
    if (value.error) return;
    toast(text(curate ? "support.curated" : "support.answered"));
    again();
  };
  return el("form", { onsubmit: (event) => (event.preventDefault(), send(false)) }, answer, problem,
    el("div.row", {}, el("button.primary", { type: "submit" }, text("support.answer")),
      el("button.outlined", { type: "button", onclick: () => send(true) }, text("support.answer-curate"))));
}

export function mountGaps(section, base) {
  const list = section.querySelector(".gaps");
  const path = () => `knowledge/${encodeURIComponent(base())}`;
  const open = async () => {
    const value = await rest(`${path()}/gaps`);
    if (value.error) return list.replaceChildren(el("li.hint", {}, value.error));
    list.replaceChildren(...(value.length ? value.map(gap) : [el("li.hint", {}, text("support.no-gaps"))]));
  };

  function gap(one) {
    const question = el("input", { value: one.question, maxlength: 500, "aria-label": text("field.question") });
    const answer = el("textarea", { rows: 3, maxlength: 10_000, "aria-label": text("field.answer") });
    answer.value = one.draft;
    const problem = el("p.problem", { role: "alert", hidden: true });
    const dismiss = () => rest(`${path()}/gaps/dismiss`, { questions: one.questions });
    const keep = async (event) => {
      event.preventDefault();
      const value = await rest(`${path()}/curated`, { question: question.value, answer: answer.value });
      complain(problem, value.error);
      if (value.error) return;
      await dismiss();
      toast(text("support.curated"));
      open();
    };
    return el("li.card", {},
      el("p", {}, el("strong", {}, one.question), " ", el("span.hint", {}, text("support.asked-times", { count: one.asked }), " · ", ago(one.last))),
      one.reasons.length > 0 && el("p.hint", {}, one.reasons.join(" · ")),
      el("details", {}, el("summary", {}, text(one.by_person ? "support.draft-person" : "support.draft-faq")),
        el("form", { onsubmit: keep }, question, answer, problem,
          el("div.row", {}, el("button.primary", { type: "submit" }, text("support.curate"))))),
      el("button.plain", { type: "button", onclick: async () => (await dismiss(), open()) }, text("support.dismiss")));
  }
  return open;
}

const WORDING = ["not_found", "suggested", "synonyms", "origins", "reranker", "model_help", "readers"];

// By which embedder the base is read, and a way to the other one.
function mountEmbedder(section, base) {
  const [words, button] = section.querySelectorAll(".embedder > *");
  const path = () => `knowledge/${encodeURIComponent(base())}/vectors`;
  const open = async () => {
    const value = await rest(path());
    section.querySelector(".embedder").hidden = Boolean(value.error);
    const other = value.embedder === "multilingual" ? "english" : "multilingual";
    words.textContent = text(`support.embedder-${value.embedder ?? "none"}`)
      + (value.unread ? ` ${text("support.embedder-unread", { count: value.unread })}` : "");
    button.textContent = text(`support.read-${other}`);
    button.hidden = !value.embedder;
    button.onclick = () => again(other);
  };
  async function again(embedder) {
    const value = await rest(path(), { embedder });
    if (value.error) return toast(value.error, { problem: true });
    button.hidden = true;
    words.replaceChildren(working(value.id, ({ error }) => {
      if (error) toast(error, { problem: true });
      open();
    }));
  }
  return open;
}

export function mountWording(section, base) {
  const form = section.querySelector("form");
  const problem = section.querySelector(".problem");
  const openEmbedder = mountEmbedder(section, base);
  const page = () => new URL(`ask/${encodeURIComponent(base())}`, document.baseURI);
  const open = async () => {
    const bases = await rest("knowledge");
    const one = Array.isArray(bases) ? bases.find(({ name }) => name === base()) : null;
    for (const field of WORDING) form.elements[field].value = one?.[field] ?? "";
    openEmbedder();
    section.querySelector("a").href = page();
    section.querySelector("a").textContent = page().href;
    const script = new URL("studio/widget.js", document.baseURI).href;
    section.querySelector("code").textContent = `<script src="${script}" data-base="${base()}" async></${"script"}>`;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(WORDING.map((field) => [field, form.elements[field].value]));
    const value = await rest(`knowledge/${encodeURIComponent(base())}`, fields, "PATCH");
    complain(problem, value.error);
    if (!value.error) toast(text("support.saved"));
  });
  return open;
}
