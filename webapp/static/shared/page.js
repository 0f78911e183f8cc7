// The page around the tabs: theme, language, and links from one tab to another.

import { watchHealth } from "./alarm.js";
import { fill, recall, remember, text } from "./dom.js";
import { watchDrops } from "./drop.js";
import { composerOf, focusOn, keepFocus, stopByEscape } from "./keyboard.js";
import { mountTabs } from "./tabs.js";

// Tabs: what opens an item where it belongs; a link to one stays on the page. A tab's open(query) shows what the
// query names, and for "?job=…" puts all that the job was asked with back where one asks.

const openers = new Map();
const awaited = new Map();

export function registerTab(name, open) {
  openers.set(name, open);
  awaited.get(name)?.(open);
}

const door = (name) => document.getElementById(`tab-${name}-button`);

export async function goTo(name, query) {
  const wanted = new URLSearchParams(query);
  locate(name, Object.fromEntries(named(name).filter((key) => wanted.has(key)).map((key) => [key, wanted.get(key)])));
  enter(name);
  const open = openers.get(name) ?? (await new Promise((found) => awaited.set(name, found)));
  return open(wanted);
}

// Where an item of the history opens: where it was made, or in the history if a program made it.
export const placeOf = ({ assistant, id }) => (door(assistant) ? [assistant, `?job=${id}`] : ["history", `?item=${id}`]);

// The tabs there are, by name: [name, what its door says].
export const doors = () =>
  [...document.querySelectorAll("[role=tab][id^=tab-]")].map((tab) => [tab.id.slice(4, -7), tab.textContent.trim()]);

export const enter = (name) => door(name)?.click();

// What people have rows of, and where these open: Python says it once, so that there is no list of it here.
export const { kinds, playable } = window.studio;

// What the address names of what is open, and the tab it is in. The chat, which is open already, sees to its own.
const NAMED = Object.fromEntries(
  kinds.filter(({ tab }) => tab !== "chat").flatMap(({ tab, parameters }) => parameters.map((parameter) => [parameter, tab])),
);
const named = (name) => Object.keys(NAMED).filter((key) => NAMED[key] === name);

// Comes to the tab that the address names. A tab is made when it is first entered: what the address names of others
// is opened then.
function arrive() {
  if (!doors().length) return requestAnimationFrame(arrive);
  const query = new URLSearchParams(location.search);
  const wanted = Object.entries(NAMED).filter(([key]) => query.has(key)).map(([, name]) => name);
  const tab = door(query.get(TAB)) ? query.get(TAB) : wanted[0];
  for (const name of wanted) if (name !== tab) awaited.set(name, (open) => open(query));
  if (wanted.includes(tab)) goTo(tab, location.search);
  else if (tab) enter(tab);
  // Somebody was quicker than this script.
  else locate(document.querySelector("[role=tab][id^=tab-][aria-selected=true]")?.id.slice(4, -7) ?? front());
  dispatchEvent(new Event("studio:tab"));
}

// The address names the tab in front and what is open in it, so that a reload and the browser's Back come to it. At
// first it is the first tab.

const TAB = "tab";
const opened = new Map();
// What was ever opened by a step forward can be gone back from.
const walked = new Set();

export const front = () => new URLSearchParams(location.search).get(TAB) ?? doors()[0][0];

// Says what is open in a tab: { draft: id }, or { draft: null } for nothing. A `step` can be gone back from.
export function showIn(name, names, { step = false } = {}) {
  opened.set(name, names);
  if (step) walked.add(name);
  if (name === front()) locate(name, names, { step });
}

function locate(name, names = opened.get(name) ?? {}, { step = true } = {}) {
  const url = new URL(location);
  if (name !== front()) url.searchParams.set(TAB, name);
  for (const key of Object.keys(NAMED)) {
    if (names[key]) url.searchParams.set(key, names[key]);
    // What is named of a tab that is still to come is opened there.
    else if (opened.has(NAMED[key]) || NAMED[key] === name) url.searchParams.delete(key);
  }
  if (url.href === location.href) return;
  // Before anybody has touched the page, it is still on its way to where the address leads.
  const isStep = step && navigator.userActivation?.hasBeenActive;
  history[isStep ? "pushState" : "replaceState"](history.state, "", url);
  dispatchEvent(new Event("studio:tab"));
}

function walk() {
  const name = front();
  const query = new URLSearchParams(location.search);
  const names = opened.get(name);
  enter(name);
  dispatchEvent(new Event("studio:tab"));
  if (!openers.has(name)) {
    if (named(name).some((key) => query.has(key))) awaited.set(name, (open) => open(query));
  } else if (names && named(name).some((key) => (names[key] ?? null) !== query.get(key))) {
    if (walked.has(name)) openers.get(name)(query);
    else locate(name, names, { step: false });
  }
}

function watchTabs() {
  document.addEventListener("click", ({ target, detail }) => {
    const name = target.closest?.("[role=tab][id^=tab-]")?.id.slice(4, -7);
    if (!name) return;
    if (name !== front()) locate(name);
    // By the keyboard one goes on among the tabs.
    if (detail) requestAnimationFrame(() => name === front() && focusOn(composerOf(name)));
  });
  addEventListener("popstate", walk);
}

// Theme: "light", "dark" or null, which is the system's, until the visitor chooses.

const THEME = "studio.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
export const theme = () => recall(THEME);
export const isDark = () => (theme() ?? (dark.matches ? "dark" : "light")) === "dark";

function applyTheme() {
  document.body.classList.toggle("dark", isDark());
  dispatchEvent(new Event("studio:theme"));
}

export function setTheme(chosen) {
  remember(THEME, chosen);
  applyTheme();
}

export const switchTheme = () => setTheme(isDark() ? "light" : "dark");

// Language: a cookie that Python reads; what is typed, open and set is in the browser's storage and the address.

export const otherLanguage = () => (window.studio.language === "zh" ? "en" : "zh");

export function setLanguage(language) {
  // On Spaces the page lies in a frame of another site.
  const scope = location.protocol === "https:" ? "samesite=none; secure; partitioned" : "samesite=lax";
  document.cookie = `studio_language=${language}; path=/; max-age=31536000; ${scope}`;
  location.reload();
}

export function mount({ element }) {
  const root = element.querySelector(".studio-header");
  const find = (selector) => root.querySelector(selector);
  fill(root);
  find("img").src = new URL("studio/shared/logo.svg", document.baseURI);
  find("[data-do=language]").append(text("language.other"));
  find("[data-do=language]").addEventListener("click", () => setLanguage(otherLanguage()));
  find("[data-do=theme]").addEventListener("click", switchTheme);
  find("[data-do=palette]").addEventListener("click", () => dispatchEvent(new Event("studio:palette")));
  find("kbd").textContent = text(/Mac|iPhone|iPad/.test(navigator.platform) ? "palette.key-mac" : "palette.key");
  applyTheme();
  watchTabs();
  watchHealth(element);
  watchDrops();
  keepFocus();
  stopByEscape();
  mountTabs(find("[data-do=tabs]"), { doors, enter, front });
  arrive();
  // Gradio listens too, and earlier: ours is the last word.
  dark.addEventListener("change", applyTheme);
}
