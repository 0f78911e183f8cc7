// The links to the sections of a tab that is longer than the screen.

import { fill } from "../shared/dom.js";
import { registerTab } from "../shared/page.js";

// So long after a jump, a section may still be on its way, and those above it grow.
const SETTLING_MS = 3000;
const SCROLLING = ["wheel", "touchmove", "pointerdown", "keydown"];

let leave = () => {};

// The section is in front as soon as it is there, and stays so until all are, or until somebody scrolls.
function show(section) {
  leave();
  const over = new AbortController();
  const until = performance.now() + SETTLING_MS;
  leave = () => over.abort();
  for (const kind of SCROLLING) addEventListener(kind, leave, { signal: over.signal, passive: true });
  requestAnimationFrame(function keep() {
    if (over.signal.aborted) return;
    document.getElementById(section)?.scrollIntoView({ block: "start" });
    if (performance.now() < until) requestAnimationFrame(keep);
    else leave();
  });
}

export function mount({ element }) {
  fill(element);
  for (const link of element.querySelectorAll("a")) {
    link.addEventListener("click", (event) => {
      // Not by the address: what is open is in that.
      event.preventDefault();
      show(link.getAttribute("href").slice(1));
    });
  }
  registerTab("settings", (query) => query.has("section") && show(query.get("section")));
}
