// The matrix: rows of the test down, variants across. A page of it is drawn at a time; what finishes comes in by itself.

import { el, iconButton, text, toast } from "../shared/dom.js";
import { openCell, openDifference } from "./cell.js";
import { cellOf, sign, variantName, verdictOf } from "./run.js";

const PAGE = 50;
const SHOWN = 400;
const FILTERS = ["all", "failed", "errors", "differ"];

export function mountMatrix(root, { act }) {
  const filter = el("select", { "aria-label": text("playground.filter") }, ...FILTERS.map((value) => el("option", { value }, text(`filter.${value}`))));
  const count = el("span.hint", { role: "status" });
  const choosing = el("span.choosing", { hidden: true }, text("playground.choose-other"), el("button.plain", { type: "button", onclick: () => choose(null) }, text("action.cancel")));
  const table = el("table");
  const pager = el("div.pager", { hidden: true });
  const none = el("p.none.hint", { hidden: true }, text("playground.none-such"));
  root.append(el("div.tools", {}, filter, count, choosing), el("div.scroll", { tabindex: 0, role: "group", "aria-label": text("playground.matrix") }, table), none, pager);
  let run = null;
  let page = 0;
  let shown = [];
  let chosen = null;
  let drawn = false;

  function begin(next) {
    run = next;
    page = 0;
    drawn = false;
    filter.value = "all";
    choose(null);
    table.replaceChildren();
  }

  const repeats = () => [...Array(run.plan.repeats ?? 1).keys()];
  const cells = (row) => run.plan.variants.flatMap(({ id }) => repeats().map((repeat) => cellOf(run, id, row, repeat)));

  const fits = {
    all: () => true,
    failed: (row) => cells(row).some((cell) => ["failed", "error"].includes(verdictOf(cell))),
    errors: (row) => cells(row).some((cell) => verdictOf(cell) === "error"),
    differ: (row) => {
      const said = run.plan.variants.map(({ id }) => repeats().map((repeat) => verdictOf(cellOf(run, id, row, repeat))).join());
      return !said.some((one) => one.includes("open")) && new Set(said).size > 1;
    },
  };

  const filtered = () => [...Array(run.plan.rows).keys()].filter(fits[filter.value]);

  const onPage = () => shown.slice(page * PAGE, (page + 1) * PAGE);

  // New cells go where they belong; the table is drawn anew only where a filter lets other rows onto the page.
  function show(fresh) {
    if (!drawn) return draw();
    if (filter.value !== "all" && fresh.length) {
      const before = onPage().join();
      shown = filtered();
      if (onPage().join() !== before) return draw();
      about();
    }
    for (const cell of fresh) {
      const place = table.querySelector(`[data-at="${cell.variant}.${cell.row}"]`);
      place?.replaceChildren(...inside(cell.variant, cell.row));
    }
  }

  function draw() {
    drawn = true;
    shown = filtered();
    page = Math.min(page, pages() - 1);
    const heads = run.plan.variants.map((variant) => el("th", { scope: "col" }, variantName(run, variant)));
    const inputs = run.request.rows?.length > 0;
    table.replaceChildren(
      el("thead", {}, el("tr", {}, el("th", {}, "#"), inputs && el("th", { scope: "col" }, text("playground.input")), ...heads)),
      el("tbody", {}, ...onPage().map((row) => line(row, inputs))),
    );
    about();
  }

  const pages = () => Math.max(1, Math.ceil(shown.length / PAGE));

  // How many rows there are, and the way to those on other pages.
  function about() {
    none.hidden = shown.length > 0;
    count.textContent = filter.value === "all" ? "" : text("playground.of", { some: shown.length, all: run.plan.rows });
    const step = (by) => {
      page += by;
      draw();
      root.scrollIntoView({ block: "nearest" });
    };
    pager.hidden = pages() < 2;
    pager.replaceChildren(
      iconButton("left", text("playground.previous"), () => step(-1), { disabled: page === 0 }),
      el("span", {}, text("playground.page", { page: page + 1, pages: pages() })),
      iconButton("right", text("playground.next"), () => step(1), { disabled: page === pages() - 1 }),
    );
  }

  function line(row, inputs) {
    const variants = run.plan.variants.map(({ id }) => el("td", { "data-at": `${id}.${row}` }, ...inside(id, row)));
    return el("tr", {}, el("th.number", { scope: "row" }, String(row + 1)), inputs && el("td.asked", {}, ...asked(run.request.rows[row] ?? {})), ...variants);
  }

  function asked({ expected, ...values }) {
    const all = Object.entries(values);
    const words = all.map(([name, value]) => (all.length > 1 ? `${name}: ${value}` : String(value))).join("\n");
    return [el("div", {}, words.slice(0, SHOWN)), expected !== undefined && expected !== "" && el("small", {}, text("playground.expects", { expected: String(expected).slice(0, SHOWN) }))].filter(Boolean);
  }

  function inside(variant, row) {
    const all = repeats().map((repeat) => cellOf(run, variant, row, repeat));
    if (all.length === 1) return [button(variant, row, 0, all[0], true)];
    const first = all.find(Boolean);
    return [el("div.signs", {}, ...all.map((cell, repeat) => button(variant, row, repeat, cell, false))), el("div.said", {}, (first?.output ?? "").slice(0, SHOWN))];
  }

  function button(variant, row, repeat, cell, isWhole) {
    if (!cell) return el("span.waiting", {}, sign(cell));
    const words = cell.error?.text ?? cell.output.slice(0, SHOWN);
    const open = (event) => (chosen || event.ctrlKey || event.metaKey ? choose(cell) : openCell(run, cell, { act, choose }));
    return el(`button.cell.${verdictOf(cell)}`, { type: "button", onclick: open, "data-repeat": repeat }, sign(cell), isWhole && el("span.said", {}, words));
  }

  // Two cells are compared: the second that is chosen opens them side by side.
  function choose(cell) {
    const first = chosen;
    chosen = first && cell ? null : cell;
    choosing.hidden = !chosen;
    root.classList.toggle("comparing", Boolean(chosen));
    if (first && cell === first) toast(text("playground.same-cell"));
    else if (first && cell) openDifference(run, first, cell, { act });
  }

  filter.addEventListener("change", () => {
    page = 0;
    if (run?.plan) draw();
  });
  return { root, begin, show };
}
