// What every live component uses: asking Python, and following a job.

import { text } from "./dom.js";

const TERMINAL = new Set(["done", "stopped", "failed", "interrupted"]);
const ANSWER_MS = 20_000;
const RETRY_MS = [500, 1_000, 2_000, 5_000];

export const isOpen = (status) => !TERMINAL.has(status);

// Returns ask(question, answered): `question` is a function, called when its turn has come, that returns what to send;
// `answered` gets Python's answer. One question is under way at a time, because Gradio keeps only the last value of a
// component: two answers at once would be one. No answer at all within `patience` ms is { error }, too.
export function asker({ props, watch, action }, patience = ANSWER_MS) {
  let number = 0;
  let waiting = null;
  let last = Promise.resolve();

  watch("value", () => {
    if (waiting && props.value?.n === waiting.n) waiting.finish(props.value);
  });

  const put = (question, answered) =>
    new Promise((done) => {
      const n = ++number;
      const finish = (value) => {
        clearTimeout(timer);
        waiting = null;
        answered(value);
        done(value);
      };
      const timer = setTimeout(() => finish({ error: text("error.no-answer") }), patience);
      waiting = { n, finish };
      action({ n, ...question() });
    });

  return (question, answered) => (last = last.then(() => put(question, answered)));
}

// Follows a job's events until it has ended: on.text(delta), on.retracted() when all text so far is none, on.progress(data),
// on.preview(data), on.part(data), on.result(data), on.status(data), on.away(isAway) when the connection is
// lost and when it is back, and on.lost() when the job cannot be found any more. Returns { close }. A hidden page lets go of its
// connection, because a browser grants only six to a host; nothing is missed, events are numbered.
export function follow(job, on) {
  let after = 0;
  let source = null;
  let failures = 0;
  let timer = null;
  let over = false;
  let isAway = false;

  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };

  const finish = () => {
    over = true;
    close();
    removeEventListener("online", reopen);
    document.removeEventListener("visibilitychange", reopen);
  };

  const hear = (kind, tell) =>
    source.addEventListener(kind, (event) => {
      failures = 0;
      after = Math.max(after, Number(event.lastEventId) || 0);
      tell?.(JSON.parse(event.data));
    });

  const retry = async () => {
    close();
    const answer = await fetch(new URL(`api/jobs/${job}`, document.baseURI)).catch(() => null);
    if (over || source) return;
    if (answer && answer.status >= 400 && answer.status < 500) {
      finish();
      return on.lost?.();
    }
    timer = setTimeout(open, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
  };

  function away(is) {
    if (is !== isAway) on.away?.(is);
    isAway = is;
  }

  function open() {
    close();
    if (over || document.hidden) return;
    source = new EventSource(new URL(`api/jobs/${job}/events?after=${after}`, document.baseURI));
    hear("text", (data) => on.text?.(data.delta));
    hear("retracted", on.retracted);
    hear("progress", on.progress);
    hear("preview", on.preview);
    hear("part", on.part);
    hear("result", on.result);
    hear("status", (data) => {
      if (!isOpen(data.status)) finish();
      on.status?.(data);
    });
    source.onopen = () => away(false);
    source.onerror = () => {
      away(true);
      if (source?.readyState === EventSource.CLOSED) retry();
    };
  }

  function reopen() {
    failures = 0;
    open();
  }

  addEventListener("online", reopen);
  document.addEventListener("visibilitychange", reopen);
  open();
  return { close: finish };
}
