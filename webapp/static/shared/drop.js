// A file or a link that is dropped where nothing takes it: the browser would leave the page for it.

import { text, toast } from "./dom.js";

const isTaken = ({ defaultPrevented, target }) => defaultPrevented || Boolean(target.closest?.("input[type=file]:enabled"));
const holds = ({ dataTransfer }, ...kinds) => kinds.some((kind) => [...(dataTransfer?.types ?? [])].includes(kind));
const isWriting = ({ target }) => Boolean(target.closest?.("textarea, input, [contenteditable]"));

// A link that is dropped into a text becomes a part of it.
const leaves = (event) => holds(event, "Files") || (holds(event, "text/uri-list") && !isWriting(event));

export function watchDrops() {
  addEventListener("dragover", (event) => {
    if (isTaken(event) || !leaves(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
  addEventListener("drop", (event) => {
    if (isTaken(event) || !leaves(event)) return;
    event.preventDefault();
    if (holds(event, "Files")) toast(text("page.no-drop"));
  });
}
