// The two dialogs of the playground: saved experiments, and putting a variant to use as a prompt.

import { openDialog } from "../shared/dialog.js";
import { ago, el, iconButton, text, when } from "../shared/dom.js";
import { goTo } from "../shared/page.js";
import { assistantName } from "../shared/prompt-list.js";
import * as api from "./api.js";

const NEW = "";

// Saved experiments: what is on the page is kept under a name, and opened again.
export async function openExperiments({ act, experiment, read, open, saved }) {
  const list = el("ol.experiments");
  const none = el("p.hint", {}, text("playground.no-experiments"));
  const problem = el("p.problem", { role: "alert", hidden: true });
  const name = el("input", { name: "name", maxlength: 120, required: true, "aria-label": text("field.name"), placeholder: text("playground.experiment-name") });
  name.value = experiment?.name ?? "";
  const anew = el("button.outlined", { type: "button", hidden: !experiment, onclick: () => save(null) }, text("playground.save-new"));
  const form = el("form.save", {}, name, el("button.primary", { type: "submit" }, text("playground.save")), anew);
  const dialog = openDialog(text("playground.experiments"), form, problem, list, none);

  // Does something and draws what there is then; returns the answer.
  async function ask(asked) {
    const answer = await act(asked, { quiet: true });
    problem.hidden = !answer.error;
    problem.textContent = answer.error ?? "";
    if (!answer.error) look();
    return answer;
  }

  async function look() {
    const all = await act(api.experiments());
    if (!all.error) draw(all);
  }

  async function save(id) {
    const answer = await ask(api.save(id, name.value, read()));
    if (answer.error) return;
    saved({ id: answer.id, name: name.value.trim() });
    dialog.close();
  }

  function draw(all) {
    none.hidden = all.length > 0;
    list.replaceChildren(...all.map(line));
  }

  function line({ id, name: title, updated }) {
    const time = el("time", { datetime: updated, title: when(updated) }, ago(updated));
    const take = () => (dialog.close(), open(id));
    const node = el("li", { "data-id": id },
      el("button.plain.name", { type: "button", onclick: take }, title), time,
      iconButton("edit", text("chat.rename"), () => rename(node, id, title)),
      iconButton("trash", text("chat.delete"), () => sure(node, id, title)));
    return node;
  }

  function rename(node, id, title) {
    const box = el("input", { maxlength: 120, "aria-label": text("field.name") });
    box.value = title;
    const form = el("form.save", {}, box, el("button.outlined", { type: "submit" }, text("playground.save")));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const answer = await ask(api.rename(id, box.value));
      if (!answer.error && id === experiment?.id) saved({ id, name: box.value.trim() });
    });
    node.replaceChildren(form);
    box.select();
  }

  function sure(node, id, title) {
    const drop = async () => {
      const answer = await ask(api.drop(id));
      if (!answer.error && id === experiment?.id) saved(null);
    };
    node.replaceChildren(el("span.sure", {}, text("support.sure", { name: title })),
      el("button.danger", { type: "button", onclick: drop }, text("chat.delete")),
      el("button.plain", { type: "button", onclick: look }, text("action.cancel")));
    node.querySelector(".danger").focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(experiment?.id ?? null);
  });
  look();
}

// A variant becomes a version of a prompt, in use from then on wherever that prompt is.
export async function openPromote({ act, job, variant }) {
  const choice = el("select", { name: "id", "aria-label": text("field.template") });
  const own = el("input", { name: "new", maxlength: 121, spellcheck: "false", autocapitalize: "off", "aria-label": text("prompts.id") });
  own.value = "playground/";
  const note = el("input", { name: "note", maxlength: 120, "aria-label": text("field.note"), placeholder: text("prompts.note") });
  const problem = el("p.problem", { role: "alert", hidden: true });
  const form = el("form.promote", {},
    el("p.hint", {}, text("playground.promote-hint")),
    el("label", {}, el("span", {}, text("field.template")), choice),
    el("label", {}, el("span", {}, text("prompts.id")), own),
    el("label", {}, el("span", {}, text("field.note")), note),
    problem,
    el("footer", {}, el("button.primary", { type: "submit" }, text("playground.promote-do"))));
  const dialog = openDialog(text("playground.promote"), form);
  const chosen = () => (choice.value === NEW ? own.value.trim() : choice.value);
  function look() {
    own.closest("label").hidden = choice.value !== NEW;
    problem.hidden = true;
  }
  choice.addEventListener("change", look);

  const known = await act(api.templates());
  const targets = known.error ? [] : known;
  const groups = [...new Set(targets.map(({ assistant }) => assistant))].map((assistant) =>
    el("optgroup", { label: assistantName(assistant) }, ...targets.filter((one) => one.assistant === assistant).map(({ id, name }) => el("option", { value: id }, name))));
  choice.replaceChildren(el("option", { value: NEW }, text("prompts.new")), ...groups);
  look();

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await act(api.promote(job, variant, chosen(), note.value), { quiet: true });
    problem.hidden = !answer.error;
    problem.textContent = answer.error ?? "";
    if (!answer.error) done(chosen(), answer.version);
  });

  function done(id, version) {
    dispatchEvent(new Event("studio:prompts"));
    const go = (name, query) => () => (dialog.close(), goTo(name, query));
    const query = encodeURIComponent(id);
    form.replaceChildren(
      el("p", { role: "status" }, text("playground.promoted", { id, version })),
      el("footer", {},
        id.startsWith("chat/") && el("button.primary", { type: "button", onclick: go("chat", `?template=${query}`) }, text("prompts.use-in-chat")),
        el("button.outlined", { type: "button", onclick: go("prompts", `?prompt=${query}`) }, text("playground.open-prompt"))));
    form.querySelector("button").focus();
  }
}
