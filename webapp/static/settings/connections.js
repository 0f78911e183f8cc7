// The connections: a list, and a form that opens where one is added or changed. A stored key never comes here.

import { el, fill, iconButton, text, toast } from "../shared/dom.js";
import { takeConnecting } from "../shared/offer.js";
import { rest } from "../shared/rest.js";

const SERVER = "openai";
const OTHER = "other";
const LANGCHAIN = "langchain";
const PRESETS = [
  { id: "vllm", label: "vLLM", url: "http://localhost:8000/v1" },
  { id: "sglang", label: "SGLang", url: "http://localhost:30000/v1" },
  { id: "ollama", label: "Ollama", url: "http://localhost:11434/v1" },
  { id: "llama-cpp", label: "llama.cpp", url: "http://localhost:8080/v1" },
  { id: "lm-studio", label: "LM Studio", url: "http://localhost:1234/v1" },
  { id: "openai", label: "OpenAI", url: "https://api.openai.com/v1" },
];
// Suggestions; any other name of LangChain's can be typed.
const PROVIDERS = ["anthropic", "bedrock_converse", "cohere", "deepseek", "fireworks", "google_genai", "groq", "huggingface", "mistralai", "nvidia", "ollama", "openrouter", "perplexity", "together", "xai"];
const SHOWN = 60;
const WAITS = ["connect_timeout", "first_token_timeout", "idle_timeout"];

const lines = (words) => [...new Set(words.split(/\s+/).filter(Boolean))];

export function mount(component) {
  const root = component.element.querySelector(".connections");
  const find = (selector) => root.querySelector(selector);
  fill(root);
  const form = mountForm(find("form"));
  let isSeen = false;

  const load = () => rest("connections").then(show);

  function show(value) {
    find(".refused").hidden = !value.error;
    find(".refused").textContent = value.error ?? "";
    if (value.error) return;
    form.close();
    find(".rows").replaceChildren(...value.map(row));
    find(".none").hidden = value.length > 0;
    find(".add").hidden = false;
  }

  async function changed(message, options = {}) {
    await load();
    toast(message, options);
    dispatchEvent(new Event("studio:models"));
  }

  function open(connection, place) {
    find(".add").hidden = true;
    form.open(connection);
    place.after(form.element);
    form.element.scrollIntoView({ block: "nearest" });
  }

  function close() {
    form.close();
    find(".add").hidden = false;
    find(".add").focus();
  }

  function row(connection) {
    const result = el("p.result", { role: "status", hidden: true });
    const chips = [
      connection.fixed && text("connections.fixed"),
      connection.has_key && text("connections.has-key"),
      connection.visitors && text("connections.for-visitors"),
    ];
    const ask = (event) =>
      test(event.currentTarget, [`connections/${connection.name}/test`, {}], result, ({ models }) => {
        if (!connection.fixed && !connection.models.length && models.length) result.append(" ", useAll(connection, models));
      });
    const buttons = [
      el("button.quiet", { type: "button", onclick: ask }, text("connections.test")),
      !connection.fixed && iconButton("edit", text("connections.edit"), () => open(connection, item)),
      !connection.fixed && iconButton("trash", text("connections.delete"), () => confirm(connection, item)),
    ];
    const models = connection.models.length ? connection.models.join(", ") : text("connections.any-model");
    const item = el(
      "li",
      { "data-name": connection.name },
      el("span.name", {}, connection.name),
      el("span.chips", {}, ...chips.filter(Boolean).map((words) => el("span.chip", {}, words))),
      el("span.buttons", {}, ...buttons.filter(Boolean)),
      el("span.where", {}, connection.url ?? connection.provider),
      el("span.which", {}, models),
      result,
    );
    return item;
  }

  // Of a connection whose models nobody has chosen.
  function useAll({ has_key, fixed, ...connection }, models) {
    async function save() {
      const value = await rest("connections", { ...connection, models, key: null }, "PUT");
      if (value.error) return toast(value.error, { problem: true });
      changed(text("connections.saved", { name: connection.name }));
    }
    return el("button.quiet", { type: "button", onclick: save }, text("connections.use-all", { count: models.length }));
  }

  // A key cannot be had back from here, so this asks first instead of offering to undo.
  function confirm(connection, item) {
    item.querySelector(".sure")?.remove();
    const sure = el("p.sure", {}, el("span", {}, text("connections.sure", { name: connection.name })));
    const remove = el("button.danger", { type: "button", onclick: () => drop(connection) }, text("connections.delete"));
    sure.append(remove, el("button.plain", { type: "button", onclick: () => sure.remove() }, text("action.cancel")));
    item.append(sure);
    remove.focus();
  }

  async function drop(connection) {
    const value = await rest(`connections/${connection.name}`, undefined, "DELETE");
    if (value.error) return toast(value.error, { problem: true });
    changed(text("connections.deleted", { name: connection.name }));
  }

  // A server that is asked may have to load its model first.
  async function test(button, [path, body], result, done = () => {}) {
    button.disabled = true;
    tell(result, text("connections.testing"));
    const value = await rest(path, body);
    button.disabled = false;
    tell(result, value.error ?? value.tested, value.error ? "bad" : "good");
    if (!value.error) done(value);
  }

  async function save() {
    const connection = form.read();
    const kept = await rest("connections", connection, "PUT");
    if (kept.error) return tell(form.result, kept.error, "bad");
    const lost = connection.key === null && form.hadKey && !kept.has_key;
    const message = text(lost ? "connections.key-lost" : "connections.saved", { name: connection.name });
    changed(message, { problem: lost });
  }

  find(".add").addEventListener("click", () => open(null, find(".add")));
  // Who comes from the offer of a model wants a new one, perhaps of a server that was found on this machine.
  function connecting() {
    const asked = takeConnecting();
    if (!asked) return;
    open(null, find(".add"));
    if (asked.preset) form.preset(asked.preset);
  }
  addEventListener("studio:connect", connecting);
  form.element.addEventListener("submit", (event) => (event.preventDefault(), save()));
  form.find("[data-do=cancel]").addEventListener("click", close);
  form.find("[data-do=test]").addEventListener("click", (event) =>
    test(event.currentTarget, ["connections/test", form.read()], form.result, (value) => form.offer(value.models)),
  );

  // Read again whenever the tab is entered, but not under somebody's hands. A tab that is not shown has no width.
  new ResizeObserver(() => {
    const wasSeen = isSeen;
    isSeen = root.clientWidth > 0;
    if (isSeen && !wasSeen && form.element.hidden) load();
  }).observe(root);
  connecting();
}

function tell(result, words, kind = "") {
  result.className = `result wide ${kind}`;
  result.hidden = !words;
  result.textContent = words;
}

// The form: what kind of connection decides what it asks for.
function mountForm(element) {
  const find = (selector) => element.querySelector(selector);
  const field = (name) => element.elements.namedItem(name);
  const form = { element, find, result: find(".result"), hadKey: false, open, close, read, offer, preset: fillIn };
  let listed = [];
  // Whether somebody has chosen or unchosen a model.
  let isByHand = false;

  find("datalist").append(...PROVIDERS.map((value) => el("option", { value })));
  const options = PRESETS.map(({ id, label }) => el("option", { value: id }, label));
  options.push(el("option", { value: OTHER }, text("connections.other-server")));
  options.push(el("option", { value: LANGCHAIN }, text("connections.langchain")));
  field("kind").append(...options);

  const preset = () => PRESETS.find(({ id }) => id === field("kind").value);
  const isServer = () => field("kind").value !== LANGCHAIN;

  function draw() {
    find(".for-provider").hidden = isServer();
    field("url").placeholder = isServer() ? "" : text("connections.own-url");
    find(".forget").hidden = !form.hadKey;
    field("key").placeholder = text(form.hadKey ? "connections.key-stored" : "connections.key-hint");
    drawChips();
  }

  const fitting = (wanted) => listed.filter((name) => name.toLowerCase().includes(wanted));

  function drawChips() {
    const wanted = find(".offered input").value.toLowerCase();
    const chosen = new Set(lines(field("models").value));
    find(".offered").hidden = !listed.length;
    find(".offered input").hidden = listed.length <= 12;
    find(".chips").replaceChildren(
      ...fitting(wanted).slice(0, SHOWN).map((name) => {
        const attributes = { type: "button", "aria-pressed": String(chosen.has(name)), onclick: () => toggle(name) };
        return el("button.chip", attributes, name);
      }),
    );
  }

  function choosing(names) {
    field("models").value = [...new Set(names)].join("\n");
    isByHand = true;
    drawChips();
  }

  function toggle(name) {
    const chosen = lines(field("models").value);
    const rest = chosen.filter((one) => one !== name);
    choosing(rest.length < chosen.length ? rest : [...chosen, name]);
  }

  // All that the search shows, or none of them.
  function chooseMany(areChosen) {
    const shown = fitting(find(".offered input").value.toLowerCase());
    const rest = lines(field("models").value).filter((name) => !shown.includes(name));
    choosing(areChosen ? [...rest, ...shown] : rest);
  }

  // A preset fills in what nobody has written.
  function choose() {
    const known = ["", ...PRESETS.flatMap(({ id, url }) => [id, url])];
    if (!field("name").readOnly && known.includes(field("name").value)) field("name").value = preset()?.id ?? "";
    if (known.includes(field("url").value)) field("url").value = preset()?.url ?? "";
    draw();
  }

  function fillIn(kind) {
    field("kind").value = kind;
    choose();
  }

  function kindOf(connection) {
    if (connection.provider !== SERVER) return LANGCHAIN;
    return PRESETS.find(({ url }) => url === connection.url)?.id ?? OTHER;
  }

  function open(connection) {
    element.reset();
    listed = [];
    isByHand = false;
    tell(form.result, "");
    form.hadKey = connection?.has_key ?? false;
    find("h3").textContent = text(connection ? "connections.edit-title" : "connections.add", connection ?? {});
    field("name").readOnly = Boolean(connection);
    if (connection) {
      field("kind").value = kindOf(connection);
      for (const name of ["name", "provider", "url"]) field(name).value = connection[name] ?? "";
      field("models").value = connection.models.join("\n");
      field("visitors").checked = connection.visitors;
      for (const name of WAITS) field(name).value = connection[name] ?? "";
      find(".advanced").open = WAITS.some((name) => connection[name] !== null);
      draw();
    } else {
      choose();
    }
    element.hidden = false;
    field(connection ? "models" : "kind").focus({ preventScroll: true });
  }

  function close() {
    element.hidden = true;
    element.reset();
  }

  // No key means: as it is stored; an empty one: none any more.
  function read() {
    const key = field("forget").checked ? "" : field("key").value.trim() || null;
    return {
      name: field("name").value.trim(),
      provider: isServer() ? SERVER : field("provider").value.trim(),
      url: field("url").value.trim() || null,
      key,
      models: lines(field("models").value),
      visitors: field("visitors").checked,
      ...Object.fromEntries(WAITS.map((name) => [name, seconds(field(name))])),
    };
  }

  // What is no number is sent as it is, to be refused by its name.
  function seconds({ value, validity }) {
    if (validity.badInput) return "?";
    return value === "" ? null : Number(value);
  }

  function offer(models) {
    listed = models;
    // A server that works is used as it is, unless somebody has chosen.
    if (!isByHand && !field("models").value.trim()) field("models").value = models.join("\n");
    drawChips();
  }

  field("kind").addEventListener("change", choose);
  field("models").addEventListener("input", () => ((isByHand = true), drawChips()));
  find("[data-do=all]").addEventListener("click", () => chooseMany(true));
  find("[data-do=none]").addEventListener("click", () => chooseMany(false));
  find(".offered input").addEventListener("input", drawChips);
  return form;
}
