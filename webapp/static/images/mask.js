// The brush: what is painted over is drawn anew, and the picture can be widened so that there is something around it.

import { openDialog } from "../shared/dialog.js";
import { el, iconButton, text } from "../shared/dom.js";
import { RED, canvasOf, inverted, loaded, maskOf, paintOf, toFile, widened } from "./canvas.js";

const UNDO = 12;
const SIDES = { left: "images.widen-left", up: "images.widen-up", down: "images.widen-down", right: "images.widen-right" };

// done({ picture, mask, width, height }): files, null where nothing was changed or painted.
export async function openMask({ image, mask, limits, done }) {
  const picture = await loaded(image);
  if (!picture) return;
  let base = canvasOf(picture, limits.largest);
  let paint = canvasOf(base);
  paint.getContext("2d").clearRect(0, 0, paint.width, paint.height);
  let isNew = base.width !== picture.naturalWidth;
  let isErasing = false;
  const past = [];
  const before = mask && (await loaded(mask));
  if (before) paint = paintOf(before, base.width, base.height);

  // Tools

  const tool = (name, key, erases) =>
    el("button.outlined", { type: "button", "data-tool": name, onclick: () => choose(erases) }, text(key));
  const size = el("input", { type: "range", min: 2, max: 40, value: 10, "aria-label": text("images.brush-size") });
  const undo = iconButton("undo", text("action.undo"), back, { "data-do": "undo" });
  const tools = el("div.tools", { role: "toolbar", "aria-label": text("images.mask") },
    tool("brush", "images.brush", false), tool("eraser", "images.eraser", true), el("label", {}, el("span", {}, text("images.brush-size")), size), undo,
    iconButton("invert", text("images.invert"), () => change(inverted(paint)), { "data-do": "invert" }),
    iconButton("trash", text("images.clear"), () => change(canvasOf(null, 0, base)), { "data-do": "clear" }),
    el("span.widen", { role: "group", "aria-label": text("images.widen") }, el("span.hint", {}, text("images.widen")),
      ...Object.entries(SIDES).map(([side, key]) => iconButton(side, text(key), () => widen(side), { "data-side": side }))));

  function choose(erases) {
    isErasing = erases;
    for (const button of tools.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String((button.dataset.tool === "eraser") === erases));
  }

  // The board: the picture, what is painted over it, and a ring as large as the brush.

  const ring = el("i.ring");
  const board = el("div.board", {}, ring);

  function show() {
    board.replaceChildren(base, paint, ring);
    base.className = "base";
    paint.className = "paint";
    board.style.aspectRatio = `${base.width} / ${base.height}`;
    board.style.maxWidth = `calc(56dvh * ${base.width / base.height})`;
    undo.disabled = !past.length;
  }

  function remember() {
    past.push({ base, paint: canvasOf(paint), isNew });
    if (past.length > UNDO) past.shift();
  }

  function change(next) {
    remember();
    paint = next;
    show();
  }

  function back() {
    const last = past.pop();
    if (!last) return;
    ({ base, paint, isNew } = last);
    show();
  }

  function widen(side) {
    remember();
    ({ base, paint } = widened(base, paint, side, limits));
    isNew = true;
    show();
  }

  // Painting

  const radius = () => (Number(size.value) / 200) * Math.min(base.width, base.height);
  let at = null;

  function place(event) {
    const box = board.getBoundingClientRect();
    const scale = base.width / box.width;
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale, scale, box };
  }

  function stroke(from, to) {
    const pen = paint.getContext("2d");
    pen.globalCompositeOperation = isErasing ? "destination-out" : "source-over";
    pen.strokeStyle = RED;
    pen.lineCap = pen.lineJoin = "round";
    pen.lineWidth = 2 * radius();
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x + 0.01, to.y);
    pen.stroke();
  }

  function follow(event) {
    const now = place(event);
    const wide = (2 * radius()) / now.scale;
    Object.assign(ring.style, { width: `${wide}px`, height: `${wide}px`, left: `${event.clientX - now.box.left}px`, top: `${event.clientY - now.box.top}px` });
    if (!at) return;
    stroke(at, now);
    at = now;
  }

  board.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    board.setPointerCapture(event.pointerId);
    remember();
    undo.disabled = false;
    at = place(event);
    stroke(at, at);
  });
  board.addEventListener("pointermove", follow);
  for (const kind of ["pointerup", "pointercancel"]) board.addEventListener(kind, () => (at = null));

  async function finish() {
    dialog.close();
    const painted = maskOf(paint);
    done({
      picture: isNew ? await toFile(base) : null,
      mask: painted && (await toFile(painted)),
      width: base.width,
      height: base.height,
    });
  }

  const dialog = openDialog(text("images.mask"), el("p.hint", {}, text("images.mask-hint")), tools, board,
    el("footer", {}, el("button.primary", { type: "button", "data-do": "done", onclick: finish }, text("images.mask-done")),
      el("button.plain", { type: "button", onclick: () => dialog.close() }, text("action.cancel"))));
  dialog.classList.add("images-brush");
  dialog.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "z") return;
    event.preventDefault();
    back();
  });
  choose(false);
  show();
}
