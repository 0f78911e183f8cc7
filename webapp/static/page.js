// The page around the rooms: theme, language, and links from one room to another.

import { fill, recall, remember, text } from "./dom.js";

// Rooms: what opens an item where it belongs. A link in a room to "?chat=…" or "?job=…" stays on the page.

const rooms = new Map();
const awaited = new Map();

export function room(name, open) {
  rooms.set(name, open);
  awaited.get(name)?.(open);
}

export async function goTo(name, query) {
  document.getElementById(`room-${name}-button`)?.click();
  const open = rooms.get(name) ?? (await new Promise((found) => awaited.set(name, found)));
  return open(new URLSearchParams(query));
}

// A room is made when it is first entered, so that a link to what is in it has to open the door.
const PLACES = { item: "history", draft: "writing" };

function arrive(name) {
  if (!document.getElementById(`room-${name}-button`)) requestAnimationFrame(() => arrive(name));
  else goTo(name, location.search);
}

// Theme: the system's, until the visitor chooses.

const THEME = "studio.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (recall(THEME) ?? (dark.matches ? "dark" : "light")) === "dark";
const applyTheme = () => document.body.classList.toggle("dark", isDark());

function switchTheme() {
  remember(THEME, isDark() ? "light" : "dark");
  applyTheme();
}

// Language: a cookie that Python reads; what is typed, open and set is in the browser's storage and the address.

function switchLanguage(button) {
  // On Spaces the page lies in a frame of another site.
  const scope = location.protocol === "https:" ? "samesite=none; secure; partitioned" : "samesite=lax";
  document.cookie = `studio_language=${button.dataset.language}; path=/; max-age=31536000; ${scope}`;
  location.reload();
}

export function mount({ element }) {
  const root = element.querySelector(".studio-header");
  fill(root);
  root.querySelector("img").src = new URL("studio/logo.svg", document.baseURI);
  const language = root.querySelector("[data-do=language]");
  language.dataset.language = window.studio.language === "zh" ? "en" : "zh";
  language.append(text("language.other"));
  language.addEventListener("click", () => switchLanguage(language));
  root.querySelector("[data-do=theme]").addEventListener("click", switchTheme);
  applyTheme();
  const named = Object.keys(PLACES).find((name) => new URLSearchParams(location.search).has(name));
  if (named) arrive(PLACES[named]);
  // Gradio listens too, and earlier: ours is the last word.
  dark.addEventListener("change", applyTheme);
}
