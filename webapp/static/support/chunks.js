// Support, Manage: the chunks of a source, each to be changed or kept from answering.

import { el, text } from "../shared/dom.js";
import { rest } from "../shared/rest.js";

// `changed` is called when the source has a new version.
export async function chunks(knowledge, source, changed) {
  const path = `knowledge/${encodeURIComponent(knowledge)}`;
  const whole = await rest(`${path}/sources/${source}`);
  if (whole.error) return el("p.problem", {}, whole.error);
  return el("ol.chunks", {}, ...whole.pieces.map((one) => chunk(path, one, whole.replaced, changed)));
}

function chunk(path, one, isOld, changed) {
  const item = el("li.card", {});
  const problem = el("p.problem", { role: "alert", hidden: true });
  const say = (value) => {
    problem.hidden = !value.error;
    problem.textContent = value.error ?? "";
    return !value.error;
  };
  const enable = async (event) => {
    const value = await rest(`${path}/chunks/${one.number}`, { enabled: event.target.checked }, "PATCH");
    if (!say(value)) event.target.checked = !event.target.checked;
    item.classList.toggle("off", !event.target.checked);
  };
  const edit = () => {
    const box = el("textarea", { rows: 6, maxlength: 4000, "aria-label": text("support.edit") });
    box.value = one.text;
    const save = async (event) => {
      event.preventDefault();
      if (say(await rest(`${path}/chunks/${one.number}`, { text: box.value }, "PATCH"))) changed();
    };
    words.replaceWith(el("form", { onsubmit: save }, box,
      el("div.row", {}, el("button.primary", { type: "submit" }, text("support.save")),
        el("button.plain", { type: "button", onclick: () => draw() }, text("action.cancel")))));
    box.focus();
  };
  const words = el("p.words", {}, one.text);
  function draw() {
    const title = [one.heading, one.question].filter(Boolean).join(" · ");
    const box = el("input", { type: "checkbox", checked: one.enabled, disabled: Boolean(isOld), onchange: enable });
    item.classList.toggle("off", !one.enabled);
    item.replaceChildren(
      el("div.row", {}, el("label.row", {}, box, text("support.enabled")), el("span.hint", {}, title),
        !isOld && el("button.plain", { type: "button", onclick: edit }, text("support.edit"))),
      words, problem);
  }
  draw();
  return item;
}
