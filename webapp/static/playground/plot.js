// Rates with their intervals, drawn as SVG whose places are percentages, so that it fits any width without growing its text.

import { el, text } from "../shared/dom.js";
import { share } from "./run.js";

const HEIGHT = 220;
const TOP = 14;
const FOOT = 34;
const LEFT = 12;

function svg(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const told = ({ rate, low, high, n }) => text("playground.point", { rate: share(rate), low: share(low), high: share(high), n });
const across = (value) => `${2 + 96 * value}%`;

// One rate on a line from 0 to 1.
export function interval(point) {
  const { rate, low, high } = point;
  if (rate === null || rate === undefined) return el("span.hint", {}, "–");
  const bounds = low === null || low === undefined ? [] : [svg("line", { x1: across(low), x2: across(high), y1: 8, y2: 8, class: "whisker" })];
  return svg("svg", { class: "interval", height: 16, role: "img", "aria-label": told(point) }, svg("title", {}, told(point)),
    svg("line", { x1: across(0), x2: across(1), y1: 8, y2: 8, class: "axis" }), ...bounds, svg("circle", { cx: across(rate), cy: 8, r: 4.5 }));
}

// Points of which each has a name: a line for each.
export const listed = (points) =>
  el("ol.listed", {}, ...points.map((point) => el("li", {}, el("span.label", {}, String(point.x)), interval(point), el("span.hint", {}, told(point)))));

// Points along a number: a curve with its intervals.
export function curve(all, title) {
  const points = all.filter(({ rate }) => rate !== null);
  const place = (at) => LEFT + ((100 - LEFT - 4) * (at + 0.5)) / points.length;
  const height = (rate) => TOP + (1 - rate) * (HEIGHT - TOP - FOOT);
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((rate) => [
    svg("line", { x1: `${LEFT - 1}%`, x2: "99%", y1: height(rate), y2: height(rate), class: "axis" }),
    svg("text", { x: `${LEFT - 2}%`, y: height(rate) + 4, class: "end" }, share(rate)),
  ]);
  const steps = points.slice(1).map((point, at) =>
    svg("line", { x1: `${place(at)}%`, y1: height(points[at].rate), x2: `${place(at + 1)}%`, y2: height(point.rate), class: "curve" }));
  const marks = points.map((point, at) => {
    const x = `${place(at)}%`;
    return svg("g", {}, svg("title", {}, `${point.x}: ${told(point)}`),
      svg("line", { x1: x, x2: x, y1: height(point.low), y2: height(point.high), class: "whisker" }),
      svg("circle", { cx: x, cy: height(point.rate), r: 5 }),
      svg("text", { x, y: HEIGHT - 12, class: "middle" }, String(point.x)));
  });
  return svg("svg", { class: "plot", height: HEIGHT, role: "img", "aria-label": title }, ...grid, ...steps, ...marks);
}
