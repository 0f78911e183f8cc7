// How far the model is, what better one there is, and the examples that suit it.

import { el } from "../shared/dom.js";
import { comingLine, mountOffer } from "../shared/offer.js";
import { rest } from "../shared/rest.js";
import { mountStart } from "./start.js";

const MODEL_STATE_MS = 1_500;

// `chosen()` is the conversation's model, `told(answer)` says whether it went well, `shown(start)` is called with what is
// new, `send(words)` sends an example.
export function mountFirst(find, { chosen, told, shown, send }) {
  const showOffer = mountOffer(find(".offer"), improve, { hasWays: false });
  const showWays = mountStart(find(".works"), find(".more-models"));
  let modelTimer = null;
  let now = null;

  async function improve(deed) {
    told(await rest("models/better", { do: deed }));
    await start();
  }

  async function start() {
    clearTimeout(modelTimer);
    const model = chosen();
    const value = await rest(`models/start${model ? `?model=${encodeURIComponent(model)}` : ""}`);
    clearTimeout(modelTimer);
    if (!told(value) || (chosen() ?? null) !== (model ?? null)) return;
    now = value;
    show(value);
  }

  function show(model) {
    const line = find(".model-state");
    const percent = model.share === null ? "" : ` ${Math.floor(100 * model.share)} %`;
    line.hidden = !model.note;
    line.replaceChildren(`${model.note}${percent}`);
    if (model.share !== null) line.append(el("progress", { max: 1, value: model.share, "aria-label": model.note }));
    const isComing = model.offer?.phase === "coming";
    if (model.is_busy || isComing) modelTimer = setTimeout(start, MODEL_STATE_MS);
    find(".coming").hidden = !isComing;
    if (isComing) find(".coming").replaceChildren(...comingLine(model.offer, improve));
    shown(model);
    // The offer says as much, and what can be done about it.
    const isOffered = showOffer(model.offer, model.model);
    showWays(model, isOffered);
    find(".advice").hidden = !model.advice || isOffered;
    find(".advice").textContent = model.advice ?? "";
    find(".examples").replaceChildren(
      ...model.examples.map((words) => el("button.example", { type: "button", onclick: () => send(words) }, words)),
    );
  }

  return { start, now: () => now };
}
