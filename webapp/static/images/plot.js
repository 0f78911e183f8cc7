// A plot: one picture for each value of a field, or for each pair of two, on a labelled grid.

import { number } from "../shared/choices.js";
import { el, text } from "../shared/dom.js";

const FIELDS = ["seed", "steps", "guidance", "scheduler", "strength", "prompt"];
// Of a prompt's values, which may have commas, the first is what the prompt says and the others take its place.
const SENTENCES = new Set(["prompt"]);
const HINTS = { steps: "8, 16, 24", seed: "1, 2, 3", guidance: "2, 5, 8", strength: "0.3, 0.6, 0.9" };
const AXES = ["x", "y"];

export function mountPlot(root, { changed }) {
  const axes = new Map(AXES.map((name) => [name, axis(name)]));
  root.querySelector(".axes").replaceChildren(...[...axes.values()].map(({ node }) => node));

  function axis(name) {
    const choice = el("select", { "aria-label": text("images.axis", { name: name.toUpperCase() }) },
      el("option", { value: "" }, text("images.no-axis")), ...FIELDS.map((one) => el("option", { value: one }, text(`field.${one}`))));
    const values = el("textarea", { rows: 1, maxlength: 20_000, "aria-label": text("field.values") });
    choice.addEventListener("change", () => (hint(), changed()));
    const hint = () => {
      values.hidden = !choice.value;
      values.placeholder = HINTS[choice.value] ?? text(SENTENCES.has(choice.value) ? "images.one-a-line" : "images.with-commas");
    };
    const node = el("div.axis", {}, el("span", {}, name.toUpperCase()), choice, values);
    hint();
    return { node, choice, values, hint };
  }

  function read() {
    const typed = AXES.map((name) => [name, axes.get(name)]).filter(([, { choice, values }]) => choice.value && values.value.trim());
    const plot = typed.map(([name, { choice, values }]) => {
      const cut = values.value.split(SENTENCES.has(choice.value) ? /\n/ : /[\n,，、]/).map((one) => one.trim()).filter(Boolean);
      return [name, { field: choice.value, values: cut.map((one) => (SENTENCES.has(choice.value) ? one : number(one))) }];
    });
    return plot.length ? { plot: Object.fromEntries(plot) } : {};
  }

  function write(plot) {
    for (const name of AXES) {
      const { choice, values, hint } = axes.get(name);
      choice.value = plot[name]?.field ?? "";
      values.value = (plot[name]?.values ?? []).join(SENTENCES.has(choice.value) ? "\n" : ", ");
      hint();
    }
    root.open = AXES.some((name) => plot[name]);
  }

  return { read, write };
}
