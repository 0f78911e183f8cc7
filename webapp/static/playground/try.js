// Try: one prompt with its variables, run once; an answer can be pinned, and the next one is compared with it.

import { mountModels, mountParams } from "../shared/choices.js";
import { debounce, el, text } from "../shared/dom.js";
import * as api from "./api.js";
import { mountAnswers } from "./answers.js";
import { mountPrompt, variablesOf } from "./prompt.js";
import { isRunning } from "./run.js";

const VARIABLES_MS = 150;

export function mountTry(root, { act, say, changed, started, toBench, browse, promote, put }) {
  const find = (selector) => root.querySelector(selector);
  const form = find(".compose");
  const submit = form.querySelector("[type=submit]");
  const prompt = mountPrompt(find(".prompt"), { changed: typed });
  const models = mountModels(find(".model-choice"), { changed: () => {} });
  const params = mountParams(find(".params > div"), { changed: () => {} });
  const answers = mountAnswers(find(".answers"), { act, changed: draw, promote });
  const values = new Map();

  // A field for each variable as it is typed; what it held before is there again.
  function drawVariables() {
    const names = variablesOf(prompt.read());
    const shown = [...find(".variables").querySelectorAll("textarea")].map((box) => box.name);
    if (names.join("\n") !== shown.join("\n")) find(".variables").replaceChildren(...names.map(field));
  }
  const soon = debounce(VARIABLES_MS, drawVariables);

  function field(name) {
    const box = el("textarea", { rows: 1, name, "aria-label": name });
    box.value = values.get(name) ?? "";
    box.addEventListener("input", () => values.set(name, box.value));
    return el("label", {}, el("span", {}, name), box);
  }

  function typed() {
    soon();
    say(form, null);
    changed();
  }

  function read() {
    const messages = prompt.read();
    const names = variablesOf(messages);
    const [set] = params.read();
    return {
      messages,
      ...prompt.schema(),
      ...(names.length ? { rows: [Object.fromEntries(names.map((name) => [name, values.get(name) ?? ""]))] } : {}),
      ...(models.read().length ? { models: models.read() } : {}),
      ...(Object.keys(set).length ? { params: set } : {}),
    };
  }

  function write({ messages = [], json_schema = null, rows = [], models: names = [], params: sets = [] }) {
    for (const [name, value] of Object.entries(rows[0] ?? {})) values.set(name, String(value));
    prompt.write(messages, json_schema);
    find(".variables").replaceChildren();
    drawVariables();
    models.write(names);
    params.write([sets].flat());
    say(form, null);
    find(".params").open = [sets].flat().some((set) => Object.keys(set).length);
    changed();
  }

  async function send() {
    if (submit.disabled) return;
    say(form, null);
    submit.disabled = true;
    const request = read();
    const answer = await act(api.run(request), { quiet: true });
    submit.disabled = !answer.error;
    if (answer.error) return say(form, answer.error);
    answers.follow(answer.id, request);
    started(answer.id);
  }

  function draw() {
    find(".welcome").hidden = answers.any();
    const running = isRunning(answers.now());
    submit.disabled = running;
    form.querySelector("[data-do=stop]").hidden = !running;
  }

  // What one can begin with, and a word on the language that the model knows.
  function begin({ examples: all, advice }) {
    find(".advice").hidden = !advice;
    find(".advice").textContent = advice ?? "";
    const choose = (one) => {
      put(one.request);
      prompt.focus();
    };
    find(".examples").replaceChildren(...all.map((one) => el("button.outlined", { type: "button", onclick: () => choose(one) }, one.title)));
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
  });
  form.addEventListener("input", changed);
  form.querySelector("[data-do=stop]").addEventListener("click", () => act(api.stop(answers.now().job)));
  form.querySelector("[data-do=template]").addEventListener("click", () => browse());
  form.querySelector("[data-do=bench]").addEventListener("click", () => toBench(read()));

  return { read, write, follow: answers.follow, pin: answers.pin, pinned: answers.pinned, begin, offer: models.offer, use: (name) => models.write([name]) };
}
