// The composer: what is typed is kept per conversation until Python has it, so that nothing ever loses it.

import { icon, recall, remember, text } from "../shared/dom.js";
import { focusOn } from "../shared/keyboard.js";
import { mountSlash } from "./slash.js";

const MAX_LINES = 8;

// The browser keeps what is being typed and, apart from it, what was sent and not yet answered for.
const slot = (kind, conversation) => `studio.${kind}.${conversation ?? "new"}`;
const load = (kind, conversation) => recall(slot(kind, conversation)) ?? "";
const keep = (kind, conversation, words) => remember(slot(kind, conversation), words.trim() ? words : "");
const joined = (...parts) => parts.filter((part) => part.trim()).join("\n\n");

export function mountComposer(form, { send, stop, leave, use }) {
  const box = form.querySelector("textarea");
  const sendButton = form.querySelector(".send");
  const stopButton = form.querySelector(".stop");
  let conversation;
  let job = null;
  let underWay = [];

  function fit() {
    const style = getComputedStyle(box);
    const limit = parseFloat(style.lineHeight) * MAX_LINES + parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
    box.style.height = "auto";
    // While another tab is in front, nothing has a height.
    if (!box.scrollHeight) return;
    box.style.overflowY = box.scrollHeight > limit ? "auto" : "hidden";
    box.style.height = `${Math.min(box.scrollHeight, limit)}px`;
  }

  // One primary button: it sends, and stops while a reply runs and nothing is typed. With something typed it queues
  // that, and a small button beside it stops.
  function draw() {
    const stops = Boolean(job) && !box.value.trim();
    const label = text(stops ? "chat.stop" : "chat.send");
    sendButton.classList.toggle("stops", stops);
    sendButton.replaceChildren(icon(stops ? "stop" : "send"));
    sendButton.title = label;
    sendButton.setAttribute("aria-label", label);
    sendButton.disabled = !stops && !box.value.trim();
    stopButton.hidden = !job || stops;
  }

  function write(words) {
    box.value = words;
    fit();
    draw();
  }

  function typed() {
    keep("draft", conversation, box.value);
    fit();
    draw();
  }

  async function submit() {
    const entry = { words: box.value, from: conversation };
    if (!entry.words.trim()) return;
    underWay.push(entry);
    keepUnsent(entry.from);
    write("");
    keep("draft", conversation, "");
    const ok = await send(entry.words);
    underWay = underWay.filter((other) => other !== entry);
    if (!ok && conversation === entry.from) write(joined(entry.words, box.value));
    if (!ok && conversation !== entry.from) keep("draft", entry.from, joined(entry.words, load("draft", entry.from)));
    keepUnsent(entry.from);
    keep("draft", conversation, box.value);
  }

  function keepUnsent(from) {
    keep("unsent", from, joined(...underWay.filter((entry) => entry.from === from).map((entry) => entry.words)));
  }

  const clear = () => (write(""), keep("draft", conversation, ""));
  mountSlash(box, { choose: use, clear });
  box.addEventListener("input", typed);
  box.addEventListener("keydown", (event) => {
    // With nothing to stop, Escape leads out of the box, where keys are shortcuts.
    if (event.key === "Escape" && !event.isComposing && !job && !event.defaultPrevented) return leave();
    // While an input method composes, Enter takes its proposal.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sendButton.classList.contains("stops")) stop();
    else submit();
  });

  // Shows the draft of another conversation. A new chat that has just got its id stays the one it is.
  function move(to) {
    if (to === conversation) return;
    const begun = conversation === null && underWay.some((entry) => entry.from === null);
    conversation = to;
    if (begun) return keep("draft", null, "");
    const lost = underWay.some((entry) => entry.from === to) ? "" : load("unsent", to);
    write(joined(lost, load("draft", to)));
    keep("unsent", to, "");
    keep("draft", to, box.value);
  }

  function running(current) {
    job = current;
    draw();
  }

  // A template may ask for something else than a message.
  const hint = (asked) => (box.placeholder = asked ?? text("chat.placeholder"));

  draw();
  return { move, running, hint, clear, focus: () => focusOn(box) };
}
