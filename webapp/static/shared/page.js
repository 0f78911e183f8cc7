// The page around the rooms: theme, language, and links from one room to another.

import { watchHealth } from "./alarm.js";
import { fill, recall, remember, text } from "./dom.js";

// Rooms: what opens an item where it belongs; a link to one stays on the page. A room's open(query) shows what the
// query names, and for "?job=…" puts all that the job was asked with back where one asks.

const rooms = new Map();
const awaited = new Map();

export function room(name, open) {
  rooms.set(name, open);
  awaited.get(name)?.(open);
}

const door = (name) => document.getElementById(`room-${name}-button`);

export async function goTo(name, query) {
  door(name)?.click();
  const open = rooms.get(name) ?? (await new Promise((found) => awaited.set(name, found)));
  return open(new URLSearchParams(query));
}

// Where an item of the history opens: where it was made, or in the history if a program made it.
export const placeOf = ({ assistant, id }) => (door(assistant) ? [assistant, `?job=${id}`] : ["history", `?item=${id}`]);

// The rooms there are, by name: [name, what its door says].
export const doors = () =>
  [...document.querySelectorAll("[role=tab][id^=room-]")].map((tab) => [tab.id.slice(5, -7), tab.textContent.trim()]);

export const enter = (name) => door(name)?.click();

// What people have rows of, and where these open: Python says it once, so that there is no list of it here.
export const { kinds, playable } = window.studio;

// A room is made when it is first entered, so that a link to what is in it has to open the door.
const NAMED = kinds.flatMap(({ tab, parameters }) => parameters.map((parameter) => [parameter, tab]));

// Comes to the room that the address names; what it names of others is opened once these are entered.
function arrive() {
  if (!doors().length) return requestAnimationFrame(arrive);
  const query = new URLSearchParams(location.search);
  // The first room is open already and reads the address itself.
  const wanted = NAMED.filter(([name, place]) => query.has(name) && place !== doors()[0][0]).map(([, place]) => place);
  const tab = door(query.get(TAB)) ? query.get(TAB) : wanted[0];
  for (const name of wanted) if (name !== tab) awaited.set(name, (open) => open(query));
  if (wanted.includes(tab)) goTo(tab, location.search);
  else if (tab) enter(tab);
}

// The address names the room in front, so that a reload and the browser's Back come to it. At first it is the first.

const TAB = "tab";
const named = () => new URLSearchParams(location.search).get(TAB) ?? doors()[0][0];

function locate(name) {
  if (name === named()) return;
  const url = new URL(location);
  url.searchParams.set(TAB, name);
  // Before anybody has touched the page, it is still on its way to where the address leads.
  const isArriving = !navigator.userActivation?.hasBeenActive;
  history[isArriving ? "replaceState" : "pushState"](history.state, "", url);
}

function watchRooms() {
  document.addEventListener("click", ({ target }) => {
    const tab = target.closest?.("[role=tab][id^=room-]");
    if (tab) locate(tab.id.slice(5, -7));
  });
  addEventListener("popstate", () => enter(named()));
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
  watchRooms();
  watchHealth(element);
  arrive();
  // Gradio listens too, and earlier: ours is the last word.
  dark.addEventListener("change", applyTheme);
}
