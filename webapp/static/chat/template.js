// What the composer says of the template in use: its name, and a field for each variable that the message does not fill.

import { el, iconButton, recall, remember, text } from "../shared/dom.js";

export function mountTemplate(root, { edit, drop, changed }) {
  let template = null;

  // What was typed last is there again, for each template.
  const slot = (id, name) => `studio.value.${id}.${name}`;
  const value = (name) => recall(slot(template.id, name)) ?? "";
  // Of the template that is shown; none for another that is still to be drawn.
  const values = (id = template?.id) =>
    Object.fromEntries((template && template.id === id ? template.variables : []).map((name) => [name, value(name)]).filter(([, words]) => words));

  function show(shown) {
    template = shown;
    root.hidden = template === null;
    if (!template) return;
    const name = el("button.plain.name", { type: "button", title: text("prompts.edit"), onclick: () => edit(template.id) }, template.name);
    root.replaceChildren(el("span.chosen", {}, name, iconButton("close", text("prompts.drop"), drop)), ...template.variables.map(field));
  }

  function field(name) {
    const box = el("input", { name, "aria-label": name, autocomplete: "off" });
    box.value = value(name);
    box.addEventListener("input", () => remember(slot(template.id, name), box.value));
    box.addEventListener("change", () => changed(values()));
    return el("label", {}, el("span", {}, name), box);
  }

  function keep(id, values) {
    for (const [name, words] of Object.entries(values)) remember(slot(id, name), words);
    if (template?.id === id) show(template);
  }

  return { show, values, keep, asks: () => (template && template.question !== "message" ? template.question : null) };
}
