// Finding a text in the conversation: also in messages that are not on the page, and with what is found lit up.

import { debounce, el, iconButton, text } from "../shared/dom.js";
import { front } from "../shared/page.js";
import { rest } from "../shared/rest.js";

const DEBOUNCE_MS = 200;
// Places that are lit up on the page at once.
const MOST = 500;

// `conversation()` is the one that is shown; `lead(place)` brings a message of it into sight.
export function mountFinder(view, { conversation, lead }) {
  const input = el("input", { type: "search", maxlength: 200, "aria-label": text("find.label"), placeholder: text("find.label"), autocomplete: "off" });
  const count = el("span.count", { role: "status" });
  const step = (name, label, by) => iconButton(name, text(label), () => go(by));
  const bar = el("div.finder", { role: "search", hidden: true }, input, count, step("up", "find.previous", -1), step("down", "find.next", 1), iconButton("close", text("action.close"), close));
  view.before(bar);
  let places = [];
  let now = -1;
  let found = null;

  function open() {
    if (!conversation()) return;
    bar.hidden = false;
    input.select();
    input.focus();
  }

  function close() {
    bar.hidden = true;
    input.value = found = null;
    places = [];
    count.textContent = "";
    light();
    view.focus({ preventScroll: true });
  }

  async function look() {
    const words = input.value.trim();
    const { id } = conversation() ?? {};
    if (!words || !id) return (found = null), (places = []), (count.textContent = ""), light();
    const answer = await rest(`conversations/${id}/find?${new URLSearchParams({ q: words })}`);
    if (words !== input.value.trim() || bar.hidden || id !== conversation()?.id) return;
    found = words;
    places = answer.places ?? [];
    now = places.length;
    count.textContent = answer.error ?? text("find.none");
    light();
    // From the end, where one is.
    if (places.length) await go(-1);
  }

  async function go(by) {
    if (input.value.trim() !== found) return look();
    if (!places.length) return;
    now = (now + by + places.length) % places.length;
    count.textContent = text("find.count", { place: now + 1, count: places.length });
    const { message, in_reasoning: isThought } = places[now];
    await lead(message, isThought);
    light(message);
  }

  // Without a change of what is on the page, so that nothing that runs there ends.
  function light(message = null) {
    if (!globalThis.Highlight) return;
    const all = found ? ranges(view, found.toLowerCase()) : [];
    const here = all.filter((range) => message && range.startContainer.parentElement.closest(`[data-turn="${message}"]`));
    CSS.highlights.set("studio-found", new Highlight(...all));
    CSS.highlights.set("studio-found-here", new Highlight(...here));
    const place = here[0]?.getBoundingClientRect();
    const { top, bottom } = view.getBoundingClientRect();
    if (place?.height && (place.top < top + 40 || place.bottom > bottom - 40)) view.scrollTop += place.top - (top + bottom) / 2;
  }

  input.addEventListener("input", debounce(DEBOUNCE_MS, look));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  // A second time it is the browser's own.
  addEventListener("keydown", (event) => {
    const isFind = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "f";
    if (!isFind || front() !== "chat" || !conversation() || document.activeElement === input || document.querySelector("dialog:modal")) return;
    event.preventDefault();
    open();
  });

  return { open, drawn: () => found && light(), close: () => bar.hidden || close() };
}

// Where a text stands in the words of a part of the page, over the borders of elements too.
function ranges(root, wanted) {
  const found = [];
  for (const body of root.querySelectorAll(".turn .body, .turn .thought > div")) {
    const nodes = [];
    const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    let words = "";
    while (walker.nextNode()) {
      nodes.push([words.length, walker.currentNode]);
      words += walker.currentNode.data;
    }
    const lower = words.toLowerCase();
    // Of a few letters the small one is longer.
    if (lower.length !== words.length) continue;
    const at = (place, isEnd) => {
      const [begin, node] = nodes.findLast(([start]) => (isEnd ? start < place : start <= place));
      return [node, place - begin];
    };
    for (let place = lower.indexOf(wanted); place >= 0 && found.length < MOST; place = lower.indexOf(wanted, place + wanted.length)) {
      const range = new Range();
      range.setStart(...at(place, false));
      range.setEnd(...at(place + wanted.length, true));
      found.push(range);
    }
  }
  return found;
}
