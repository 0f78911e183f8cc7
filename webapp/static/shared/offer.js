// A better model than the one that answers: what it adds, where it comes from, how far it is, and what can be done
// about it. "Later" hides the offer for good in this browser, but not what is on its way.

import { openDialog } from "./dialog.js";
import { el, recall, remember, text, toast } from "./dom.js";
import { enter } from "./page.js";
import { bytes, languageNames } from "./units.js";

const KEY = "studio.offer";
const SAID = {
  offered: "offer.offered",
  coming: "offer.coming",
  paused: "offer.paused",
  failed: "offer.failed",
  declined: "offer.declined",
};

// Returns show(offer, own): what there is to say, or null, and the model that answers now. `act(what)` does what is
// asked for. Where there are no `hasWays`, the page says elsewhere which other models one can have.
export function mountOffer(root, act, { always = false, hasWays = true } = {}) {
  // What was on its way when it was last seen: when another model answers, it is there.
  let coming = null;
  let before = null;

  function show(offer, own) {
    if (coming && !offer && own !== before) arrived(coming);
    coming = offer?.phase === "coming" ? offer : null;
    before = own;
    const isPutOff = !always && offer && recall(KEY) !== null && ["offered", "paused"].includes(offer.phase);
    root.hidden = !offer || isPutOff;
    root.replaceChildren(...(root.hidden ? [] : offer.phase === "left" ? left(offer) : card(offer)));
    return !root.hidden;
  }

  function arrived({ title }) {
    dispatchEvent(new Event("studio:models"));
    toast(text("offer.arrived", { title }));
  }

  const button = (kind, key, onclick) => el(`button.${kind}`, { type: "button", onclick }, text(key));
  const deed = (kind, key, what) => button(kind, key, () => act(what));
  const later = () => button("plain", "offer.later", () => (remember(KEY, "later"), (root.hidden = true)));

  // Why another model answers than before.
  const left = ({ told }) => [el("p.told", { role: "status" }, told), el("div.deeds", {}, deed("outlined", "action.close", "understood"))];

  function card(offer) {
    return [
      el("p.lead", {}, text("offer.lead")),
      el("p", {}, el("strong", {}, offer.title), " ", text(SAID[offer.phase], { languages: languageNames(offer.languages) })),
      offer.hub && el("p.where", {}, where(offer)),
      offer.phase === "coming" || offer.phase === "paused" ? bar(offer) : null,
      offer.error && el("p.problem", { role: "status" }, offer.error),
      offer.may && el("div.deeds", {}, ...deeds(offer)),
      offer.may && hasWays && ways(offer),
    ].filter(Boolean);
  }

  const where = ({ size, hub, parts }) => text(parts ? "offer.where-both" : "offer.where-hub", { size: size ? bytes(size) : "?", hub, parts });

  function deeds({ phase }) {
    const keep = deed("plain", "offer.keep", "keep");
    if (phase === "coming") return [deed("outlined", "offer.pause", "pause"), keep];
    if (phase === "paused") return [deed("primary", "offer.go-on", "better"), keep];
    if (phase === "failed") return [deed("primary", "models.again", "better"), keep];
    if (phase === "declined") return [deed("outlined", "offer.get", "better")];
    return [deed("primary", "offer.get", "better"), ...(always ? [] : [later()]), keep];
  }

  // The third way: a server on this machine, or elsewhere with a key.
  function ways({ servers }) {
    const found = servers.map(({ name, title }) => button("outlined", "offer.nearby", () => connect(name)));
    found.forEach((one, place) => (one.textContent = text("offer.nearby", { title: servers[place].title })));
    return el("div.ways", {}, el("span", {}, text("offer.elsewhere")), ...found, button("plain", "offer.connect", () => connect(null)));
  }

  return show;
}

// In a conversation a line is enough.
export function comingLine({ title, share, may }, act) {
  const percent = share === null ? "" : ` ${Math.floor(100 * share)} %`;
  const pause = el("button.quiet", { type: "button", onclick: () => act("pause") }, text("offer.pause"));
  return [el("span", {}, `${text("offer.coming-line", { title })}${percent}`), may ? pause : ""];
}

export function bar({ note, share }) {
  const percent = share === null ? "" : ` ${Math.floor(100 * share)} %`;
  const value = share === null ? {} : { value: share };
  return el("div.progress", { role: "status" }, el("span", {}, `${note ?? ""}${percent}`), el("progress", { max: 1, "aria-label": note ?? "", ...value }));
}

// Opens the form for a connection, filled for a kind of server where one is named.
export function connect(preset) {
  wanted = { preset };
  enter("settings");
  dispatchEvent(new Event("studio:connect"));
}

// The form takes it when it is told, or when it comes to be: the tab may never have been open.
let wanted = null;

export function takeConnecting() {
  const taken = wanted;
  wanted = null;
  return taken;
}

// Asks whether a message is to wait for the model that is coming: true, false, or null for neither.
export function askToWait({ title, share }) {
  const percent = share === null ? "" : ` (${Math.floor(100 * share)} %)`;
  return new Promise((answer) => {
    const choice = (kind, key, value) => el(`button.${kind}`, { type: "button", onclick: () => (answer(value), dialog.close()) }, text(key));
    const buttons = el("div.deeds", {}, choice("primary", "offer.wait", true), choice("outlined", "offer.now", false));
    const dialog = openDialog(text("offer.wait-title"), el("p", {}, text("offer.wait-text", { title, percent })), buttons);
    dialog.addEventListener("close", () => answer(null));
    buttons.firstElementChild.focus();
  });
}
