// A table to type in: the examples, which can be left out and moved, or the rows of a test. Lines come from a paste or a
// file, too; of many, a page is shown.

import { el, iconButton, text } from "../shared/dom.js";
import * as api from "./api.js";

const PAGE = 20;
const LONGEST = 20_000;

// `columns()` are [name, label]; `ordered`: the lines have an order and can be left out (`use: false`).
export function mountGrid(root, { columns, ordered = false, max, act, say, changed }) {
  let lines = [];
  let page = 0;
  const table = el("table");
  const box = el("div.scroll", { tabindex: 0, role: "group" }, table);
  const pager = el("div.pager", { hidden: true });
  const paste = el("textarea", { rows: 5, "aria-label": text("playground.paste"), placeholder: text("playground.paste-hint") });
  const file = el("input", { type: "file", accept: ".csv,.tsv,.txt", hidden: true });
  const folded = el("details.paste", {}, el("summary", {}, text("playground.paste")), paste,
    el("div.buttons", {}, button("playground.append", () => take(paste.value, false)), button("playground.replace", () => take(paste.value, true)), button("playground.file", () => file.click())));
  root.replaceChildren(box, pager, el("div.buttons", {}, button("playground.add-row", append, "plain")), folded, file);

  function button(key, onclick, kind = "outlined") {
    return el(`button.${kind}`, { type: "button", onclick }, text(key));
  }

  const pages = () => Math.max(1, Math.ceil(lines.length / PAGE));

  function draw() {
    page = Math.min(page, pages() - 1);
    const names = columns();
    box.hidden = !lines.length;
    const heads = [ordered && el("th"), el("th", {}, "#"), ...names.map(([, label]) => el("th", { scope: "col" }, label)), el("th")];
    const shown = lines.slice(page * PAGE, (page + 1) * PAGE);
    table.replaceChildren(
      el("thead", {}, el("tr", {}, ...heads.filter(Boolean))),
      el("tbody", {}, ...shown.map((line, place) => row(line, page * PAGE + place, names))),
    );
    pager.hidden = pages() < 2;
    const step = (by) => ((page += by), draw());
    pager.replaceChildren(
      iconButton("left", text("playground.previous"), () => step(-1), { disabled: page === 0 }),
      el("span", {}, text("playground.page", { page: page + 1, pages: pages() })),
      iconButton("right", text("playground.next"), () => step(1), { disabled: page === pages() - 1 }),
    );
  }

  function row(line, place, names) {
    const node = el(
      "tr",
      { "data-place": place },
      ordered && el("td", {}, switcher(line)),
      el("td.number", {}, String(place + 1)),
      ...names.map(([name, label]) => el("td", {}, cell(line, name, label))),
      el("td.tools", {},
        ordered && iconButton("up", text("playground.up"), () => move(place, -1), { disabled: place === 0 }),
        ordered && iconButton("down", text("playground.down"), () => move(place, 1), { disabled: place === lines.length - 1 }),
        iconButton("close", text("playground.drop-row"), () => drop(place))),
    );
    node.classList.toggle("off", line.use === false);
    return node;
  }

  function switcher(line) {
    const box = el("input", { type: "checkbox", checked: line.use !== false, "aria-label": text("playground.use-example") });
    box.addEventListener("change", () => {
      if (box.checked) delete line.use;
      else line.use = false;
      box.closest("tr").classList.toggle("off", !box.checked);
      changed();
    });
    return box;
  }

  function cell(line, name, label) {
    const box = el("textarea", { rows: 1, maxlength: LONGEST, "aria-label": label });
    box.value = line[name] ?? "";
    box.addEventListener("input", () => {
      if (box.value || name in line) line[name] = box.value;
      changed();
    });
    return box;
  }

  function move(place, by) {
    [lines[place], lines[place + by]] = [lines[place + by], lines[place]];
    page = Math.floor((place + by) / PAGE);
    update();
    const tools = table.querySelector(`[data-place="${place + by}"] .tools`);
    [...tools.querySelectorAll("button:not(:disabled)")].at(by < 0 ? 0 : -2)?.focus();
  }

  function drop(place) {
    lines.splice(place, 1);
    update();
  }

  function append() {
    lines.push({});
    page = pages() - 1;
    update();
    table.querySelector("tbody tr:last-child textarea")?.focus();
  }

  function update() {
    draw();
    changed();
  }

  // Python reads the table; what is wrong with it is said where it was pasted.
  async function take(words, isWhole) {
    say(null);
    if (!words.trim()) return paste.focus();
    const answer = await act(api.table(words, ordered), { quiet: true });
    if (answer.error) return say(answer.error);
    const all = isWhole ? answer : [...lines, ...answer];
    if (all.length > max) return say(text("playground.too-many", { max, count: all.length }));
    lines = all;
    paste.value = "";
    folded.open = false;
    update();
  }

  file.addEventListener("change", async () => {
    const words = await file.files[0]?.text();
    file.value = "";
    if (words) take(words, true);
  });

  function write(all) {
    lines = all.map((line) => ({ ...line }));
    page = 0;
    draw();
  }

  return { read: () => lines.map((line) => ({ ...line })), write, draw, count: () => lines.length, used: () => lines.filter((line) => line.use !== false).length };
}
