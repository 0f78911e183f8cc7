// The thread: draws turns, streams the reply that is being written, and offers what can be done with each turn.

import { copy, el, icon, iconButton, text, when } from "../shared/dom.js";
import { follow, isOpen } from "../shared/live.js";
import { lookInside } from "../shared/looking.js";
import { dressCode } from "./code.js";
import { drawReasoning, streamReasoning } from "./reasoning.js";

const NEAR = 24;
// So near to an end of what is there, more is asked for.
const AHEAD = 600;
// Seconds of a reply that came nearly at once, of which nobody can tell how fast it was written.
const LEAST_TIMED = 0.05;

export function mountThread(root, { act, changed }) {
  const view = root.querySelector(".thread");
  const list = root.querySelector(".turns");
  const latest = root.querySelector("[data-do=latest]");
  const said = root.querySelector("p[role=status]");
  let turns = [];
  let drawn = new Map();
  let stream = null;
  let sticking = true;
  let stuckAt = 0;
  let hasMore = { earlier: false, later: false };
  let isAsking = false;
  let lastTop = 0;

  // Following the end: as long as the reader has not scrolled up. The browser tells of that later than it happens, and
  // words may come in between, so the position is looked at before it is changed.

  const atEnd = () => !hasMore.later && view.scrollHeight - view.scrollTop - view.clientHeight < NEAR;

  function stick() {
    if (view.scrollTop < stuckAt - 1 && !atEnd()) sticking = false;
    // An empty chat is read from its top.
    if (!sticking || !turns.length) return;
    view.scrollTop = view.scrollHeight;
    stuckAt = view.scrollTop;
  }

  function toLatest() {
    sticking = true;
    stuckAt = 0;
    stick();
    latest.hidden = true;
  }

  view.addEventListener("scroll", () => {
    sticking = atEnd();
    stuckAt = view.scrollTop;
    latest.hidden = sticking || !turns.length;
    goOn();
  });

  // Whoever scrolls on comes to more, in whichever direction there is any.
  async function goOn() {
    const { scrollTop, scrollHeight, clientHeight } = view;
    if (isAsking || scrollHeight <= clientHeight) return;
    const isUp = hasMore.earlier && scrollTop < AHEAD && scrollTop < lastTop;
    const isDown = hasMore.later && scrollHeight - scrollTop - clientHeight < AHEAD && scrollTop > lastTop;
    lastTop = scrollTop;
    if (!isUp && !isDown) return;
    isAsking = true;
    await act.refresh(isUp ? { earlier: true } : { later: true });
    isAsking = false;
    // Whoever has scrolled on meanwhile wants yet more.
    goOn();
  }
  new ResizeObserver(stick).observe(view);

  // Turns with a key that changes when they do: what is the same stays as it is on the page.

  function show(value, moved) {
    const held = moved || sticking ? null : inSight();
    turns = value.turns;
    hasMore = { earlier: value.earlier, later: value.later };
    root.querySelector("[data-do=earlier]").hidden = !value.earlier;
    retract();
    const next = new Map();
    for (const turn of turns) {
      const known = drawn.get(turn.id);
      next.set(turn.id, known?.key === turn.key ? known : { key: turn.key, turn, node: draw(turn) });
    }
    drawn = next;
    arrange(turns.flatMap((turn, place) => [...switched(turn, place), next.get(turn.id).node]));
    for (const node of list.querySelectorAll(".turn.last")) node.classList.remove("last");
    list.lastElementChild?.classList.add("last");
    if (moved && !value.later) toLatest();
    if (value.focus) sticking = false;
    // What one reads stays where it is.
    if (held?.node.isConnected) view.scrollTop += held.node.getBoundingClientRect().top - held.top;
    lastTop = view.scrollTop;
    stick();
    latest.hidden = sticking || atEnd() || !turns.length;
    // Of a long one the beginning.
    const focus = drawn.get(value.focus)?.node;
    // What was found is what the model thought.
    if (value.isThought) focus?.querySelector("details.thought")?.setAttribute("open", "");
    focus?.scrollIntoView({ block: focus.offsetHeight > view.clientHeight ? "start" : "center" });
    attach();
    changed();
  }

  // The first message that can be seen, and where it is.
  function inSight() {
    const { top } = view.getBoundingClientRect();
    const node = [...list.children].find((one) => one.getBoundingClientRect().bottom > top && one.matches(".turn"));
    return node ? { node, top: node.getBoundingClientRect().top } : null;
  }

  // Another model than that of the reply before is said above the message that it answers.
  const marks = new Map();

  function switched(turn, place) {
    const reply = turns[place + 1];
    if (turn.role !== "user" || !reply?.model) return [];
    const before = turns.slice(0, place).findLast(({ role, model }) => role === "assistant" && model);
    if (!before || before.model === reply.model) return [];
    const key = `${turn.id} ${reply.model}`;
    if (!marks.has(key)) marks.set(key, el("p.switched", {}, el("span", {}, text("chat.switched", { model: reply.model }))));
    return [marks.get(key)];
  }

  function arrange(nodes) {
    for (const node of [...list.children]) if (!nodes.includes(node)) node.remove();
    nodes.forEach((node, i) => list.children[i] !== node && list.insertBefore(node, list.children[i] ?? null));
  }

  const pending = () => turns.find((turn) => turn.job && isOpen(turn.status));
  const running = () => pending()?.job ?? null;

  // The stream of the reply that is next: one connection a page.

  function attach() {
    const turn = pending();
    const node = turn && drawn.get(turn.id).node;
    if (stream?.node === node) return;
    stream?.close();
    stream = null;
    if (!turn) return;
    const place = node.querySelector(".streaming");
    const words = place.appendChild(document.createTextNode(""));
    const thought = streamReasoning(place);
    const note = (line, share = null) => showNote(node, line, share);
    stream = {
      node,
      ...follow(turn.job, {
        text(delta) {
          if (!words.length) note(null), thought.over();
          words.appendData(delta);
          stick();
        },
        retracted() {
          words.data = "";
          note(text("chat.thinking"));
        },
        part({ name, data }) {
          if (name !== "reasoning") return;
          thought.add(data.text);
          node.querySelector(".waiting").hidden = true;
          stick();
        },
        progress: ({ done, total, note: line }) => note(line, total ? done / total : null),
        status({ status }) {
          if (status === "running" && !words.length) note(text("chat.thinking"));
          if (status === "stopping") note(text("chat.stopping"));
          if (!isOpen(status)) over();
        },
        // It is written on without this page.
        away: (isAway) => note(isAway ? text("live.away") : words.length ? null : text("chat.thinking")),
        lost: over,
      }),
    };
  }

  async function over() {
    stream = null;
    await act.refresh();
    said.textContent = running() ? "" : text("chat.answered");
  }

  function showNote(node, line, share = null) {
    const note = node.querySelector(".waiting");
    note.hidden = !line;
    const percent = share === null ? "" : ` ${Math.floor(100 * share)} %`;
    note.querySelector("span").textContent = `${line ?? ""}${percent}`;
    node.querySelector(".streaming").hidden = Boolean(line) && !node.querySelector(".streaming").textContent;
    stick();
  }

  function stopping(job) {
    const turn = turns.find((one) => one.job === job);
    if (turn) showNote(drawn.get(turn.id).node, text("chat.stopping"));
  }

  // A message on its way to Python.

  function announce(words) {
    retract();
    list.append(el("article.turn.user.sending", {}, el("div.body", {}, words)));
    root.querySelector(".empty").hidden = true;
    toLatest();
  }

  function retract() {
    list.querySelector(".sending")?.remove();
    root.querySelector(".empty").hidden = turns.length > 0;
  }

  // One turn.

  function draw(turn) {
    const speaker = text(turn.role === "user" ? "chat.you" : "chat.reply");
    const node = el(`article.turn.${turn.role}`, { "data-turn": turn.id, "aria-label": speaker });
    if (turn.role === "user") node.append(turn.html ? drawReply(turn) : el("div.body", {}, turn.text));
    else if (isOpen(turn.status)) node.append(...drawPending(turn));
    else node.append(...drawReasoning(turn), drawReply(turn));
    node.append(drawFoot(turn));
    return node;
  }

  function drawReply(turn) {
    const body = el("div.body.rich");
    body.innerHTML = turn.html; // sanitised by webapp/render.py
    dressCode(body);
    return body;
  }

  function drawPending(turn) {
    const begun = turn.html ? [drawReply(turn)] : [];
    const waiting = el("p.waiting", {}, el("i.dot"), el("span", {}, text("chat.queued")));
    return [...begun, el("div.body.streaming", { "aria-busy": "true", hidden: true }), waiting];
  }

  function drawFoot(turn) {
    const foot = el("footer");
    if (turn.siblings.length > 1) foot.append(drawSiblings(turn));
    foot.append(drawTools(turn));
    if (turn.role === "assistant" && !isOpen(turn.status)) foot.append(...drawMeta(turn));
    return foot;
  }

  function drawSiblings({ id, siblings }) {
    const here = siblings.indexOf(id);
    const step = (to, name, label) =>
      iconButton(name, text(label), () => act.select(siblings[to]), { disabled: !siblings[to] });
    return el(
      "span.siblings",
      {},
      step(here - 1, "left", "chat.previous"),
      `${here + 1}/${siblings.length}`,
      step(here + 1, "right", "chat.next"),
    );
  }

  function drawTools(turn) {
    const tools = el("span.tools", { role: "group", "aria-label": text("chat.tools") });
    const tool = (name, label, onclick, kind) => tools.append(iconButton(name, text(label), onclick, { "data-tool": kind }));
    if (isOpen(turn.status)) {
      tool("stop", "chat.stop", () => act.stop(turn.job), "stop");
      return tools;
    }
    tool("copy", "action.copy", () => copy(turn.text), "copy");
    if (turn.role === "user") tool("edit", "chat.edit", () => edit(turn), "edit");
    else {
      tool("retry", "chat.regenerate", () => act.again(turn.parent), "regenerate");
      if (turn.text) tool("go-on", "chat.continue", () => act.goOn(turn.id), "continue");
      if (turn.text && turn.job) tool("look", "lab.inside", () => lookInside(turn.job), "look");
    }
    tool("branch", "chat.fork", () => act.fork(turn.id), "fork");
    tool("trash", "chat.delete-message", () => act.remove(turn.id), "delete");
    return tools;
  }

  function drawMeta(turn) {
    const lines = turn.notes.flatMap((note) => [el("p.note", {}, note.text), ...(note.cut ? [drawCut(note.cut)] : [])]);
    if (turn.status !== "done") {
      const line = el("p.note.status", {}, el(`span.chip.${turn.status}`, {}, text(`status.${turn.status}`)));
      if (turn.error) line.append(el("span", {}, turn.error));
      if (turn.status !== "stopped") {
        line.append(el("button.quiet", { type: "button", onclick: () => act.again(turn.parent) }, text("chat.retry")));
      }
      lines.push(line);
    }
    const { seconds, timed_seconds: timed = 0, timed_tokens: tokens } = turn.usage ?? {};
    const facts = [turn.model];
    if (timed >= LEAST_TIMED) facts.push(text("chat.speed", { speed: Math.round(tokens / timed) }));
    if (seconds) facts.push(text("chat.seconds", { seconds: seconds.toFixed(1) }));
    const meta = el("span.meta", {}, facts.filter(Boolean).join(" · "), " · ", el("time", { datetime: turn.created }, when(turn.created)));
    return [meta, ...lines];
  }

  function drawCut(words) {
    return el("details.cut", {}, el("summary", {}, text("chat.show-cut")), el("div", { tabindex: 0 }, words));
  }

  function edit(turn) {
    const { node } = drawn.get(turn.id);
    const box = el("textarea", { "aria-label": text("chat.edit"), rows: 2 });
    box.value = turn.text;
    const cancel = () => form.replaceWith(...hidden);
    const submit = async (event) => {
      event?.preventDefault();
      if (!box.value.trim()) return;
      const ok = await act.edit(box.value, turn.parent ?? "root");
      if (ok) cancel();
    };
    const form = el(
      "form.edit",
      { onsubmit: submit },
      box,
      el("p.hint", {}, text("chat.edit-hint")),
      el("div.buttons", {}, el("button.quiet", { type: "button", onclick: cancel }, text("action.cancel")), el("button.primary", { type: "submit" }, text("chat.send"))),
    );
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") event.preventDefault(), cancel();
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) submit(event);
    });
    const hidden = [...node.children];
    node.replaceChildren(form);
    box.style.height = `${Math.min(box.scrollHeight + 2, innerHeight / 2)}px`;
    box.focus();
  }

  const lastOf = (role) => turns.findLast((turn) => turn.role === role && !isOpen(turn.status));

  function editLast() {
    const turn = lastOf("user");
    if (!turn) return;
    drawn.get(turn.id).node.scrollIntoView({ block: "nearest" });
    drawn.get(turn.id).node.querySelector("[data-tool=edit]")?.click();
  }

  function copyLast() {
    const turn = lastOf("assistant");
    if (turn) copy(turn.text);
  }

  return { show, running, stopping, announce, retract, toLatest, editLast, copyLast };
}
