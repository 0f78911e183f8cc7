// What every answer is checked for: a list to add to, each with the few fields that its type has.

import { number } from "../shared/choices.js";
import { el, iconButton, text } from "../shared/dom.js";

// By type, what its value is: text in a line or a box, a list with commas, a number, numbers from and to, or nothing.
const TYPES = {
  equals: "line", contains: "line", starts_with: "line", ends_with: "line", regex: "line", label: "list", similar: "line",
  words_absent: "list", contains_any: "list", json: null, json_schema: "json", contains_json: null, length: "range",
  latency: "number", cost: "number", judge: "box", preferred: "box",
};
const CASED = new Set(["equals", "contains", "contains_any", "starts_with", "ends_with", "regex"]);
// What is said in a field that is empty.
const HINTS = {
  words_absent: "playground.list-hint", contains_any: "playground.list-hint", label: "playground.label-hint", regex: null,
  json_schema: null, length: "playground.length-hint", latency: null, cost: null, judge: "playground.rubric",
  preferred: "playground.rubric",
};
// "20-50", "20-" or, with no least number, "50".
const RANGE = /^\s*(?:(\d+)\s*[-–]\s*)?(\d+)?\s*$/;
const SEPARATOR = /[,，、;；\n]/;

export function evaluatorName({ name, type, not }) {
  const words = name || text(`evaluator.${type}`);
  return not && !name ? text("playground.not-so", { check: words }) : words;
}

export function mountEvaluators(list, { changed }) {
  const choice = el("select", { "aria-label": text("playground.add-check") },
    el("option", { value: "" }, text("playground.add-check")),
    ...Object.keys(TYPES).map((type) => el("option", { value: type }, text(`evaluator.${type}`))));
  list.after(choice);
  list.addEventListener("input", changed);
  choice.addEventListener("change", () => {
    add({ type: choice.value });
    choice.value = "";
    list.lastElementChild.querySelector("input, textarea")?.focus();
    changed();
  });

  function add(one) {
    const kind = TYPES[one.type];
    const hint = HINTS[one.type] === undefined ? "playground.expected-else" : HINTS[one.type];
    const box = kind === "box" || kind === "json" ? "textarea" : "input";
    const value = el(box, { name: "value", rows: 2, "aria-label": text("playground.value"), placeholder: hint && text(hint) });
    value.value = shown(one.value, kind);
    const check = (name, key) => el("label.check", {}, el("input", { type: "checkbox", name, checked: one[name] === true }), el("span", {}, text(key)));
    const threshold = el("input", { name: "threshold", inputmode: "decimal", value: one.threshold ?? "", placeholder: "0.75" });
    const drop = iconButton("close", text("playground.drop-check"), () => (line.remove(), changed()));
    const line = el("li", {},
      el("strong", {}, evaluatorName({ ...one, not: false })),
      kind && value,
      one.type === "similar" && el("label", {}, el("span", {}, text("playground.threshold")), threshold),
      CASED.has(one.type) && check("ignore_case", "playground.ignore-case"),
      check("not", "playground.not"),
      drop);
    line.rest = one;
    list.append(line);
  }

  // What has no field, or stands in it as before, is as it was given.
  function read() {
    return [...list.children].map((line) => {
      const one = { ...line.rest };
      const kind = TYPES[one.type];
      const put = (name, as) => {
        const box = line.querySelector(`[name=${name}]`);
        if (!box || box.value === shown(one[name], kind)) return;
        if (box.value.trim()) one[name] = as(box.value);
        else delete one[name];
      };
      put("value", (words) => typed(words, kind));
      put("threshold", number);
      for (const box of line.querySelectorAll("[type=checkbox]")) {
        if (box.checked) one[box.name] = true;
        else delete one[box.name];
      }
      return one;
    });
  }

  function write(all) {
    list.replaceChildren();
    for (const one of all) add(one);
  }

  return { read, write, count: () => list.children.length };
}

function typed(words, kind) {
  if (kind === "number") return number(words);
  if (kind === "list") return words.split(SEPARATOR).map((word) => word.trim()).filter(Boolean);
  if (kind === "range" && RANGE.test(words)) {
    const [, min, max] = words.match(RANGE);
    return { ...(min && { min: Number(min) }), ...(max && { max: Number(max) }) };
  }
  if (kind !== "json") return words;
  try {
    return JSON.parse(words);
  } catch {
    // Python says what is wrong with it.
    return words;
  }
}

function shown(value, kind) {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value) && kind === "list") return value.join(", ");
  if (kind === "range" && typeof value === "object" && !value.unit) return `${value.min !== undefined ? `${value.min}-` : ""}${value.max ?? ""}`;
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}
