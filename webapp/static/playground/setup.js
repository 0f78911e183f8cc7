// What the bench runs: prompts to compare, examples, rows, checks, models and parameters, as a form and as a request.

import { mountModels, mountParams, number } from "../shared/choices.js";
import { debounce, el, iconButton, text } from "../shared/dom.js";
import { mountEvaluators } from "./evaluators.js";
import { mountGrid } from "./grid.js";
import { mountPrompt, variablesOf } from "./prompt.js";
import { letter } from "./run.js";

const MAX = { prompts: 20, examples: 200, rows: 1000 };
const COLUMNS_MS = 300;
const CHOOSE = ["first", "random", "nearest", "diverse", "length"];
const SEPARATOR = /[,，、;；]/;

export function mountSetup(form, { act, say, changed }) {
  const part = (name) => form.querySelector(`[data-part=${name}]`);
  const prompts = [];
  // What has no field here, such as prices, stays.
  let rest = { request: {}, shots: {} };
  const list = form.querySelector(".prompts-to-compare");
  const another = form.querySelector("[data-do=another]");
  const lookAgain = debounce(COLUMNS_MS, () => rows.draw());

  const grid = (name, columns, more = {}) =>
    mountGrid(part(name).querySelector(".grid"), { columns, max: MAX[name], act, say, changed: update, ...more });
  const examples = grid("examples", () => [["input", text("playground.input")], ["output", text("playground.output")]], { ordered: true });
  const rows = grid("rows", rowColumns);
  const evaluators = mountEvaluators(form.querySelector(".evaluators"), { changed: update });
  const models = mountModels(form.querySelector(".model-choice"), { many: true, changed: update });
  const params = mountParams(form.querySelector(".variants"), { many: true, changed: update });

  const input = (name, label, more = {}) => el(`label.${name}`, {}, el("span", {}, label), el("input", { name, inputmode: "numeric", maxlength: 500, ...more }));
  const choose = el("select", { name: "choose" }, ...CHOOSE.map((value) => el("option", { value }, text(`choose.${value}`))));
  form.querySelector(".shots").replaceChildren(
    input("k", text("playground.shots"), { placeholder: text("playground.all-examples") }),
    el("label", {}, el("span", {}, text("playground.choose")), choose),
    input("shots_seed", text("field.seed"), { placeholder: "0" }));
  form.querySelector(".more").replaceChildren(
    input("repeats", text("playground.repeats"), { placeholder: "1" }),
    input("labels", text("playground.labels"), { inputmode: "text", placeholder: text("playground.labels-hint") }));
  const field = (name) => form.querySelector(`[name=${name}]`);

  // Prompts

  function addPrompt({ name = "", messages = [], json_schema = null } = {}) {
    const title = el("input", { maxlength: 200, "aria-label": text("playground.prompt-name") });
    title.value = name;
    const box = el("div.prompt");
    const drop = iconButton("close", text("playground.drop-prompt"), () => {
      prompts.splice(prompts.indexOf(one), 1);
      node.remove();
      renumber();
      update();
    });
    const node = el("article", {}, el("header", {}, el("strong"), title, drop), box);
    const one = { title, editor: mountPrompt(box, { changed: () => (lookAgain(), update()) }), node };
    one.editor.write(messages, json_schema);
    prompts.push(one);
    list.append(node);
    renumber();
    return one;
  }

  function renumber() {
    list.classList.toggle("alone", prompts.length === 1);
    another.hidden = prompts.length >= MAX.prompts;
    for (const [place, { node, title }] of prompts.entries()) {
      node.querySelector("strong").textContent = letter(place);
      title.placeholder = text("playground.prompt-number", { letter: letter(place) });
    }
  }

  // Another prompt begins as a copy of the last: what is compared are small changes.
  another.addEventListener("click", () => {
    addPrompt({ messages: prompts.at(-1).editor.read(), ...prompts.at(-1).editor.schema() }).editor.focus();
    update();
  });

  // A template takes the place of a prompt that is empty.
  function takePrompt(prompt) {
    const empty = prompts.length === 1 && !prompts[0].editor.read().some(({ content }) => content.trim());
    if (empty) prompts.pop().node.remove();
    addPrompt(prompt);
    if (prompt.rows?.length && !rows.count()) rows.write(prompt.rows);
    if (prompt.evaluators?.length && !evaluators.count()) evaluators.write(prompt.evaluators);
    lookAgain();
    update();
  }

  function rowColumns() {
    const used = prompts.flatMap(({ editor }) => variablesOf(editor.read()));
    const typed = rows.read().flatMap((row) => Object.keys(row));
    const names = [...new Set([...used, ...typed])].filter((name) => name !== "expected");
    return [...names.map((name) => [name, name]), ["expected", text("playground.expected")]];
  }

  // The request

  const words = (name) => field(name).value.trim();
  const typed = (name, as = name) => (words(name) ? { [as]: number(words(name)) } : {});

  function read() {
    const sets = params.read();
    const shots = { ...rest.shots, ...typed("k"), ...(choose.value !== "first" && { choose: choose.value }), ...typed("shots_seed", "seed") };
    const whole = {
      ...rest.request,
      prompts: prompts.map(({ title, editor }) => ({ ...(title.value.trim() && { name: title.value.trim() }), messages: editor.read(), ...editor.schema() })),
      examples: examples.read().filter(({ input, output }) => input || output).map((one) => ({ input: "", output: "", ...one })),
      shots: examples.used() ? shots : {},
      rows: rows.read().filter((row) => Object.values(row).some(Boolean)),
      models: models.read(),
      params: sets.length > 1 ? sets : sets[0],
      evaluators: evaluators.read(),
      labels: words("labels").split(SEPARATOR).map((label) => label.trim()).filter(Boolean),
      ...typed("repeats"),
    };
    return Object.fromEntries(Object.entries(whole).filter(([, value]) => typeof value !== "object" || Object.keys(value).length));
  }

  function write(request) {
    const { messages, json_schema, prompts: all, examples: pairs, rows: lines, models: names, params: sets, evaluators: wanted, labels, repeats, study: _, ...others } = request;
    const { k, choose: way, seed, ...shots } = request.shots ?? {};
    delete others.shots;
    rest = { request: others, shots };
    prompts.length = 0;
    list.replaceChildren();
    for (const prompt of all ?? [{ messages: messages ?? [], json_schema }]) addPrompt(prompt);
    examples.write(pairs ?? []);
    rows.write(lines ?? []);
    evaluators.write(wanted ?? []);
    models.write(names ?? []);
    params.write([sets ?? {}].flat());
    choose.value = way ?? "first";
    const values = { k, shots_seed: seed, repeats, labels: labels?.join(", ") };
    for (const [name, value] of Object.entries(values)) field(name).value = value ?? "";
    update();
  }

  function cells() {
    const each = (count) => Math.max(1, count);
    const repeats = number(field("repeats").value || "1");
    const variants = prompts.length * each(models.read().length) * params.read().length;
    // Labels are scored beside what is generated, and a classifier learns from the examples.
    const columns = field("labels").value.trim() ? 2 * variants + (examples.used() > 0) : variants;
    return columns * each(rows.count()) * (repeats || 1);
  }

  function counts() {
    const all = examples.count();
    const used = examples.used();
    const words = {
      prompts: prompts.length > 1 && prompts.length,
      examples: all && (used === all ? all : text("playground.of", { some: used, all })),
      rows: rows.count(),
      checks: evaluators.count(),
      models: models.read().length || null,
    };
    for (const [name, count] of Object.entries(words)) part(name).querySelector(".count").textContent = count || "";
    form.querySelector(".shots").hidden = !all;
  }

  function update() {
    counts();
    changed();
  }

  form.addEventListener("input", update);
  return { read, write, takePrompt, cells, offer: models.offer, isBlank: () => !rows.count() && !examples.count(), used: examples.used, rows: rows.count, fold: () => form.querySelectorAll("details[data-part]").forEach((one) => (one.open = false)) };
}
