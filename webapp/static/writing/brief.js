// The brief: what a text is to be, as fields. The first screen has it folded, and a draft beside its text.

import { el, recall, remember, text } from "../shared/dom.js";

// How each field is typed: a list has one entry a line (keywords: commas, too).
const FIELDS = [
  ["keywords", "list", "wide"],
  ["tone", "line"],
  ["audience", "line"],
  ["language", "choice"],
  ["facts", "list", "wide"],
  ["avoid", "list", "wide"],
  ["sample", "text", "wide"],
];
const LANGUAGES = ["en", "zh"];
const LIMITS = { tone: 200, audience: 200, sample: 20_000 };
const SEPARATORS = { keywords: /[\n,，、;；]/, facts: /\n/, avoid: /\n/ };

// With which model and template one writes is no part of the brief, and stays chosen from draft to draft.
const KEPT = "studio.writing.with";
const chosen = () => JSON.parse(recall(KEPT) ?? "{}");

// A template is for the text of sections, not for outlines, headlines or what is done with a selection.
export function settings(action) {
  const { model, template } = chosen();
  return { ...(model ? { model } : {}), ...(template && ["draft", "section"].includes(action) ? { template } : {}) };
}
export const use = (model) => remember(KEPT, JSON.stringify({ ...chosen(), model }));

let boxes = 0;

export function mountBrief(root, { changed = () => {} } = {}) {
  let known = { templates: [], models: [], language: "en" };
  let kind = null;
  const inputs = new Map();

  function labelled(name, label, input, more = "") {
    inputs.set(name, input);
    input.name = name;
    return el(`label${more && `.${more}`}`, { "data-field": name }, el("span", {}, label), input);
  }

  function box(name, type) {
    const hint = text(`brief.${name}`) === `brief.${name}` ? "" : text(`brief.${name}`);
    const limit = { maxlength: LIMITS[name] };
    if (type === "line") return el("input", { placeholder: hint, ...limit });
    if (type !== "choice") return el("textarea", { rows: type === "list" ? 2 : 3, placeholder: hint, ...limit });
    return el("select", {}, ...LANGUAGES.map((one) => el("option", { value: one }, text(`language.${one}`))));
  }

  function own(field) {
    const options = field.choices.map(({ value, label }) => el("option", { value }, label));
    const input = options.length
      ? el("select", {}, el("option", { value: "" }, "—"), ...options)
      : el("input", { placeholder: field.hint, maxlength: 2000 });
    return labelled(`own.${field.name}`, field.label, input, "own");
  }

  function pickers() {
    const list = `writing-models-${++boxes}`;
    const model = el("input", { list, placeholder: known.models[0] ?? "", maxlength: 200, spellcheck: "false" });
    const models = el("datalist", { id: list }, ...known.models.map((value) => el("option", { value })));
    const options = known.templates.map(({ id, name }) => el("option", { value: id }, name));
    const template = el("select", {}, el("option", { value: "" }, text("writing.own-template")), ...options);
    const keep = () => remember(KEPT, JSON.stringify({ template: template.value, model: model.value.trim() }));
    for (const input of [template, model]) input.addEventListener("change", keep);
    template.value = known.templates.some(({ id }) => id === chosen().template) ? chosen().template : "";
    model.value = chosen().model ?? "";
    // A template that is gone is not asked for again.
    if (chosen().template && !template.value) keep();
    const picker = (key, input) => el("label", {}, el("span", {}, text(key)), input);
    return [picker("field.template", template), picker("field.model", model), models];
  }

  // `facts` are what the first screen was told; `one` is the kind, whose own fields come first.
  function draw(facts, one) {
    const now = inputs.size ? read() : {};
    known = facts;
    kind = one;
    inputs.clear();
    const general = FIELDS.map(([name, type, more]) => labelled(name, text(`field.${name}`), box(name, type), more));
    root.replaceChildren(...(one?.fields ?? []).map(own), ...general, ...pickers());
    write({ language: known.language, ...now });
  }

  const lines = (name, words) => words.split(SEPARATORS[name]).map((one) => one.trim()).filter(Boolean);

  // What the fields say, as part of a request: only what was given, unless `all` is to replace an older brief.
  function read({ all = false } = {}) {
    const said = {};
    for (const [name, input] of inputs) {
      const words = input.value;
      if (name.startsWith("own.")) {
        if (words.trim()) (said.fields ??= {})[name.slice(4)] = words;
      } else if (SEPARATORS[name]) said[name] = lines(name, words);
      else said[name] = words;
    }
    if (all) said.fields ??= {};
    for (const [name, value] of Object.entries(said)) {
      const isEmpty = Array.isArray(value) ? !value.length : value === "";
      if (isEmpty && !all) delete said[name];
    }
    return said;
  }

  function write(brief) {
    for (const [name, input] of inputs) {
      const value = name.startsWith("own.") ? brief.fields?.[name.slice(4)] : brief[name];
      input.value = Array.isArray(value) ? value.join(name === "keywords" ? ", " : "\n") : (value ?? (name === "language" ? known.language : ""));
    }
  }

  root.addEventListener("input", () => changed());
  return { draw, read, write, kind: () => kind };
}
