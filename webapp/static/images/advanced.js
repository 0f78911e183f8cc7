// What is folded under "Advanced": the model, numbers, seed, a picture to start from, LoRAs and a plot. What a model
// cannot do is not shown.

import { number } from "../shared/choices.js";
import { el, text } from "../shared/dom.js";
import { mountLoras } from "./loras.js";
import { mountModel } from "./model.js";
import { mountPlot } from "./plot.js";
import { mountStart } from "./start.js";

const NUMBERS = ["width", "height", "steps", "guidance", "seed", "count"];

export function mountAdvanced(form, { changed, picked }) {
  const root = form.querySelector(".advanced");
  const find = (selector) => root.querySelector(selector);
  const field = (name) => form.elements.namedItem(name);
  const model = mountModel(find(".model"), { changed });
  const start = mountStart(find(".start"), { defaults: model.defaults, changed, picked });
  const loras = mountLoras(find(".loras"), { changed });
  const plot = mountPlot(find(".plot"), { changed });
  // The seed of the picture that was made last.
  let seed = null;

  function offer(options) {
    model.offer(options);
    loras.offer(options.loras);
    drawSchedulers();
  }

  function drawSchedulers() {
    const { schedulers } = model.defaults();
    const box = field("scheduler");
    const now = box.value;
    box.replaceChildren(el("option", { value: "" }, text("sampling.own")), ...schedulers.map((one) => el("option", { value: one }, one)));
    box.value = schedulers.includes(now) ? now : "";
  }

  // What follows from the model that is chosen.
  function update() {
    const own = model.defaults();
    model.update();
    drawSchedulers();
    for (const name of ["width", "height", "steps", "guidance"]) field(name).placeholder = own[name] ?? "";
    find(".negative").hidden = own.negative === false;
    find(".start").hidden = !(own.tasks.includes("image") || own.tasks.includes("inpaint"));
    find(".loras").hidden = !own.loras || !loras.any();
    find("[data-do=reuse]").disabled = seed === null;
    const count = Object.keys(read()).length;
    find("summary .count").textContent = count ? text("images.set", { count }) : "";
  }

  function read() {
    const own = model.defaults();
    const typed = NUMBERS.filter((name) => field(name).value.trim()).map((name) => [name, number(field(name).value.trim())]);
    const words = own.negative !== false && field("negative").value.trim();
    return {
      ...model.read(),
      ...(words && { negative: words }),
      ...Object.fromEntries(typed),
      ...(field("scheduler").value && { scheduler: field("scheduler").value }),
      ...start.read(),
      ...(own.loras && loras.read()),
      ...plot.read(),
    };
  }

  function write(request) {
    model.write(request.model);
    drawSchedulers();
    field("negative").value = request.negative ?? "";
    for (const name of NUMBERS) field(name).value = request[name] ?? "";
    field("scheduler").value = request.scheduler ?? "";
    start.write(request);
    loras.write(request.loras ?? []);
    plot.write(request.plot ?? {});
    const { prompt: _, style: __, style_version: ___, ...rest } = request;
    if (Object.keys(rest).length) root.open = true;
  }

  function size() {
    const { width, height } = { ...model.defaults(), ...read() };
    return { width, height };
  }

  find("[data-do=random]").addEventListener("click", () => ((field("seed").value = ""), changed()));
  find("[data-do=reuse]").addEventListener("click", () => ((field("seed").value = seed), changed()));

  // A picture to start from, of the gallery or of this computer; `brush` opens what paints a mask on it.
  async function begin(file, { brush = false } = {}) {
    root.open = true;
    await start.take(file);
    if (brush) start.paint();
  }

  return {
    offer, read, write, update, size, begin,
    defaults: model.defaults,
    isKnown: model.isKnown,
    languages: model.languages,
    isLimited: model.isLimited,
    chosen: () => model.read().model ?? null,
    seeded: (value) => ((seed = value), update()),
  };
}
