// The model of the conversation: its name in the header opens a list that is searched by typing, and says what each can.

import { el, icon, text } from "../shared/dom.js";
import { rest } from "../shared/rest.js";
import { bytes, languageNames } from "../shared/units.js";

const RECENT = 3;

// `choose(name)` gets a `provider:model`, or null for the default.
export function mountPicker(root, choose) {
  const label = el("span.name");
  const button = el("button.model", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: open }, label, icon("right"));
  const input = el("input", {
    type: "search", role: "combobox", "aria-expanded": "true", "aria-controls": "model-options", "aria-autocomplete": "list",
    "aria-label": text("picker.search"), placeholder: text("picker.search"), autocomplete: "off", maxlength: 200, spellcheck: "false",
  });
  const list = el("div.found", { id: "model-options", role: "listbox", "aria-label": text("field.model") });
  const none = el("p.none", { hidden: true });
  const dialog = el("dialog.model-picker", { "aria-label": text("picker.title") }, input, list, none);
  root.replaceChildren(button);
  document.querySelector(".gradio-container").append(dialog);

  let models = [];
  let chosen = null;
  // What the studio says of the one that answers.
  let told = null;

  function name() {
    const known = models.find((model) => (chosen ? model.name === chosen : model.is_default));
    const title = known?.title ?? (told && (!chosen || told.model === chosen) ? told.title : chosen);
    label.textContent = title || text("model.default");
    button.title = `${text("field.model")}: ${label.textContent}${chosen ? "" : ` (${text("model.default")})`}`;
    button.setAttribute("aria-label", button.title);
  }

  async function renew() {
    const found = await rest("models");
    if (!found.error) models = found;
    name();
    if (dialog.open) draw();
  }

  async function open() {
    input.value = "";
    dialog.showModal();
    button.setAttribute("aria-expanded", "true");
    draw();
    await renew();
  }

  dialog.addEventListener("close", () => {
    button.setAttribute("aria-expanded", "false");
    button.focus();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

  // The list: what was used last, then by where each runs.

  const words = () => input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ name: full, title, where }) => words().every((word) => `${title} ${full} ${where}`.toLowerCase().includes(word));
  const whereText = (where) => (where === "local" ? text("picker.here") : where);

  function groups() {
    const fitting = models.filter(fits);
    const used = fitting.filter(({ used }) => used).sort((one, other) => other.used.localeCompare(one.used)).slice(0, RECENT);
    const places = [...new Set(fitting.map(({ where }) => where))];
    const standard = models.find((model) => model.is_default);
    const first = standard && (fits(standard) || !words().length) ? [["", [{ ...standard, isDefault: true }]]] : [];
    return [
      ...first,
      ...(models.length > RECENT + 1 && used.length ? [[text("picker.recent"), used]] : []),
      ...places.map((where) => [whereText(where), fitting.filter((model) => model.where === where)]),
    ];
  }

  function draw() {
    const found = groups();
    list.replaceChildren(...found.map(([title, entries]) => group(title, entries)));
    options().forEach((node, place) => (node.id = `model-option-${place}`));
    const own = options().find((node) => node.getAttribute("aria-current") === "true");
    activate(words().length ? options()[words().length && found[0]?.[0] === "" && options().length > 1 ? 1 : 0] : (own ?? options()[0]));
    // Any other that the operator can reach may be typed.
    const typed = input.value.trim();
    none.hidden = options().length > 0;
    none.textContent = typed.includes(":") ? text("picker.typed", { name: typed }) : text("chat.none");
  }

  const group = (title, entries) =>
    el("div", title ? { role: "group", "aria-label": title } : { role: "presentation" }, title && el("h3", { "aria-hidden": "true" }, title), ...entries.map(option));

  function option(model) {
    const value = model.isDefault ? null : model.name;
    const isChosen = value === chosen;
    const node = el(
      "div.option",
      { role: "option", "aria-selected": "false", "aria-current": String(isChosen), "data-model": model.isDefault ? "" : model.name, onclick: () => take(value) },
      el("span.name", {}, model.isDefault ? `${text("model.default")} · ${model.title}` : model.title),
      isChosen && icon("check"),
      el("span.facts", {}, ...facts(model).map((fact) => el("span", {}, fact))),
    );
    node.addEventListener("pointermove", () => activate(node));
    return node;
  }

  function facts(model) {
    return [
      !model.is_installed && text("picker.absent"),
      model.languages.length && languageNames(model.languages),
      model.reasons && text("picker.reasons"),
      model.speed && text("chat.speed", { speed: Math.max(1, Math.round(model.speed)) }),
      model.context && text("picker.context", { tokens: model.context.toLocaleString() }),
      model.size && bytes(model.size),
      model.where !== "local" && model.title !== model.name && model.name,
    ].filter(Boolean);
  }

  function take(value) {
    dialog.close();
    if (value !== chosen) choose(value);
  }

  // The keyboard stays in the field: what it is at is told by aria-activedescendant.

  const options = () => [...list.querySelectorAll("[role=option]")];
  const current = () => list.querySelector("[aria-selected=true]");

  function activate(node) {
    if (node && node === current()) return;
    current()?.setAttribute("aria-selected", "false");
    node?.setAttribute("aria-selected", "true");
    if (node) input.setAttribute("aria-activedescendant", node.id);
    else input.removeAttribute("aria-activedescendant");
    node?.scrollIntoView({ block: "nearest" });
  }

  input.addEventListener("input", draw);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = options();
    if (by && all.length) activate(all.at((all.indexOf(current()) + by) % all.length));
    else if (event.key === "Enter" && current()) take(current().dataset.model || null);
    else if (event.key === "Enter" && input.value.includes(":")) take(input.value.trim());
    else return;
    event.preventDefault();
  });

  renew();
  return {
    renew,
    open,
    choose: (value) => ((chosen = value), name()),
    now: (model) => ((told = model), name()),
  };
}
