// The links to the sections of a room that is longer than the screen.

import { fill } from "../shared/dom.js";

export function mount({ element }) {
  fill(element);
  for (const link of element.querySelectorAll("a")) {
    link.addEventListener("click", (event) => {
      // Not by the address: what is open is in that.
      event.preventDefault();
      document.querySelector(link.getAttribute("href")).scrollIntoView({ block: "start" });
    });
  }
}
