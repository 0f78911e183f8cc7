// The models: what is installed, what there is to install, how far each is. Looks again every second while one is on
// its way and somebody is looking.

import { complain, el, fill, text, toast } from "../shared/dom.js";
import { bar, mountOffer } from "../shared/offer.js";
import { rest } from "../shared/rest.js";
import { bytes, count, languageNames, memory } from "../shared/units.js";

const LOOK_MS = 1_000;

export function mount(component) {
  const root = component.element.querySelector(".models");
  const find = (selector) => root.querySelector(selector);
  fill(root);
  const form = find(".another form");
  const spec = form.elements.namedItem("spec");
  let timer = null;
  let isSeen = false;
  let busy = new Set();

  const load = () => rest("models/catalog").then(show);

  // Does something, and shows what there is then.
  async function act(...question) {
    const value = await rest(...question);
    if (value.error) toast(value.error, { problem: true });
    else await load();
  }
  const path = (model, deed = "") => `models/catalog/${encodeURIComponent(model.name)}${deed}`;
  const install = (spec) => act("models/catalog", { spec });

  const showBetter = mountOffer(find(".offer"), (deed) => act("models/better", { do: deed }), { always: true });

  function show(value) {
    clearTimeout(timer);
    find(".refused").hidden = !value.error;
    find(".refused").textContent = value.error ?? "";
    if (value.error) return;
    const { total, available } = value.memory;
    find(".lead").textContent = text("models.lead", { total: memory(total), free: memory(available) });
    if (!value.may) find(".lead").append(" ", text("models.operator-only"));
    const open = new Set([...root.querySelectorAll(".sure")].map((sure) => sure.closest("li").dataset.name));
    // One button is the first, and it may be above.
    const primary = value.better ? null : value.models.find((model) => model.recommended && !model.installed)?.name;
    const rows = (models) => models.map((model) => row(model, value.may, model.name === primary));
    const here = value.models.filter((model) => model.installed);
    const there = value.models.filter((model) => !model.installed);
    find(".here").replaceChildren(...rows(here));
    find(".there").replaceChildren(...rows(there));
    find(".none").hidden = here.length > 0;
    find(".all").hidden = there.length > 0;
    find(".another").hidden = !value.may;
    for (const model of here) if (open.has(model.name)) confirm(model, rowOf(model.name));
    showBetter(value.better, value.models.find((model) => model.own)?.name);
    follow(value);
  }

  const rowOf = (name) => root.querySelector(`li[data-name="${CSS.escape(name)}"]`);

  // Who chooses among the models elsewhere on the page hears of each that has come.
  function follow({ models, better }) {
    const now = new Set(models.filter((model) => model.busy).map((model) => model.name));
    if ([...busy].some((name) => !now.has(name))) dispatchEvent(new Event("studio:models"));
    busy = now;
    if ((busy.size || better?.phase === "coming") && isSeen) timer = setTimeout(load, LOOK_MS);
  }

  function row(model, may, isPrimary) {
    const chips = [
      model.recommended && el("span.chip.good", {}, text("models.recommended")),
      model.own && el("span.chip", {}, text("models.own")),
      model.linked && el("span.chip", {}, text("models.linked")),
      !model.fits && el("span.chip.failed", {}, text("models.too-large")),
    ];
    return el(
      "li",
      { "data-name": model.name },
      el("div.name", {}, el("strong", {}, model.title), ...chips),
      el("div.buttons", {}, ...(may ? buttons(model, isPrimary) : [])),
      facts(model),
      model.reason && !model.installed ? el("p.reason", {}, model.reason) : null,
      model.speed ? el("p.facts", {}, pace(model)) : null,
      model.busy || model.held ? bar(model) : null,
      model.error ? el("p.problem", { role: "status" }, model.error) : null,
    );
  }

  function facts(model) {
    const size = model.size ? bytes(model.size) : text(model.installed ? "models.size-unknown" : "models.size-later");
    const words = [
      model.license ?? text("models.no-licence"),
      languageNames(model.languages),
      size,
      model.ram && text("models.ram", { ram: memory(model.ram) }),
      model.runner,
    ];
    const line = el("p.facts", {}, ...words.filter(Boolean).map((word) => el("span", {}, word)));
    if (model.parts) line.append(el("span", {}, text(model.parts > 1 ? "models.in-parts" : "models.in-index", { parts: model.parts })));
    if (model.origin) line.append(el("span.origin", {}, model.origin));
    return line;
  }

  // What it is good for on this machine: how fast it writes, and how long it reads before it begins.
  const pace = ({ measured, speed }) =>
    text(measured ? "models.speed" : "models.speed-estimated", { ...speed, tokens: count(speed.tokens) });

  function buttons(model, isPrimary) {
    const button = (kind, key, onclick) => el(`button.${kind}`, { type: "button", onclick }, text(key));
    // What is there already and is only being loaded needs no button.
    if (model.busy && model.installed) return [];
    const cancel = (key) => button("plain", key, () => act(path(model, "/cancel"), {}));
    if (model.busy) return [button("outlined", "offer.pause", () => act(path(model, "/pause"), {})), cancel("action.cancel")];
    if (model.held) return [button("outlined", "offer.go-on", () => install(model.name)), cancel("models.discard")];
    if (!model.installed) {
      const again = model.error ? "models.again" : "models.install";
      const first = button(isPrimary ? "primary" : "outlined", again, () => install(model.name));
      return model.error ? [first, button("plain", "action.close", () => act(path(model, "/cancel"), {}))] : [first];
    }
    const use = model.kind === "chat" ? [button("outlined", "models.use", () => choose(model))] : [];
    // One that comes with the studio stays.
    if (model.shipped) return use;
    return [...use, button("plain", model.linked ? "models.forget" : "models.delete", (event) => confirm(model, event.target.closest("li")))];
  }

  function choose(model) {
    dispatchEvent(new CustomEvent("studio:use", { detail: model.model }));
    toast(text("models.chosen", { title: model.title }));
  }

  // Gigabytes cannot be had back by a click, so this asks first instead of offering to undo.
  function confirm(model, item) {
    item.querySelector(".sure")?.remove();
    const question = model.linked ? "models.sure-forget" : "models.sure";
    const sure = el("p.sure", {}, el("span", {}, text(question, { title: model.title })));
    const remove = el("button.danger", { type: "button", onclick: () => drop(model, sure) }, text(model.linked ? "models.forget" : "models.delete"));
    sure.append(remove, el("button.plain", { type: "button", onclick: () => sure.remove() }, text("action.cancel")));
    item.append(sure);
    remove.focus();
  }

  function drop(model, sure) {
    sure.remove();
    act(path(model), undefined, "DELETE").then(() => dispatchEvent(new Event("studio:models")));
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const value = await rest("models/catalog", { spec: spec.value.trim() });
    complain(form.querySelector(".problem"), value.error);
    if (value.error) return;
    form.reset();
    await load();
    dispatchEvent(new Event("studio:models"));
    rowOf(value.name)?.scrollIntoView({ block: "nearest" });
  });

  addEventListener("studio:models", () => isSeen && load());
  // Read again whenever the tab is entered.
  new IntersectionObserver((seen) => {
    isSeen = seen.at(-1).isIntersecting;
    clearTimeout(timer);
    if (isSeen) load();
  }).observe(root);
}
