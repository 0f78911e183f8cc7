// The pen: what can be done with a selected stretch of text. The proposal is streamed beside it, and only Accept puts it
// in. It stands right after the text box, so that Tab leads from a selection to it.

import { copy, el, icon, iconButton, pieced, text } from "../shared/dom.js";
import { follow, isOpen } from "../shared/live.js";
import { openMenu } from "../shared/menu.js";
import { act } from "./api.js";
import { clear, isPlaced, mark, toCharacters, toUnits } from "./places.js";

const OPERATIONS = ["rewrite", "expand", "shorten", "proofread", "sample", "continue"];
const TONES = ["friendly", "formal", "confident", "plain", "playful"];
const LANGUAGES = ["en", "zh", "es", "fr", "de", "ja"];
// What is counted in characters.
const CHARACTERS = /[\u3040-\u30ff\u3400-\u9fff]/;
const SELECTED_MS = 250;

export function mountPen({ cards, submit, isBusy, replace }) {
  let here = null; // { card, start, end, node, job, ... }

  function close({ back = false } = {}) {
    if (!here) return;
    const { card, node, stream, start, end } = here;
    stream?.close();
    node.remove();
    clear(card.box, "marks");
    card.box.readOnly = card.locked;
    if (back) {
      card.box.focus();
      card.box.setSelectionRange(start, end);
    }
    here = null;
  }

  // Below the end of the stretch, as far as there is room beside it.
  function put(card, start, end, ...children) {
    close();
    const node = el("div.pen", { role: "toolbar", "aria-label": text("writing.pen") }, ...children);
    const found = mark(card.box, start, end);
    const frame = card.frame.getBoundingClientRect();
    const last = [...found.getClientRects()].at(-1) ?? found.getBoundingClientRect();
    node.style.top = `${last.bottom - frame.top + 6}px`;
    card.box.after(node);
    here = { card, start, end, node, stream: null };
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      discard();
    });
    return node;
  }

  // The tools

  function offer(card) {
    const { selectionStart: start, selectionEnd: end } = card.box;
    if (start === end || isPlaced(card.box) || card.locked || card.isStreaming() || isBusy()) return here?.job ? null : close();
    if (here?.job || (here?.card === card && here.start === start && here.end === end)) return;
    const button = (name) => el("button.plain", { type: "button", onclick: () => write(name) }, text(`operation.${name}`));
    const tone = menuButton("tone", TONES.map((one) => [one, text(`tone.${one}`)]));
    const names = new Intl.DisplayNames(document.documentElement.lang, { type: "language" });
    const translate = menuButton("translate", LANGUAGES.map((one) => [one, names.of(one)]));
    const box = el("input", { maxlength: 2000, placeholder: text("operation.instruction"), "aria-label": text("operation.instruction") });
    const own = el("form.own", { onsubmit: (event) => (event.preventDefault(), box.value.trim() && write("instruction", box.value)) }, box, el("button.icon-button", { type: "submit", title: text("chat.send"), "aria-label": text("chat.send") }, icon("send")));
    put(card, start, end, ...OPERATIONS.slice(0, 3).map(button), tone, translate, ...OPERATIONS.slice(3).map(button), own);
  }

  function menuButton(operation, choices) {
    const open = () => openMenu(node, choices.map(([value, label]) => ({ icon: "edit", text: label, choose: () => write(operation, value) })));
    const node = el("button.plain", { type: "button", "aria-haspopup": "menu", onclick: open }, text(`operation.${operation}`));
    return node;
  }

  // The proposal

  async function write(operation, instruction = "") {
    const { card, start, end } = here;
    // To go on is to add after the stretch.
    const from = operation === "continue" ? end : start;
    here.job = "asked";
    const words = card.box.value;
    const selection = { start: toCharacters(words, from), end: toCharacters(words, end) };
    const request = { action: "rewrite", section: card.id, selection, operation };
    const job = await submit(instruction ? { ...request, instruction } : request);
    if (job) propose(job, card, from, end, () => write(operation, instruction));
    else if (here) delete here.job;
  }

  // Shows what a job proposes; after a reload, too.
  function resume(job) {
    const card = cards.get(job.section);
    if (!card || !job.selection) return;
    const [start, end] = [job.selection.start, job.selection.end].map((place) => toUnits(card.box.value, place));
    propose(job, card, start, end, null);
    here.node.scrollIntoView({ block: "center" });
  }

  function propose(job, card, start, end, again) {
    const said = el("div.said", { "aria-live": "polite", "aria-busy": "true" });
    const problem = el("p.problem", { role: "alert", hidden: true });
    const button = (kind, key, onclick) => el(`button.${kind}`, { type: "button", onclick }, text(key));
    const stop = button("plain", "chat.stop", () => act("stop", { job: job.id }));
    const accept = button("primary", "writing.accept", () => take());
    const others = [button("plain", "writing.discard", discard), again && button("plain", "chat.retry", () => retry(again))].filter(Boolean);
    const about = el("div.about", { role: "status" });
    const tools = el("div.buttons", {}, stop);
    put(card, start, end, said, problem, about, tools);
    here.node.setAttribute("role", "group");
    here.node.classList.add("proposal");
    card.box.readOnly = true;
    let proposal = null;

    // The new text with what it changes, how long both are, and what is to be known before it is taken.
    let hasMarks = true;
    function show() {
      // What goes on in a new paragraph begins with empty lines, which are for the text alone.
      const { diff, counts, notes = [], lost = [] } = proposal;
      said.classList.toggle("diff", Boolean(diff && hasMarks));
      if (diff && hasMarks) said.replaceChildren(...pieced(diff, "removed", "added"));
      else said.textContent = proposal.text.trim();
      if (!counts) return;
      const key = CHARACTERS.test(proposal.before) ? "writing.counts-characters" : "writing.counts";
      const marks = el("input", { type: "checkbox", checked: hasMarks, onchange: () => ((hasMarks = !hasMarks), show()) });
      const toggle = el("label", {}, marks, text("writing.show-changes"));
      const lines = lost.map((one) => el("p.note", {}, el("span", {}, one.text), button("outlined", "writing.put-back", () => putBack(one))));
      about.replaceChildren(el("p.hint", {}, text(key, { old: counts[0], new: counts[1] })), toggle, ...notes.map((one) => el("p.note", {}, one.text)), ...lines);
    }

    function putBack(one) {
      const { diff, counts, lost } = proposal;
      const left = lost.filter(({ put }) => put !== one.put);
      proposal = { ...proposal, text: proposal.text + one.put, lost: left, diff: [...diff, ["added", one.put]], counts: [counts[0], counts[1] + one.count] };
      show();
      accept.focus({ preventScroll: true });
    }

    const ended = ({ status, error }) => {
      if (isOpen(status)) return;
      here.stream = null;
      said.setAttribute("aria-busy", "false");
      problem.hidden = !error;
      problem.textContent = error ?? "";
      if (proposal) show();
      const words = () => (proposal?.text ?? said.textContent).trim();
      tools.replaceChildren(...(words() ? [accept, ...others, iconButton("copy", text("action.copy"), () => copy(words()))] : others));
      (accept.isConnected ? accept : others[0]).focus({ preventScroll: true });
    };
    Object.assign(here, { job: job.id, based: card.revision });
    here.stream = follow(job.id, {
      text: (delta) => said.append(delta),
      part: ({ name, data }) => name === "again" && (said.replaceChildren(), about.replaceChildren(el("p.hint", {}, data.text))),
      result: ({ data }) => (proposal = data.proposal ?? null),
      status: ended,
      lost: discard,
    });

    async function take() {
      const based = proposal?.revision ?? here.based;
      const words = proposal?.text ?? said.textContent;
      const places = proposal ?? { start: toCharacters(card.box.value, start), end: toCharacters(card.box.value, end) };
      close();
      await replace(card, { start: places.start, end: places.end, text: words, based_on: based, job: job.id });
      card.box.focus();
      card.box.setSelectionRange(start + words.length, start + words.length);
    }
  }

  function retry(again) {
    const { card, start, end } = here;
    close();
    here = { card, start, end, node: el("div") };
    again();
  }

  function discard() {
    if (here?.stream) act("stop", { job: here.job });
    close({ back: true });
  }

  // A selection is offered its tools once it stands.
  let timer = null;
  document.addEventListener("selectionchange", () => {
    const card = [...cards.values()].find(({ box }) => box === document.activeElement);
    clearTimeout(timer);
    if (card) timer = setTimeout(() => card.box === document.activeElement && offer(card), SELECTED_MS);
  });
  document.addEventListener("pointerdown", (event) => {
    if (here && !here.job && !here.node.contains(event.target) && !event.target.closest(".studio-menu")) close();
  });

  document.addEventListener("keydown", (event) => event.key === "Escape" && here && !here.job && (event.preventDefault(), close()));

  // At the end of a section there is nothing selected, and something to go on from.
  function goOn(card) {
    close();
    here = { card, start: card.box.value.length, end: card.box.value.length, node: el("div") };
    write("continue");
  }

  return { resume, close, goOn, isBusy: () => Boolean(here?.job) };
}
