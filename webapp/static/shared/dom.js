// Small words for making elements. Text always goes in as text: nothing here takes HTML.

export const text = (key, values = {}) =>
  (window.studio.texts[key] ?? key).replace(/\{(\w+)\}/g, (slot, name) => values[name] ?? slot);

// el("button.primary", { title: "…", onclick }, child, "text", …): no child means no text.
export function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag);
  node.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", new URL(`studio/shared/icons.svg#${name}`, document.baseURI));
  svg.append(use);
  return svg;
}

export const iconButton = (name, label, onclick, attributes = {}) =>
  el("button.icon-button", { type: "button", title: label, "aria-label": label, onclick, ...attributes }, icon(name));

// Fills a skeleton: data-text, data-label, data-hint (placeholder) and data-icon name what belongs there.
export function fill(root) {
  for (const node of root.querySelectorAll("[data-icon]")) node.prepend(icon(node.dataset.icon));
  for (const node of root.querySelectorAll("[data-text]")) node.append(text(node.dataset.text));
  for (const node of root.querySelectorAll("[data-hint]")) node.placeholder = text(node.dataset.hint);
  for (const node of root.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", text(node.dataset.label));
    if (node.tagName === "BUTTON") node.title = text(node.dataset.label);
  }
}

// Text with its marks as elements; places count characters, of which some are two of JavaScript's.
export function marked(words, places) {
  const letters = [...words];
  const nodes = [];
  let end = 0;
  for (const [from, to] of places) {
    nodes.push(letters.slice(end, from).join(""), el("mark", {}, letters.slice(from, to).join("")));
    end = to;
  }
  return [...nodes, letters.slice(end).join("")];
}

// Two texts as one sequence of ["same" | "removed" | "added", words]: what is the same, and marked what is one's own.
export const pieced = (pieces, ...own) =>
  pieces
    .filter(([kind]) => kind === "same" || own.includes(kind))
    .map(([kind, words]) => (kind === "same" ? words : el(`mark.${kind}`, {}, words)));

const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60]];
const locale = document.documentElement.lang;
const distance = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
const moment = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

// "3 hours ago" in the page's language.
export function ago(iso) {
  const seconds = (new Date(iso) - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? [];
  return unit ? distance.format(Math.round(seconds / size), unit) : text("time.now");
}

export const when = (iso) => moment.format(new Date(iso));

// What the browser keeps for the visitor, or this page alone where storage is blocked, as in some frames.
const kept = new Map();

export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return kept.get(key) ?? null;
  }
}

export function remember(key, words) {
  try {
    if (words) localStorage.setItem(key, words);
    else localStorage.removeItem(key);
  } catch {
    kept.set(key, words);
  }
}

export function debounce(wait, call) {
  let timer = null;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), wait);
  };
}

// A debounced call for what the browser keeps: it comes at once where the page is left, so that nothing is lost.
export function keeping(wait, call) {
  let isDue = false;
  function now() {
    isDue = false;
    call();
  }
  const soon = debounce(wait, now);
  addEventListener("pagehide", () => isDue && now());
  return () => {
    isDue = true;
    soon();
  };
}

// What /api says went wrong, if it says something. A field of the request at the beginning is called what it is called here.
export function wentWrong(said) {
  const { message, field } = said?.error ?? {};
  const key = `field.${field?.split(".").at(-1)}`;
  if (field && message.startsWith(field) && text(key) !== key) return text(key) + message.slice(field.length);
  return message ?? text("error.no-answer");
}

// Says what is wrong where it belongs, and in sight; nothing takes it back.
export function complain(node, problem) {
  node.hidden = !problem;
  node.textContent = problem ?? "";
  if (problem) node.scrollIntoView({ block: "nearest" });
}

// What lies over the page: while a dialog is open, the browser shows and hears nothing that is not in it.
export const inFront = () => [...document.querySelectorAll("dialog:modal")].at(-1) ?? document.body;

// What was pressed last is what a toast speaks of, even if it is gone by now, and what has the focus is what one goes on
// with: it stands above where it would cover these below. Of a menu, what it was opened by counts, too.
const spoken = [];
const rowOf = (node) => (node.closest?.("li") ?? node.closest?.("button, label") ?? node).getBoundingClientRect?.();
addEventListener("pointerdown", ({ target }) => {
  spoken.unshift(rowOf(target));
  spoken.length = Math.min(2, spoken.length);
}, true);

function keepClear(toast) {
  const focused = document.activeElement;
  const places = [...spoken.map((place) => [place, 1]), ...(focused && focused !== document.body ? [[rowOf(focused), 2]] : [])];
  const covered = () => {
    const own = toast.getBoundingClientRect();
    const isCovered = ({ left, right, top, bottom }) => left < own.right && right > own.left && top < own.bottom && bottom > own.top;
    return places.reduce((sum, [place, weight]) => sum + (place && isCovered(place) ? weight : 0), 0);
  };
  const below = covered();
  toast.classList.add("above");
  if (covered() >= below) toast.classList.remove("above");
}

// One line at the foot of the page for a while; `undo` gives it a button.
export function toast(message, { undo = null, problem = false } = {}) {
  document.querySelector(".studio-toast")?.remove();
  const node = el("div.studio-toast", { role: problem ? "alert" : "status" }, el("span", {}, message));
  if (problem) node.classList.add("problem");
  const leave = () => node.remove();
  if (undo) node.append(el("button", { type: "button", onclick: () => (leave(), undo()) }, text("action.undo")));
  node.append(iconButton("close", text("action.close"), leave));
  inFront().append(node);
  keepClear(node);
  setTimeout(leave, undo || problem ? 10_000 : 4_000);
}

export async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    // Without https the clipboard interface is not there.
    const box = el("textarea.offscreen");
    box.value = words;
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  toast(text("action.copied"));
}
