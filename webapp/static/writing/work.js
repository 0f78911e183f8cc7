// A job at work on the draft: how far it is, what it writes into which section, and Stop. Whoever comes in the middle
// follows from its start, and ends up with the same page.

import { text } from "../shared/dom.js";
import { follow, isOpen } from "../shared/live.js";
import { act } from "./api.js";

export function mountWork(strip, { place, reload, sent, noted, over }) {
  const note = strip.querySelector(".note");
  const bar = strip.querySelector("progress");
  let stream = null;
  let job = null;
  // The section that is being written: { section, words, index, count, card }; its card may come a moment later.
  let now = null;
  let last = null;
  let headlines = null;

  // Of a draft in sections: which of them, and how much of all.
  function show(line, share = null) {
    const isOfMany = now?.count > 1;
    strip.hidden = false;
    note.textContent = isOfMany ? `${line} · ${now.index + 1}/${now.count}` : line;
    const whole = isOfMany && share !== null ? (now.index + share) / now.count : share;
    if (whole === null) bar.removeAttribute("value");
    else bar.value = whole;
  }

  function part({ name, data }) {
    if (name === "outline") reload().then(look);
    else if (name === "sent") sent(data);
    else if (name === "note") noted(data.text);
    else if (name === "at") begin(data);
    else if (name === "section" || name === "repaired") finish();
  }

  function begin({ section, before, index, count }) {
    if (now) finish();
    if (!section) return;
    // Whoever sees the end of one section is taken to the next.
    const isWatched = !last || last.node.getBoundingClientRect().bottom < innerHeight;
    now = { section, words: before, index, count, card: null, isWatched };
    look();
  }

  function look() {
    if (!now || now.card) return;
    now.card = place(now.section) ?? null;
    now.card?.begin(now.words);
    if (now.isWatched) now.card?.node.scrollIntoView({ block: "nearest" });
  }

  function write(delta) {
    if (!now) return;
    now.words += delta;
    now.card?.append(delta);
  }

  // The text stays as it was streamed until Python's own is there.
  function finish() {
    const card = now?.card;
    last = card ?? last;
    now = null;
    reload().then(() => card?.settle());
  }

  function attach(next) {
    if (!next || job?.id === next.id) return;
    leave();
    job = next;
    show(text("chat.queued"));
    stream = follow(job.id, {
      text: write,
      progress: ({ done, total, note: line }) => show(line, total ? done / total : null),
      part,
      result: ({ data }) => (headlines = data.headlines ?? null),
      status({ status, error }) {
        if (status === "running") show(text("chat.thinking"));
        if (status === "stopping") show(text("chat.stopping"));
        if (!isOpen(status)) end(error);
      },
      away: (isAway) => show(text(isAway ? "live.away" : "chat.thinking")),
      lost: () => end(null),
    });
  }

  async function end(error) {
    const card = now?.card;
    const lines = headlines;
    leave();
    await over({ error, headlines: lines });
    card?.settle();
  }

  function leave() {
    stream?.close();
    stream = job = now = last = headlines = null;
    strip.hidden = true;
  }

  strip.querySelector("[data-do=stop]").addEventListener("click", () => {
    show(text("chat.stopping"));
    act("stop", { job: job.id });
  });

  return { attach, leave, job: () => job };
}
