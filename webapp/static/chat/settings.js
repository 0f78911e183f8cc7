// The settings of the conversation that is shown: template, system prompt, and how the model chooses its words. What is
// empty follows the studio's own.

import { debounce, el, text } from "../shared/dom.js";
import { goTo } from "../shared/page.js";
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
  const reasoning = el("input", { type: "checkbox", name: "reasoning" });
  const switched = el("label.switch", { hidden: true }, reasoning, el("span", {}, text("field.reasoning")));
  const known = el("p.known", { hidden: true }, text("profile.used"), " ", el("button.plain", { type: "button", onclick: openProfile }, text("profile.edit")));
  root.replaceChildren(known, field("field.template", template), browseButton, field("field.system", system), switched, sampling);

  let cards = [];
  let card = null;

  template.addEventListener("change", () => update({ template: template.value || null, values: {}, system: null }));
  // What somebody types is theirs until it is kept, whatever is drawn meanwhile.
  const touched = new Set();
  const later = debounce(SAVE_MS, save);
  for (const box of [system, stop, ...boxes]) {
    box.addEventListener("input", () => (touched.add(box), later()));
    box.addEventListener("change", save);
  }

  reasoning.addEventListener("change", () => update({ reasoning: reasoning.checked || null }));

  function save() {
    if (!touched.size) return;
    const params = { ...kept.now().params };
    for (const box of touched) {
      if (box === stop) params.stop = stop.value.split("\n").filter(Boolean);
      else if (box !== system) params[box.name] = box.value.trim() && number(box.value);
    }
    const words = system.value.trim() ? system.value : null;
    const own = touched.has(system) ? { system: words } : {};
    touched.clear();
    kept.update({ ...own, params: given(params) });
  }

  const given = (params) => Object.fromEntries(Object.entries(params).filter(([, value]) => value !== "" && value?.length !== 0));

  async function draw() {
    const chosen = kept.now();
    const write = (box, value) => touched.has(box) || (box.value = value);
    write(system, chosen.system ?? "");
    for (const box of boxes) write(box, chosen.params?.[box.name] ?? "");
    write(stop, (chosen.params?.stop ?? []).join("\n"));
    reasoning.checked = chosen.reasoning === true;
    save();
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
    save();
    const before = kept.now().model;
    kept.update(changes);
    if ("template" in changes || "system" in changes || "params" in changes) await draw();
    else shown(kept.now(), card);
    if (kept.now().model !== before) changedModel();
  }

  async function begin(wanted) {
    await kept.begin(wanted);
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
    save();
    return kept.saved();
  }

  renew();
  // A profile that is on goes with every message; what it says is in the settings of the studio.
  function openProfile() {
    goTo("settings", "?section=general");
  }
  const showKnown = (profile) => !profile.error && (known.hidden = !profile.told);
  addEventListener("studio:profile", ({ detail }) => showKnown(detail));
  rest("profile").then(showKnown);

  // What the model that answers can be told.
  const offer = (model) => (switched.hidden = !model.can_switch_reasoning);

  return { offer, begin, show, update, putBack, renew, saved, keep: save, chosen: () => kept.now(), forget: kept.forget };
}
