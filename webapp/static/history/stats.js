// What was made: items, tokens and time for each day, one bar a day, one colour a model; below, the sums.

import { el, text, toast } from "../shared/dom.js";
import { rest } from "../shared/rest.js";

const DAYS = [7, 30, 90, 365];
const COLOURS = 6;
const WIDTH = 720;
const HEIGHT = 120;
const PLOTS = [
  ["stats.items", (count) => count.items],
  ["stats.tokens", (count) => count.output_tokens],
  ["stats.seconds", (count) => count.seconds],
];

const locale = document.documentElement.lang;
const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const short = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", timeZone: "UTC" });

function svg(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function mountStats(root, { view }) {
  const find = (selector) => root.querySelector(selector);
  const range = find("select");
  range.replaceChildren(...DAYS.map((days) => el("option", { value: days }, text("stats.last", { days }))));
  range.value = 30;
  range.addEventListener("change", () => load());

  const open = () => (view("stats", { view: "stats" }), load());
  const load = () => rest(`history/stats?days=${range.value}`).then(show);

  function show(counts) {
    if (counts.error) return toast(counts.error, { problem: true });
    const models = [...new Set(counts.map(({ model }) => model))];
    const sums = models.map((model) => sum(model, counts.filter((count) => count.model === model)));
    sums.sort((one, other) => other.items - one.items);
    const order = sums.map(({ model }) => model);
    const days = calendar(Number(range.value));
    find(".nothing").hidden = counts.length > 0;
    find(".plots").hidden = find("table").hidden = !counts.length;
    find(".plots").replaceChildren(...PLOTS.map(([name, value]) => plot(text(name), counts, days, order, value)));
    const heads = ["stats.model", "stats.sum-items", "stats.read", "stats.sum-tokens", "stats.sum-seconds"];
    find("thead").replaceChildren(el("tr", {}, ...heads.map((name) => el("th", { scope: "col" }, text(name)))));
    find("tbody").replaceChildren(...sums.map((one, place) => line(one, place)));
  }

  const sum = (model, counts) =>
    counts.reduce(
      (total, count) => ({
        ...total,
        items: total.items + count.items,
        read: total.read + count.input_tokens,
        written: total.written + count.output_tokens,
        seconds: total.seconds + count.seconds,
      }),
      { model, items: 0, read: 0, written: 0, seconds: 0 },
    );

  function line({ model, items, read, written, seconds }, place) {
    const name = el("th", { scope: "row" }, el(`span.key.c${place % COLOURS}`), model ?? "—");
    return el("tr", {}, name, ...[items, read, written, seconds].map((value) => el("td", {}, number.format(value))));
  }

  return { open };
}

// The days as Python writes them (UTC), today last.
function calendar(days) {
  const today = Date.now();
  return Array.from({ length: days }, (_, place) => new Date(today - (days - 1 - place) * 86_400_000).toISOString().slice(0, 10));
}

function plot(title, counts, days, models, value) {
  const stacks = new Map(days.map((day) => [day, []]));
  for (const count of counts) stacks.get(count.day)?.push(count);
  const total = (stack) => stack.reduce((sum, count) => sum + value(count), 0);
  const highest = Math.max(1, ...[...stacks.values()].map(total));
  const step = WIDTH / days.length;
  const bars = [];
  for (const [place, day] of days.entries()) {
    let y = HEIGHT;
    for (const count of stacks.get(day)) {
      const height = (value(count) / highest) * HEIGHT;
      y -= height;
      const words = `${short.format(new Date(day))} · ${count.model ?? "—"}: ${number.format(value(count))}`;
      const box = { x: place * step, y, width: Math.max(step * 0.82, 0.6), height };
      bars.push(svg("rect", { ...box, class: `c${models.indexOf(count.model) % COLOURS}` }, svg("title", {}, words)));
    }
  }
  const frame = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": title }, ...bars);
  const ends = [days[0], days.at(-1)].map((day) => el("span", {}, short.format(new Date(day))));
  return el("figure", {}, el("figcaption", {}, title, el("span", {}, number.format(highest))), frame, el("div.ends", {}, ...ends));
}
