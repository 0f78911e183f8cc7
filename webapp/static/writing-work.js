// A job at work on the draft: how far it is, what it writes into which section, and Stop. Whoever comes in the middle
// follows from its start, and ends up with the same page.

import { text } from "./dom.js";
import { follow, isOpen } from "./live.js";

export function mountWork(strip, { act, place, reload, sent, noted, over }) {
  const note = strip.querySelector(".note");
  const bar = strip.querySelector("progress");
  let stream = null;
  let job = null;
  let card = null;
  let headlines = null;

  function show(line, share = null) {
    strip.hidden = false;
    note.textContent = line;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
  }

  function part({ name, data }) {
    if (name === "outline") reload();
    else if (name === "sent") sent(data);
    else if (name === "note") noted(data.text);
    else if (name === "at") begin(data);
    else if (name === "section" || name === "repaired") finish();
  }

  function begin({ section, before }) {
    const isWatched = !card || card.node.getBoundingClientRect().bottom < innerHeight;
    if (card) finish();
    card = section ? place(section) : null;
    card?.begin(before);
    // Whoever sees the end of one section is taken to the next.
    if (isWatched) card?.node.scrollIntoView({ block: "nearest" });
  }

  // The text stays as it was streamed until Python's own is there.
  function finish() {
    const done = card;
    card = null;
    reload(done);
  }

  function attach(next) {
    if (!next || job?.id === next.id) return;
    stream?.close();
    job = next;
    headlines = null;
    show(text("chat.queued"));
    stream = follow(job.id, {
      text: (delta) => card?.append(delta),
      progress: ({ done, total, note: line }) => show(line, total ? done / total : null),
      part,
      result: ({ data }) => (headlines = data.headlines ?? null),
      status({ status, error }) {
        if (status === "running") show(text("chat.thinking"));
        if (status === "stopping") show(text("chat.stopping"));
        if (!isOpen(status)) end(error);
      },
      lost: () => end(null),
    });
  }

  async function end(error) {
    stream = job = null;
    strip.hidden = true;
    const done = card;
    card = null;
    await over({ error, headlines, card: done });
  }

  function leave() {
    stream?.close();
    stream = job = card = null;
    strip.hidden = true;
  }

  strip.querySelector("[data-do=stop]").addEventListener("click", () => {
    show(text("chat.stopping"));
    act("stop", { job: job.id });
  });

  return { attach, leave, job: () => job };
}
