// The first page: what answers now, and the ways to more: a better local model, a server on this machine, a key.

import { el, icon, text } from "../shared/dom.js";
import { connect } from "../shared/offer.js";
import { goTo } from "../shared/page.js";
import { languageNames } from "../shared/units.js";

// Returns show(start, isOffered); what is to be decided is shown to whoever may, and a better model has its own card.
export function mountStart(works, ways) {
  const button = (words, onclick) => el("button.outlined", { type: "button", onclick }, words);

  const way = (name, title, hint, ...buttons) =>
    el("li", {}, icon(name), el("strong", {}, title), el("span", {}, hint), el("div.deeds", {}, ...buttons));

  function local(isOffered) {
    const hint = text(isOffered ? "first.local-offered" : "first.local-hint");
    return way("download", text("first.local"), hint, button(text("first.models"), () => goTo("settings", "?section=models")));
  }

  function nearby({ servers }) {
    const found = servers.map(({ name, title }) => button(text("first.connect", { title }), () => connect(name)));
    const titles = servers.map(({ title }) => title).join(text("models.comma"));
    const hint = found.length ? text("first.nearby-found", { titles }) : text("first.nearby-none");
    return way("spark", text("first.nearby"), hint, ...(found.length ? found : [button(text("first.server"), () => connect(null))]));
  }

  const key = () => way("lock", text("first.key"), text("first.key-hint"), button(text("first.enter-key"), () => connect("openai")));

  function show(start, isOffered) {
    const facts = [
      start.languages.length && languageNames(start.languages),
      start.speed && text("chat.speed", { speed: Math.max(1, Math.round(start.speed)) }),
    ].filter(Boolean);
    const now = facts.length ? text("first.works-with", { title: start.title, facts: facts.join(" · ") }) : text("first.works", { title: start.title });
    works.hidden = Boolean(start.note);
    works.textContent = now;
    // Where a better one is to be had, the others are worth a look.
    if (ways.hidden && start.may_connect) ways.open = Boolean(start.offer);
    ways.hidden = !start.may_connect;
    ways.replaceChildren(
      el("summary", {}, text("first.more")),
      el("ul", {}, local(isOffered), nearby(start), key()),
    );
  }

  return show;
}
