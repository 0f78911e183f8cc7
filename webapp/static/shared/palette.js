// The command palette: one key finds conversations, items, templates, tabs and what can be done. What the page knows
// itself is there at once, what Python finds comes below it.

import { ago, debounce, el, fill, icon, marked, text, toast } from "./dom.js";
import { doors, enter, goTo, isDark, kinds, otherLanguage, placeOf, setLanguage, switchTheme } from "./page.js";
import { rest } from "./rest.js";

const DEBOUNCE_MS = 120;

// By a word one finds more to do than is offered before: [its text, a picture, the tab, what is opened there].
const OTHERS = [
  ["palette.new-draft", "plus", "writing", ""],
  ["prompts.new", "plus", "prompts", "?prompt=new"],
  ["palette.new-image", "plus", "images", ""],
  ["trash.title", "trash", "history", "?view=trash"],
  ["stats.title", "chart", "history", "?view=stats"],
];
// The sections of the settings, each with its title and what is set there.
const SETTINGS = [
  ["general", "general.title", "general.language", "general.theme", "general.model"],
  ["models", "models.title"],
  ["connections", "connections.title"],
  ["storage", "storage.title", "storage.days", "storage.backup", "storage.restore"],
  ["about", "about.title"],
];

export function mount(component) {
  const dialog = component.element.querySelector("dialog");
  const input = dialog.querySelector("input");
  const list = dialog.querySelector(".found");
  const none = dialog.querySelector(".none");
  fill(component.element);
  let hits = [];
  let models = [];
  // The words that the hits are for.
  let answered = null;
  // Enter came before the answer: what is chosen is what the answer brings first.
  let isHasty = false;

  function open() {
    if (dialog.open) return input.select();
    input.value = "";
    hits = models = [];
    answered = null;
    dialog.showModal();
    look();
  }

  // What the page knows

  const going = (key, icon, ...place) => ({ name: text(key), icon, choose: () => goTo(...place) });
  const actions = () => [
    going("chat.new", "plus", "chat", ""),
    { name: text(isDark() ? "palette.light" : "palette.dark"), icon: "theme", choose: switchTheme },
    { name: text("language.switch"), icon: "language", choose: () => setLanguage(otherLanguage()) },
    ...(input.value.trim() ? OTHERS.map((one) => going(...one)) : []),
  ];
  // What a setting is called, and below it the section that has it.
  const settings = () =>
    (input.value.trim() ? SETTINGS : []).flatMap(([section, ...keys]) =>
      keys.map((key, place) => ({
        name: text(key), detail: place ? text(keys[0]) : "", detail_marks: [], icon: "sliders",
        choose: () => goTo("settings", `?section=${section}`),
      })),
    );
  const using = ({ name, title }) => ({
    name: title, detail: title === name ? "" : name, detail_marks: [], icon: "spark", kind: "model", id: name,
    async choose() {
      // For the chat that is begun, and none that is open.
      await goTo("chat", `?model=${encodeURIComponent(name)}`);
      dispatchEvent(new CustomEvent("studio:use", { detail: name }));
      toast(text("models.chosen", { title }));
    },
  });
  const places = () => doors().map(([name, title]) => ({ name: title, icon: "right", choose: () => enter(name) }));

  // A word of the query begins a word of the name or, as in Chinese, stands anywhere in it.
  function fits({ name }) {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const place = (word) => ` ${name.toLowerCase()}`.indexOf(/^\w/.test(word) ? ` ${word}` : word);
    return words.every((word) => place(word) >= 0);
  }

  // What Python finds

  const find = debounce(DEBOUNCE_MS, async () => {
    const q = input.value;
    const answer = await rest(`palette?${new URLSearchParams({ q })}`);
    if (q !== input.value || !dialog.open) return;
    answered = q;
    hits = answer.hits ?? [];
    models = answer.models ?? [];
    if (answer.error) toast(answer.error, { problem: true });
    draw();
    if (isHasty) current()?.choose();
    isHasty = false;
  });

  const isAsking = () => answered !== input.value;

  function look() {
    isHasty = false;
    draw();
    find();
  }

  const found = (kind, isTitled) =>
    hits
      .filter((hit) => hit.kind === kind.name && hit.is_titled === isTitled)
      .map((hit) => ({ ...hit, name: hit.title, icon: kind.icon, choose: () => goTo(...placeOfHit(kind, hit)) }));

  // What somebody's assistant made opens where that is.
  const placeOfHit = (kind, hit) => (hit.assistant ? placeOf(hit) : [kind.tab, `?${kind.parameters[0]}=${hit.id}`]);

  // The list

  function draw() {
    const now = current()?.dataset.key;
    const groups = [
      ["palette.actions", actions().filter(fits)],
      ["palette.places", places().filter(fits)],
      ["palette.settings", settings().filter(fits)],
      ["palette.models", models.map(using)],
      ...kinds.map((kind) => [`palette.${kind.name}`, found(kind, true)]),
      ["palette.in-text", kinds.flatMap((kind) => found(kind, false))],
    ].filter(([, entries]) => entries.length);
    list.replaceChildren(...groups.map(([title, entries]) => group(text(title), entries)));
    for (const [place, option] of options().entries()) option.id = `palette-option-${place}`;
    activate(options().find((option) => option.dataset.key === now) ?? options()[0]);
    none.hidden = groups.length > 0 || isAsking();
  }

  const group = (title, entries) =>
    el("div", { role: "group", "aria-label": title }, el("h3", { "aria-hidden": "true" }, title), ...entries.map(option));

  function option(entry) {
    const name = el("span.name", {}, ...(entry.title_marks ? marked(entry.name, entry.title_marks) : [entry.name]));
    const detail = entry.detail ? el("span.detail", {}, ...marked(entry.detail, entry.detail_marks)) : null;
    const time = entry.time ? el("time", { datetime: entry.time }, ago(entry.time)) : null;
    const key = `${entry.icon} ${entry.id ?? entry.name}`;
    const node = el("div.option", { role: "option", "data-key": key }, icon(entry.icon), name, time, detail);
    node.addEventListener("click", () => choose(entry));
    node.addEventListener("pointermove", () => activate(node));
    // What was found may be for fewer letters than are typed by now.
    node.choose = () => (entry.kind && isAsking() ? (isHasty = true) : choose(entry));
    return node;
  }

  function choose(entry) {
    dialog.close();
    entry.choose();
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
  }

  function step(by) {
    const all = options();
    if (!all.length) return;
    const next = all.at((all.indexOf(current()) + by) % all.length);
    activate(next);
    next.scrollIntoView({ block: "nearest" });
  }

  input.addEventListener("input", look);
  input.addEventListener("keydown", (event) => {
    // While Chinese is being composed, keys are the input method's.
    if (event.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) step(by);
    else if (event.key === "Enter" && current()) current().choose();
    else if (event.key === "Enter") isHasty = isAsking();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  addEventListener("studio:palette", open);
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    open();
  });

  // A link to a job opens where the job was made.

  const job = new URLSearchParams(location.search).get("job");
  if (job)
    rest(`jobs/${encodeURIComponent(job)}`).then((found) =>
      found.id ? goTo(...placeOf(found)) : toast(found.error, { problem: true }),
    );
}
