// Following a job as it runs.

const TERMINAL = new Set(["done", "stopped", "failed", "interrupted"]);
const RETRY_MS = [500, 1_000, 2_000, 5_000];

export const isOpen = (status) => !TERMINAL.has(status);

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
