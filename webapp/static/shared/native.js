// A native tab: it opens items of the history that were made in it, and tells Python when somebody comes in.

import { recall, remember, toast } from "./dom.js";
import { registerTab } from "./page.js";
import { rest } from "./rest.js";

// Which job a form shows: the browser keeps it, so that a reload shows it again.
const kept = (form) => `studio.native.${form}`;
export const jobOf = (form) => recall(kept(form));
export const keepJob = (form, job) => remember(kept(form), job);

// What opens a sub-tab: its button, or where there is no room for that the one of the same words in the menu of more.
// Those are in the order of the page, which Gradio's configuration says of tabs that were never in front, too.
function door(tab, form) {
  const shown = document.getElementById(`${form}-button`);
  const items = window.gradio_config.components.filter(({ type }) => type === "tabitem").map(({ props }) => props.elem_id);
  const place = items.filter((id) => id?.startsWith(`${tab}-`) || id === tab).indexOf(form);
  const tabs = document.querySelector(`#${tab}-native .tab-wrapper`);
  const name = tabs?.querySelectorAll(".visually-hidden button")[place]?.textContent;
  return shown ?? [...(tabs?.querySelectorAll(".overflow-dropdown button") ?? [])].find((one) => name && one.textContent === name);
}

export function mount({ element, action, refill }) {
  const panel = element.closest("[role=tabpanel]");
  const tab = panel.id.replace(/^tab-/, "");

  registerTab(tab, async (query) => {
    const id = query.get("job");
    if (!id) return query.size && refill(Object.fromEntries(query));
    const job = await rest(`jobs/${id}`);
    if (job.error) return toast(job.error, { problem: true });
    const part = job.request.part ?? job.request.kind;
    const form = part && door(tab, `${tab}-${part}`) ? `${tab}-${part}` : tab;
    keepJob(form, id);
    door(tab, form)?.click();
    dispatchEvent(new CustomEvent("studio:job", { detail: form }));
  });

  new IntersectionObserver((seen) => seen.at(-1).isIntersecting && action({})).observe(panel);
}
