// What a prompt is run with: models and parameters, one of each or several to compare.

import { el, iconButton, text } from "./dom.js";

const PARAMS = ["temperature", "top_p", "max_tokens", "seed", "top_k", "repetition_penalty"];
const MAX = 10;

// What does not read as a number is sent as it is: Python says what is wrong with it.
export function number(words) {
  const value = Number(words);
  return Number.isFinite(value) ? value : words;
}

let lists = 0;

// `many`: each that is chosen becomes a chip.
export function mountModels(root, { many = false, changed }) {
  const list = `playground-models-${++lists}`;
  const options = el("datalist", { id: list });
  const box = el("input", { list, maxlength: 200, spellcheck: "false", "aria-label": text("field.model") });
  const chips = el("span.chips");
  let chosen = [];
  root.replaceChildren(el("label", {}, el("span", {}, text("field.model")), box), chips, options);

  function draw() {
    chips.replaceChildren(...chosen.map((name) => el("span.chip", {}, name, iconButton("close", text("playground.drop", { name }), () => drop(name)))));
  }

  function drop(name) {
    chosen = chosen.filter((one) => one !== name);
    draw();
    changed();
  }

  function take() {
    const name = box.value.trim();
    if (!many || !name) return;
    if (!chosen.includes(name) && chosen.length < MAX) chosen.push(name);
    box.value = "";
    draw();
    changed();
  }
  box.addEventListener("change", take);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !many) return;
    event.preventDefault();
    take();
  });

  function offer(names) {
    options.replaceChildren(...names.map((value) => el("option", { value })));
    box.placeholder = many && chosen.length ? text("playground.another-model") : (names[0] ?? "");
  }

  function write(names) {
    chosen = many ? [...names] : [];
    box.value = many ? "" : (names[0] ?? "");
    draw();
  }

  const read = () => (many ? [...chosen] : [box.value.trim()].filter(Boolean));
  return { read, write, offer };
}

// `many`: a set of parameters is a line, and every line is run.
export function mountParams(root, { many = false, changed }) {
  const sets = el("ol.param-sets");
  const another = el("button.plain", { type: "button", onclick: () => (add(), changed()) }, text("playground.another-set"));
  root.replaceChildren(sets, ...(many ? [another] : []));
  root.addEventListener("input", changed);

  function add(params = {}) {
    const field = (name) => {
      const box = el("input", { name, inputmode: "decimal", placeholder: text("sampling.own"), maxlength: 20 });
      box.value = params[name] ?? "";
      return el("label", {}, el("span", {}, text(`field.${name}`)), box);
    };
    const drop = iconButton("close", text("playground.drop-set"), () => {
      line.remove();
      changed();
    });
    // What has no field here, such as `stop`, stays.
    const rest = Object.fromEntries(Object.entries(params).filter(([name]) => !PARAMS.includes(name)));
    const line = el("li.fields", {}, ...PARAMS.map(field), many && drop);
    line.rest = rest;
    sets.append(line);
    another.hidden = sets.children.length >= MAX;
  }

  function read() {
    return [...sets.children].map((line) => {
      const typed = [...line.querySelectorAll("input")].filter((box) => box.value.trim());
      return { ...line.rest, ...Object.fromEntries(typed.map((box) => [box.name, number(box.value)])) };
    });
  }

  function write(all) {
    sets.replaceChildren();
    for (const params of all.length ? all : [{}]) add(params);
  }

  write([]);
  return { read, write };
}
