// The links to the sections of a room that is longer than the screen.

import { fill } from "../shared/dom.js";
import { room } from "../shared/page.js";

const show = (section) => document.getElementById(section)?.scrollIntoView({ block: "start" });

export function mount({ element }) {
  fill(element);
  for (const link of element.querySelectorAll("a")) {
    link.addEventListener("click", (event) => {
      // Not by the address: what is open is in that.
      event.preventDefault();
      show(link.getAttribute("href").slice(1));
    });
  }
  room("settings", (query) => query.has("section") && show(query.get("section")));
}
