// The first start: what works now, what a bigger model adds, and one click to have it. "Later" is for good.

import { el, recall, remember, text, toast } from "./dom.js";
import { bytes, languageNames } from "./units.js";

const KEY = "studio.offer";

// Returns show(models): what there is to offer, or null. `act(what, name)` asks Python to install one or to cancel.
export function mountOffer(root, act) {
  // What was being installed when it was last seen: once it is no longer offered, it is there.
  let coming = null;

  function arrived(model) {
    remember(KEY, "done");
    dispatchEvent(new Event("studio:models"));
    dispatchEvent(new CustomEvent("studio:use", { detail: model.model }));
    toast(text("offer.arrived", { title: model.title }));
  }

  function show(models) {
    if (coming && !models) arrived(coming);
    coming = models?.find((model) => model.busy) ?? null;
    root.hidden = !models || (recall(KEY) !== null && !coming);
    if (root.hidden) return false;
    const later = el("button.plain.later", { type: "button", onclick: () => (remember(KEY, "later"), (root.hidden = true)) }, text("offer.later"));
    root.replaceChildren(
      el("p", {}, text("offer.lead")),
      el("ol.rows", {}, ...models.map((model, place) => row(model, place === 0))),
      later,
    );
    return true;
  }

  function row(model, isFirst) {
    const button = model.busy
      ? el("button.outlined", { type: "button", onclick: () => act("cancel", model.name) }, text("action.cancel"))
      : el(`button.${isFirst ? "primary" : "outlined"}`, { type: "button", onclick: () => act("install", model.name) }, text("models.install"));
    const facts = [bytes(model.size), languageNames(model.languages), text(isFirst ? "offer.better" : "offer.quicker")];
    const percent = model.share === null ? "" : ` ${Math.floor(100 * model.share)} %`;
    const value = model.share === null ? {} : { value: model.share };
    return el(
      "li",
      {},
      el("div", {}, el("strong", {}, model.title), el("p", {}, facts.join(" · "))),
      button,
      model.busy && el("div.progress", { role: "status" }, el("span", {}, `${model.note ?? ""}${percent}`),
        el("progress", { max: 1, "aria-label": model.note ?? "", ...value })),
      model.error && el("p.problem", { role: "status" }, model.error),
    );
  }

  return show;
}
