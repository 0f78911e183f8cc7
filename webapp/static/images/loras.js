// LoRAs: small files that change what a model draws, each with a weight.

import { number } from "../shared/choices.js";
import { el, iconButton, text } from "../shared/dom.js";

export function mountLoras(root, { changed }) {
  const list = root.querySelector("ol");
  const another = el("button.plain", { type: "button", "data-do": "lora", onclick: () => (add({}), changed()) }, text("images.lora-add"));
  let known = [];
  root.append(another);

  function add({ name = known[0]?.name, weight = 1 }) {
    const names = [...new Set([...known.map((one) => one.name), name])];
    const choice = el("select", { "aria-label": text("field.loras"), onchange: changed }, ...names.map((one) => el("option", { value: one }, one)));
    const box = el("input", { inputmode: "decimal", maxlength: 6, "aria-label": text("field.weight"), value: weight });
    choice.value = name;
    const drop = iconButton("close", text("playground.drop", { name }), () => (line.remove(), changed()));
    const line = el("li", {}, choice, box, drop);
    list.append(line);
  }

  function read() {
    const all = [...list.children].map((line) => {
      const [choice, box] = line.querySelectorAll("select, input");
      return { name: choice.value, ...(box.value.trim() && { weight: number(box.value.trim()) }) };
    });
    return all.length ? { loras: all } : {};
  }

  function write(all) {
    list.replaceChildren();
    for (const one of all) add(one);
  }

  return { offer: (loras) => (known = loras), any: () => known.length + list.children.length > 0, read, write };
}
