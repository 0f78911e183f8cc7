// A native tab: it opens items of the history that were made in it, and tells Python when somebody comes in.

import { recall, remember, toast } from "./dom.js";
import { registerTab } from "./page.js";
import { rest } from "./rest.js";

// Which job a form shows: the browser keeps it, so that a reload shows it again.
const kept = (form) => `studio.native.${form}`;
export const jobOf = (form) => recall(kept(form));
export const keepJob = (form, job) => remember(kept(form), job);

export function mount({ element, action, refill }) {
  const panel = element.closest("[role=tabpanel]");
  const tab = panel.id.replace(/^tab-/, "");

  registerTab(tab, async (query) => {
    const id = query.get("job");
    if (!id) return query.size && refill(Object.fromEntries(query));
    const job = await rest(`jobs/${id}`);
    if (job.error) return toast(job.error, { problem: true });
    const part = job.request.part ?? job.request.kind;
    const form = part && document.getElementById(`${tab}-${part}-button`) ? `${tab}-${part}` : tab;
    keepJob(form, id);
    document.getElementById(`${form}-button`)?.click();
    dispatchEvent(new CustomEvent("studio:job", { detail: form }));
  });

  new IntersectionObserver((seen) => seen.at(-1).isIntersecting && action({})).observe(panel);
}
