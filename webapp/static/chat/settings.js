// The settings of the conversation that is shown: template, system prompt, and how the model chooses its words. What is
// empty follows the studio's own.

import { debounce, el, text } from "../shared/dom.js";
import { rest } from "../shared/rest.js";

const PARAMS = ["temperature", "top_p", "top_k", "repetition_penalty", "max_tokens", "seed"];
const NAMES = ["model", "template", "values", "system", "params", "reasoning"];
const SAVE_MS = 400;

// What does not read as a number is sent as it is: the studio says what is wrong with it.
const number = (words) => (Number.isFinite(Number(words)) ? Number(words) : words);
const pathOf = (id) => id.split("/").map(encodeURIComponent).join("/");

export function mountSettings(root, { kept, browse, shown, changedModel }) {
  const template = el("select", { id: "template" });
  const system = el("textarea", { id: "system", rows: 3, maxlength: 20_000 });
  const boxes = PARAMS.map((name) => el("input", { name, inputmode: "decimal", placeholder: text("sampling.own"), maxlength: 20, autocomplete: "off" }));
  const stop = el("textarea", { name: "stop", rows: 1, placeholder: text("sampling.stop-hint") });
  function field(key, box) {
    box.setAttribute("aria-label", text(key));
    return el("label.field", {}, el("span", {}, text(key)), box);
  }
  const sampling = el("details", { id: "sampling" }, el("summary", {}, text("sampling.label")));
  sampling.append(el("div.pairs", {}, ...boxes.map((box) => field(`field.${box.name}`, box))), field("field.stop", stop));
  const browseButton = el("button.quiet.browse-prompts", { type: "button", onclick: browse }, text("prompts.browse"));
  root.replaceChildren(field("field.template", template), browseButton, field("field.system", system), sampling);

  let cards = [];
  let card = null;

  template.addEventListener("change", () => update({ template: template.value || null, values: {}, system: null }));
  const later = debounce(SAVE_MS, () => pending && save());
  let pending = false;
  for (const box of [system, stop, ...boxes]) {
    box.addEventListener("input", () => ((pending = true), later()));
    box.addEventListener("change", () => pending && save());
  }

  function save() {
    pending = false;
    kept.update({ system: system.value.trim() ? system.value : null, params: params() });
  }

  function params() {
    const typed = Object.fromEntries(boxes.filter((box) => box.value.trim()).map((box) => [box.name, number(box.value)]));
    const stops = stop.value.split("\n").filter(Boolean);
    return stops.length ? { ...typed, stop: stops } : typed;
  }

  async function draw() {
    const chosen = kept.now();
    pending = false;
    system.value = chosen.system ?? "";
    for (const box of boxes) box.value = chosen.params?.[box.name] ?? "";
    stop.value = (chosen.params?.stop ?? []).join("\n");
    await drawTemplate(chosen);
  }

  async function drawTemplate(chosen) {
    const answer = chosen.template ? await rest(`prompts/${pathOf(chosen.template)}`) : null;
    if (kept.now().template !== chosen.template) return;
    card = answer && !answer.error ? { ...answer, variables: answer.variables.filter((name) => name !== answer.question) } : null;
    drawChoices();
    const own = (card?.messages ?? []).filter(({ role }) => role === "system").map(({ content }) => content);
    system.placeholder = own.join("\n\n") || text("system.hint");
    shown(kept.now(), card);
  }

  function drawChoices() {
    const chosen = kept.now().template ?? "";
    const known = cards.some(({ id }) => id === chosen) ? cards : [...cards, ...(chosen ? [{ id: chosen, name: card?.name ?? chosen }] : [])];
    template.replaceChildren(el("option", { value: "" }, text("template.none")), ...known.map(({ id, name }) => el("option", { value: id }, name)));
    template.value = chosen;
  }

  async function renew() {
    const found = await rest("prompts?assistant=chat");
    if (!found.error) cards = found;
    await drawTemplate(kept.now());
  }

  async function update(changes) {
    if (pending) save();
    const before = kept.now().model;
    kept.update(changes);
    if ("template" in changes || "system" in changes || "params" in changes) await draw();
    else shown(kept.now(), card);
    if (kept.now().model !== before) changedModel();
  }

  async function begin() {
    await kept.begin();
    await Promise.all([draw(), changedModel()]);
  }

  async function show({ settings }) {
    const before = kept.now().model;
    kept.show(settings);
    const drawn = draw();
    if (kept.now().model !== before || !isSeen) changedModel();
    isSeen = true;
    await drawn;
  }
  let isSeen = false;

  // An item's own model, template, system prompt and parameters are again those of the next message. Returns what takes
  // that back, or null where nothing was other.
  async function putBack(job) {
    const before = { ...kept.now() };
    const start = await rest("models/start");
    const now = { ...Object.fromEntries(NAMES.map((name) => [name, job.request[name] ?? null])), model: job.model };
    // The default, as long as that is the same.
    if (start.model === now.model) now.model = null;
    now.params = Object.fromEntries(Object.entries(now.params ?? {}).filter(([, value]) => value !== null));
    kept.update(now);
    await Promise.all([draw(), changedModel()]);
    const isSame = JSON.stringify(sorted(before)) === JSON.stringify(sorted(kept.now()));
    return isSame ? null : () => update({ ...Object.fromEntries(NAMES.map((name) => [name, null])), ...before });
  }
  const sorted = (settings) => NAMES.map((name) => [name, settings[name] ?? null]);

  async function saved() {
    if (pending) save();
    return kept.saved();
  }

  renew();
  return { begin, show, update, putBack, renew, saved, chosen: () => kept.now(), forget: kept.forget };
}
