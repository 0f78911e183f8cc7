// Says above the header why what is made cannot be kept, for as long as that is so.

import { el } from "./dom.js";

const WELL_MS = 15_000;
const ILL_MS = 3_000;

export function watchHealth(element) {
  const alarm = el("p.studio-alarm", { role: "alert", hidden: true });
  element.prepend(alarm);
  let timer = null;

  async function look() {
    clearTimeout(timer);
    const answer = document.hidden ? null : await fetch(new URL("api/health", document.baseURI)).catch(() => null);
    // One that does not come says nothing about the disk.
    const health = await answer?.json().catch(() => null);
    if (health && (health.problem ?? "") !== alarm.textContent) alarm.textContent = health.problem ?? "";
    alarm.hidden = !alarm.textContent;
    clearTimeout(timer);
    timer = setTimeout(look, alarm.hidden ? WELL_MS : ILL_MS);
  }

  document.addEventListener("visibilitychange", look);
  look();
}
