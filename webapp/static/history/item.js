// An item of the history that has no tab of its own: what was asked, what came of it, and how.

import { ago, el, text, toast, when } from "../shared/dom.js";
import { follow, isOpen } from "../shared/live.js";
import { goTo, playable } from "../shared/page.js";
import { rest } from "../shared/rest.js";

const ROLES = { system: "history.system", user: "history.user", assistant: "history.answer" };

// Whether an item is messages and an answer, which the playground can ask again.
export const isPlayed = ({ assistant }) => playable.includes(assistant);
export const play = ({ id }) => goTo("playground", `?from=${id}`);

export function mountItem(root, { view, back }) {
  const find = (selector) => root.querySelector(selector);
  let following = null;

  function leave() {
    following?.close();
    following = null;
  }

  const open = (id) => rest(`history/${encodeURIComponent(id)}`).then(show);

  function show(item) {
    leave();
    if (item.error && !item.id) return toast(item.error, { problem: true }), view("list", {}, { step: false });
    view("item", { item: item.id });
    find(".meta").replaceChildren(...facts(item));
    find("[data-do=playground]").hidden = !isPlayed(item);
    find("[data-do=playground]").onclick = () => play(item);
    const answer = el("div.text", {}, item.is_open ? "" : item.output);
    const parts = item.said.map((one) => part(text(ROLES[one.role]), el("div.text", {}, one.text)));
    find(".said").replaceChildren(...parts, part(text(ROLES.assistant), answer, item.error && el("p.error", {}, item.error)));
    find("details").hidden = !item.settings;
    find("pre").textContent = item.settings ?? "";
    if (!item.is_open) return;
    const ended = (data) => isOpen(data.status) || open(item.id);
    following = follow(item.id, { text: (delta) => answer.append(delta), retracted: () => answer.replaceChildren(), status: ended, lost: back });
  }

  const part = (name, ...children) => el("li", {}, el("h3", {}, name), ...children);

  function facts(item) {
    const known = [
      text(`tab.${item.assistant}`),
      item.model,
      item.tokens && text("history.tokens", item.tokens),
      item.seconds && text("chat.seconds", { seconds: item.seconds.toFixed(1) }),
    ];
    const time = el("time", { datetime: item.created, title: when(item.created) }, ago(item.created));
    return [el(`span.chip.${item.status}`, {}, text(`status.${item.status}`)), ` ${known.filter(Boolean).join(" · ")} · `, time];
  }

  return { open, leave };
}
