// One message to several models: who answers is chosen in a dialog, the replies come side by side, and one is kept. The
// others stay as alternatives of it.

import { openDialog } from "../shared/dialog.js";
import { el, iconButton, text } from "../shared/dom.js";
import { follow, isOpen } from "../shared/live.js";
import { rest } from "../shared/rest.js";

const MOST = 4;

// `put(request)` asks for a turn and returns { job, message }, or nothing where it was refused; `questionOf(reply)` is the
// message that it answers; `asked(words)` once all are asked; `keep(reply)` goes on from that one.
export async function openSeveral({ words, chosen, put, questionOf, asked, keep, told }) {
  const models = await rest("models");
  if (!told(models)) return;
  const box = el("textarea", { rows: 3, required: true, "aria-label": text("chat.placeholder"), placeholder: text("chat.placeholder") });
  box.value = words;
  const here = models.filter((one) => one.is_installed);
  const first = chosen ?? here.find((one) => one.is_default)?.name;
  const list = el("fieldset", {}, el("legend", {}, text("chat.several-who", { most: MOST })));
  const add = ({ name, title = name, where = "" }, checked) => {
    const mark = el("input", { type: "checkbox", value: name, checked, onchange: limit });
    list.append(el("label", {}, mark, el("span", {}, title), el("small", {}, where)));
  };
  for (const one of here) add(one, one.name === first);
  if (first && !here.some(({ name }) => name === first)) add({ name: first }, true);
  // One that no list has, as in the header.
  const other = el("input", { maxlength: 200, spellcheck: "false", placeholder: text("chat.several-other"), "aria-label": text("chat.several-other") });
  other.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (!other.value.trim()) return;
    add({ name: other.value.trim() }, true);
    other.value = "";
    limit();
  });
  const go = el("button.primary", { type: "submit" }, text("chat.several-ask"));
  const form = el("form.several", {}, box, list, other, el("div.buttons", {}, go));
  const dialog = openDialog(text("chat.several"), form);
  limit();
  (words ? list.querySelector("input") : box)?.focus();

  function limit() {
    const marked = [...list.querySelectorAll("input:checked")];
    for (const mark of list.querySelectorAll("input")) mark.disabled = !mark.checked && marked.length >= MOST;
    go.disabled = marked.length < 2;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wanted = [...list.querySelectorAll("input:checked")].map(({ value }) => value);
    go.disabled = true;
    const replies = box.value.trim() ? await askAll(box.value, wanted) : [];
    if (!replies.length) return limit();
    asked(box.value);
    show(dialog, form, replies, keep);
  });

  // The first is asked as any is, the others for another reply to the same question.
  async function askAll(message, [model, ...others]) {
    const first = await put({ message, model });
    if (!first) return [];
    const replies = [{ ...first, model }];
    for (const other of others) {
      const reply = await put({ action: "regenerate", parent: questionOf(first), model: other });
      if (reply) replies.push({ ...reply, model: other });
    }
    return replies;
  }
}

function show(dialog, form, replies, keep) {
  const columns = replies.map((reply) => column(reply, () => (keep(reply), dialog.close())));
  form.replaceWith(el("div.several.replies", {}, ...columns.map(({ node }) => node)), el("p.hint", {}, text("chat.several-hint")));
  dialog.classList.add("wide");
  dialog.addEventListener("close", () => columns.forEach(({ leave }) => leave()));
}

function column({ job, model }, keepIt) {
  const said = el("div.text", { tabindex: 0, "aria-busy": "true" });
  const problem = el("p.problem", { hidden: true });
  const stop = iconButton("stop", text("chat.stop"), () => rest(`jobs/${job}/stop`, {}));
  const keep = el("button.outlined", { type: "button", disabled: true, onclick: keepIt }, text("chat.several-keep"));
  const stream = follow(job, {
    text: (delta) => said.append(delta),
    retracted: () => said.replaceChildren(),
    status({ status, error }) {
      if (isOpen(status)) return;
      said.setAttribute("aria-busy", "false");
      stop.hidden = true;
      keep.disabled = false;
      problem.hidden = !error;
      problem.textContent = error ?? "";
    },
  });
  return { node: el("section", {}, el("h3", {}, model), said, problem, el("div.buttons", {}, stop, keep)), leave: () => stream.close() };
}
