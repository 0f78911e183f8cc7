// Saving: what is typed goes to Python a moment later, each section with the revision it is based on. Until Python has
// it, the browser keeps it, so that neither a crash nor a lost server takes a word.

import { debounce, recall, remember, text, toast } from "../shared/dom.js";
import { act } from "./api.js";

const SAVE_MS = 800;
const KEEP_MS = 150;
const RETRY_MS = 5_000;

export function mountSaving(status, { cards, draft, saved, conflict, stray }) {
  let under = null;
  let timer = null;
  let isRefused = false;
  const slot = () => `studio.writing.${draft()}`;
  const dirty = () => [...cards.values()].filter((card) => card.dirty);
  // What belongs to no section that is here any more.
  let strays = {};

  function keep() {
    const kept = dirty().map((card) => [card.id, { ...card.value(), based_on: card.revision }]);
    const all = { ...strays, ...Object.fromEntries(kept) };
    remember(slot(), Object.keys(all).length ? JSON.stringify(all) : "");
  }
  const keepSoon = debounce(KEEP_MS, keep);

  let said = null;
  function say(key) {
    if (key !== said) status.textContent = key ? text(key) : "";
    said = key;
  }

  function typed(card) {
    card.dirty = true;
    say("writing.saving");
    keepSoon();
    clearTimeout(timer);
    timer = setTimeout(flush, SAVE_MS);
  }

  // Saves what is not, one section after the other; resolves to whether it worked. What is typed meanwhile comes next.
  function flush() {
    clearTimeout(timer);
    return (under ??= saveAll().finally(() => (under = null)));
  }

  async function saveAll() {
    const waiting = dirty();
    let isDone = true;
    isRefused = false;
    for (const card of waiting) isDone &&= await save(card);
    keep();
    const isLeft = dirty().length > 0;
    if (isLeft && !isRefused) timer = setTimeout(flush, isDone ? SAVE_MS : RETRY_MS);
    if (!isDone) say("writing.unsaved");
    else if (waiting.length) say(isLeft ? "writing.saving" : "writing.saved");
    return isDone;
  }

  async function save(card) {
    let sent;
    const question = () => {
      sent = card.value();
      return { draft: draft(), section: card.id, based_on: card.revision, ...sent };
    };
    const answer = await act("save", question, { quiet: true });
    if (answer.status === 409) {
      card.dirty = false;
      await conflict(card, answer, sent);
      return true;
    }
    if (answer.error) {
      // What Python refuses it will refuse again: what is typed next may mend it.
      isRefused = answer.status >= 400 && answer.status < 500;
      if (isRefused) toast(answer.error, { problem: true });
      return false;
    }
    card.revision = answer.section.revision;
    card.by = answer.section.by;
    const now = card.value();
    card.dirty = now.text !== sent.text || now.heading !== sent.heading;
    saved(answer);
    return true;
  }

  // A text whose section is gone is shown until the person lets it go.
  function keepStray(id, entry) {
    strays[id] = entry;
    stray(entry.text, () => {
      delete strays[id];
      keep();
    });
  }

  // What an earlier page could not bring to Python any more.
  function recover() {
    strays = {};
    const kept = JSON.parse(recall(slot()) ?? "{}");
    let found = false;
    for (const [id, { text: words, heading, based_on }] of Object.entries(kept)) {
      const card = cards.get(id);
      if (!card) keepStray(id, kept[id]);
      else if (card.box.value !== words || card.heading.value !== heading) {
        Object.assign(card, { dirty: true, revision: based_on });
        card.heading.value = heading;
        card.put(words);
        found = true;
      }
    }
    say(null);
    if (found) toast(text("writing.recovered"));
    if (!found) keep();
    return flush();
  }

  addEventListener("pagehide", () => dirty().length && keep());
  addEventListener("online", () => draft() && flush());
  return { typed, flush, recover, isDirty: () => dirty().length > 0 };
}
