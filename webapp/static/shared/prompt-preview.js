// What a prompt sends: a field for each variable, the messages with their values in place, how many tokens they are.

import { el, text } from "./dom.js";

export const VARIABLE = /\{\{([\p{L}_][\p{L}\p{M}\p{N}_]*)\}\}/gu;
const ROLES = { system: "history.system", user: "chat.you", assistant: "chat.reply" };

// `changed` is called with the values whenever one was typed.
export function mountPreview(root, { changed = () => {} } = {}) {
  const fields = el("div.variables");
  const messages = el("ol.messages");
  const tokens = el("p.tokens", { role: "status" });
  root.replaceChildren(fields, messages, tokens);
  const typed = new Map();
  let shown = null;

  const values = () => Object.fromEntries((shown?.variables ?? []).map((name) => [name, typed.get(name) ?? shown.examples?.[name] ?? ""]));

  function show(checked) {
    const before = (shown?.variables ?? []).join();
    shown = checked;
    if (before !== checked.variables.join() || !fields.childElementCount) drawFields();
    draw();
  }

  function drawFields() {
    const line = shown.variables.length ? "prompts.variables" : "prompts.no-variables";
    fields.replaceChildren(el("p.lead", {}, text(line)), ...shown.variables.map(field));
  }

  function field(name) {
    const box = el("textarea", { rows: 1, "aria-label": name, name });
    box.value = values()[name];
    box.addEventListener("input", () => {
      typed.set(name, box.value);
      draw();
      changed(values());
    });
    return el("label", {}, el("span", {}, name, name === shown.question && el("em", {}, text("prompts.question"))), box);
  }

  function draw() {
    messages.replaceChildren(...shown.messages.map(([role, content]) => el(`li.${role}`, {}, el("h4", {}, text(ROLES[role])), el("div", {}, ...filled(content)))));
    const known = shown.tokens;
    tokens.hidden = !known;
    if (known) tokens.textContent = text(known.model ? "prompts.tokens" : "prompts.tokens-about", { count: known.count, model: known.model });
  }

  function filled(content) {
    const nodes = [];
    let end = 0;
    for (const found of content.matchAll(VARIABLE)) {
      const value = values()[found[1]];
      nodes.push(content.slice(end, found.index), value ? el("mark.value", {}, value) : el("mark.slot", {}, found[0]));
      end = found.index + found[0].length;
    }
    return [...nodes, content.slice(end)];
  }

  return { show, values, reset: () => (typed.clear(), (shown = null), fields.replaceChildren()) };
}
