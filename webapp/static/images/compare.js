// Two pictures over one another, with a line between them that is moved; and side by side, how they were made differs.

import { openDialog } from "../shared/dialog.js";
import { el, text } from "../shared/dom.js";
import { address, call } from "./api.js";

const TOLD = ["prompt", "negative", "model", "seed", "steps", "guidance", "scheduler", "style", "strength"];

export async function openCompare(pictures) {
  const [left, right] = await Promise.all(pictures.map(({ id }) => call("GET", `images/${id}`)));
  if (left.problem || right.problem) return;
  const image = ({ file, prompt }, kind) => el(`img.${kind}`, { src: address(file), alt: prompt });
  const over = image(left, "over");
  const range = el("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": text("images.line") });
  const line = el("i.line");
  const box = el("div.over-one-another", {}, image(right, "under"), over, line, range);
  box.style.aspectRatio = `${right.width} / ${right.height}`;
  box.style.maxWidth = `calc(64dvh * ${right.width / right.height})`;

  function move() {
    over.style.clipPath = `inset(0 ${100 - range.value}% 0 0)`;
    line.style.left = `${range.value}%`;
  }
  range.addEventListener("input", move);
  move();

  const dialog = openDialog(text("images.compared"), box, differing(left, right));
  dialog.classList.add("images-compare");
  range.focus();
}

function differing(left, right) {
  const of = (picture, name) => picture[name] ?? picture.request[name] ?? "—";
  const size = ({ width, height }) => `${width} × ${height}`;
  const rows = [["images.size", size(left), size(right)], ...TOLD.map((name) => [`field.${name}`, String(of(left, name)), String(of(right, name))])];
  const differ = rows.filter(([, one, other]) => one !== other);
  if (!differ.length) return el("p.hint", {}, text("images.same-settings"));
  const row = ([name, one, other]) => el("tr", {}, el("th", { scope: "row" }, text(name)), el("td", {}, one), el("td", {}, other));
  const head = ["", text("images.left-one"), text("images.right-one")].map((name) => el("th", { scope: "col" }, name));
  return el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...differ.map(row)));
}
