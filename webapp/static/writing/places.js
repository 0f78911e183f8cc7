// Places in a text box: Python counts characters, JavaScript units, of which some characters have two; and where on the
// screen a stretch of it lies, found by a copy of the text behind the box, which can be coloured as well.

import { el } from "../shared/dom.js";

const isPlain = (words) => !/[\ud800-\udfff]/.test(words);

export const toUnits = (words, place) => (isPlain(words) ? place : [...words].slice(0, place).join("").length);
export const toCharacters = (words, place) => (isPlain(words) ? place : [...words.slice(0, place)].length);

const CJK = "\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7af\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
const LETTER = `(?:(?![${CJK}])[\\p{L}\\p{N}])`;
const COUNTED = new RegExp(`[${CJK}]|${LETTER}+(?:['’-]${LETTER}+)*`, "gu");

// A picture of the studio's own gallery: its name and its address.
export const PICTURE = /!\[([^\]\n]*)\]\((\/api\/files\/[0-9a-f]{32})\)/g;

// As the library counts: words, and single characters where a script has no spaces; a picture has none.
export function count(text) {
  const words = text.replace(PICTURE, "");
  COUNTED.lastIndex = 0;
  let found = 0;
  while (COUNTED.test(words)) found += 1;
  return found;
}

// Lays `pieces`, [text, class or null], behind a text box; together they are its text.
export function underlay(box, pieces, layer = "tints") {
  clear(box, layer);
  const nodes = pieces.map(([words, kind]) => (kind ? el(`mark.${kind}`, {}, words) : words));
  // A line that is empty at the end has its height from this space.
  const node = el(`div.under.${layer}`, { "aria-hidden": "true" }, ...nodes, " ");
  box.before(node);
  return node;
}

export function clear(box, layer = "tints") {
  box.parentElement.querySelector(`.under.${layer}`)?.remove();
}

// Marks a stretch and returns the mark, whose place on the screen is the stretch's.
export function mark(box, start, end, kind = "marked") {
  const words = box.value;
  const pieces = [[words.slice(0, start), null], [words.slice(start, end) || "\u200b", kind], [words.slice(end), null]];
  return underlay(box, pieces, "marks").querySelector("mark");
}

const placed = new WeakMap();

// Whether what is selected is where `goToPlace` led, and not what a person has selected.
export function isPlaced(box) {
  const [start, end] = placed.get(box) ?? [];
  return box.selectionStart === start && box.selectionEnd === end;
}

// Selects a stretch, brings it into view and marks it for as long as the box has the focus.
export function goToPlace(box, start, end) {
  const found = mark(box, start, end);
  box.focus({ preventScroll: true });
  box.setSelectionRange(start, end);
  placed.set(box, [start, end]);
  found.scrollIntoView({ block: "center" });
  box.addEventListener("blur", () => clear(box, "marks"), { once: true });
}
