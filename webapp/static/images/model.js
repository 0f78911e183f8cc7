// Which model draws: what it is, and where it is missing, how to get it.

import { mountModels } from "../shared/choices.js";
import { el, text, toast } from "../shared/dom.js";
import { rest } from "../shared/rest.js";
import { bytes } from "../shared/units.js";
import { call } from "./api.js";

const LOOK_MS = 1_000;
// What is taken for true of a model until it has been open once; sizes on this grid suit every kind.
const UNKNOWN = {
  width: 512, height: 512, multiple: 16, largest: 2048, tasks: ["text", "image", "inpaint"], schedulers: [], negative: true, loras: true,
};

export function mountModel(root, { changed }) {
  const find = (selector) => root.querySelector(selector);
  const box = mountModels(find(".model-choice"), { changed });
  let options = { models: [], model: "" };
  let timer = null;

  const name = () => box.read()[0] ?? options.model;
  const chosen = () => options.models.find((one) => one.name === name());
  const defaults = () => ({ ...UNKNOWN, ...chosen()?.defaults });

  function offer(known) {
    options = known;
    box.offer([known.model, ...known.models.map((one) => one.name).filter((one) => one !== known.model)]);
    update();
  }

  function update() {
    clearTimeout(timer);
    const model = chosen();
    const facts = model ? [model.title, model.license, model.size && bytes(model.size)] : [];
    find(".about").textContent = facts.filter(Boolean).join(" · ");
    const isMissing = Boolean(model) && !model.installed;
    find(".missing").hidden = !isMissing;
    if (isMissing) drawMissing(model);
  }

  function drawMissing({ name: one, title, state }) {
    const isBusy = state.state === "downloading";
    const percent = state.total ? ` ${Math.floor((100 * state.done) / state.total)} %` : "";
    const failure = state.error?.text;
    const words = isBusy ? text("model.downloading", { name: title }) + percent : (failure ?? text("images.missing", { title }));
    const button = isBusy
      ? el("button.outlined", { type: "button", onclick: () => change("cancel", one) }, text("action.cancel"))
      : el("button.outlined", { type: "button", onclick: () => change("install", one) }, text(failure ? "models.again" : "models.install"));
    find(".missing").replaceChildren(el("span", { role: "status" }, words), button);
    if (isBusy) timer = setTimeout(look, LOOK_MS);
  }

  async function change(what, model) {
    const name = model.replace(/^local:/, "");
    const answer = await (what === "install" ? rest("models/catalog", { spec: name }) : rest(`models/catalog/${encodeURIComponent(name)}/cancel`, {}));
    if (answer.error) toast(answer.error, { problem: true });
    look();
  }

  // Until it has come; who chooses among models elsewhere hears of it then.
  async function look() {
    const known = await call("GET", "images/options", undefined, { quiet: true });
    if (known.problem) return;
    const before = chosen();
    offer(known);
    if (before && !before.installed && chosen()?.installed) {
      dispatchEvent(new Event("studio:models"));
      changed();
    }
  }

  return {
    offer, update, defaults,
    read: () => (box.read().length ? { model: box.read()[0] } : {}),
    write: (model) => box.write(model ? [model] : []),
    isKnown: () => Boolean(chosen()?.defaults.schedulers),
    languages: () => chosen()?.languages ?? [],
    // It knows the words of a list and no others, such as those of a style.
    isLimited: () => Boolean(chosen()?.limited),
  };
}
