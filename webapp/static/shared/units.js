// Sizes and names of languages as people read them, in the page's language.

import { text } from "./dom.js";

const locale = document.documentElement.lang;
const names = new Intl.DisplayNames(locale, { type: "language" });
const number = (digits) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
// More are counted, not named.
const NAMED = 2;

// Memory is sold and told in powers of two.
export const memory = (count) => `${number(1).format(count / 2 ** 30)} GB`;

export const count = (figure) => number(0).format(figure);

export function bytes(count) {
  if (count >= 1e9) return `${number(1).format(count / 1e9)} GB`;
  if (count >= 1e6) return `${number(0).format(count / 1e6)} MB`;
  return `${number(0).format(Math.ceil(count / 1e3))} kB`;
}

// What a person wrote as a language need not be one.
export function languageName(code) {
  try {
    return names.of(code);
  } catch {
    return code;
  }
}

// "English, Chinese and 9 more": the page's own language first.
export function languageNames(codes) {
  const own = locale.split("-")[0];
  const sorted = [...codes].sort((one, other) => (other === own) - (one === own));
  const named = sorted.slice(0, NAMED).map((code) => names.of(code));
  const rest = sorted.length - named.length;
  const list = named.join(text("models.comma"));
  return rest > 0 ? text("models.languages-more", { languages: list, count: rest }) : list;
}
