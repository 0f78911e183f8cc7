// The form of a person's profile: kept as it is typed, and shown as a model is told it.

import { debounce, el, text, toast } from "../shared/dom.js";
import { rest } from "../shared/rest.js";

// Each field, what it is called, and what may stand in it.
const FIELDS = [
  ["name", "profile.name", "profile.name-hint"],
  ["tone", "profile.tone", "profile.tone-hint"],
  ["language", "profile.language", "profile.language-hint"],
  ["facts", "profile.facts", "profile.facts-hint"],
];
const SAVE_MS = 500;

export function mountProfile(root) {
  const on = el("input", { type: "checkbox", id: "profile-on" });
  const isLong = (name) => name === "facts";
  const boxes = FIELDS.map(([name, , hint]) =>
    el(isLong(name) ? "textarea" : "input", {
      id: `profile-${name}`, name, placeholder: text(hint), autocomplete: "off",
      maxlength: isLong(name) ? 4000 : 200, rows: isLong(name) ? 4 : null,
    }),
  );
  const told = el("pre");
  const seen = el("details.told", { hidden: true }, el("summary", {}, text("profile.told")), told);
  const field = (node, place) => el("div.setting", {}, el("label", { for: node.id }, text(FIELDS[place][1])), node);
  root.replaceChildren(
    el("h3", {}, text("profile.title")),
    el("p.hint", {}, text("profile.hint")),
    el("label.switch", {}, on, el("span", {}, text("profile.on"))),
    ...boxes.map(field),
    seen,
  );

  // What is being typed is not read over.
  let isTouched = false;

  async function load() {
    const profile = await rest("profile");
    if (profile.error) return toast(profile.error, { problem: true });
    if (isTouched) return;
    on.checked = profile.is_on;
    for (const node of boxes) node.value = profile[node.name];
    show(profile);
  }

  function show(profile) {
    seen.hidden = !profile.told;
    told.textContent = profile.told;
  }

  async function save() {
    const typed = Object.fromEntries(boxes.map((node) => [node.name, node.value]));
    const kept = await rest("profile", { is_on: on.checked, ...typed }, "PUT");
    if (kept.error) return toast(kept.error, { problem: true });
    isTouched = false;
    show(kept);
    dispatchEvent(new CustomEvent("studio:profile", { detail: kept }));
  }

  const later = debounce(SAVE_MS, save);
  for (const node of boxes) node.addEventListener("input", () => ((isTouched = true), later()));
  on.addEventListener("change", () => ((isTouched = true), save()));
  return { load };
}
