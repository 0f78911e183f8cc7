// What the composer says of the template in use: its name, and a field for each variable that the message does not fill.

import { el, iconButton, recall, remember, text } from "../shared/dom.js";

export function mountTemplate(root, { edit, drop, changed, filled }) {
  let template = null;
  // The one whose first field gets the focus once it is there.
  let awaited = null;

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
    if (awaited !== template.id) return;
    awaited = null;
    step(null);
  }

  // From field to field, and from the last one to the message.
  function step(box) {
    const boxes = [...root.querySelectorAll("input")];
    (boxes[boxes.indexOf(box) + 1] ?? { focus: filled }).focus();
  }

  function field(name) {
    const box = el("input", { name, "aria-label": name, autocomplete: "off" });
    box.value = value(name);
    box.addEventListener("input", () => remember(slot(template.id, name), box.value));
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      step(box);
    });
    box.addEventListener("change", () => changed(values()));
    return el("label", {}, el("span", {}, name), box);
  }

  function keep(id, values) {
    for (const [name, words] of Object.entries(values)) remember(slot(id, name), words);
    if (template?.id === id) show(template);
  }

  return { show, values, keep, await: (id) => (awaited = id), asks: () => (template && template.question !== "message" ? template.question : null) };
}
