// A line that shows how far a job is, with a way to stop it.

import { el, text } from "./dom.js";
import { follow, isOpen } from "./live.js";
import { rest } from "./rest.js";

// `ended` gets the job's result once, or { error, status } if it did not come to its end; `hear` is what else is told
// of its events, as `follow` does.
export function working(job, ended, hear = {}) {
  const note = el("span", {}, text("status.queued"));
  const meter = el("progress", { max: 1, "aria-label": text("job.progress") });
  const stop = el("button.outlined", { type: "button", onclick: () => rest(`jobs/${job}/stop`, {}) }, text("chat.stop"));
  const line = el("p.progress", { role: "status" }, note, meter, stop);
  const end = (value) => {
    line.remove();
    ended(value);
  };
  const stream = follow(job, {
    ...hear,
    progress: ({ note: words, done, total }) => {
      if (words) note.textContent = words;
      if (total) meter.value = done / total;
      else meter.removeAttribute("value");
    },
    status: async ({ status, error }) => {
      if (status === "stopping") stop.disabled = true;
      if (isOpen(status)) return (note.textContent = text(`status.${status}`));
      if (status === "done") end((await rest(`jobs/${job}`)).result ?? {});
      else end({ error: error ?? text(`status.${status}`), status });
    },
    lost: () => end({ error: text("error.no-answer") }),
  });
  line.leave = () => (stream.close(), line.remove());
  return line;
}
