// The job of a form in a native tab: how far it is, Stop, the words as they come, and why it failed. What it makes is
// shown by Gradio's widgets: Python fills them when it is told to look.

import { complain } from "./dom.js";
import { isOpen } from "./live.js";
import { jobOf, keepJob } from "./native.js";
import { working } from "./working.js";

// So often at most the widgets are filled anew while the job runs.
const LOOK_MS = 1_000;

export function mount({ element, props, watch, action, refill }) {
  const form = element.closest("[id$='-job']").id.replace(/-job$/, "");
  const root = element.querySelector(".native-job");
  const [line, said, problem] = root.children;
  const button = () => document.getElementById(`${form}-run`);
  let current = null;
  let timer = null;

  const look = () => {
    clearTimeout(timer);
    timer = null;
    action({ job: current.id });
  };
  const lookSoon = () => (timer ??= setTimeout(look, LOOK_MS));

  function attach(id) {
    current?.line.leave();
    said.textContent = "";
    complain(problem, null);
    button().disabled = true;
    const say = ({ length }, words) => {
      said.hidden = !length;
      said.textContent = words;
    };
    const hear = {
      part: lookSoon,
      text: (delta) => say(delta, said.textContent + delta),
      retracted: () => say("", ""),
    };
    current = { id, line: working(id, ended, hear) };
    line.replaceChildren(current.line);
  }

  function ended({ error = null }) {
    button().disabled = false;
    said.hidden = true;
    complain(problem, error);
    look();
  }

  watch("value", () => {
    const { job, status, error, gone } = props.value ?? {};
    if (gone) keepJob(form, null);
    if (error) return complain(problem, error);
    if (!job) return;
    keepJob(form, job);
    if (isOpen(status)) attach(job);
    else complain(problem, null);
  });

  const show = () => jobOf(form) && refill({ job: jobOf(form) });
  addEventListener("studio:job", ({ detail }) => detail === form && show());
  show();
}
