// What a model thought before it wrote a reply: folded, with how long it took; its text is read once somebody looks.

import { el, text } from "../shared/dom.js";
import { rest } from "../shared/rest.js";

// Returns nothing where there is none. Of a server that keeps it to itself only the tokens are known.
export function drawReasoning({ id, reasoning }) {
  if (!reasoning) return [];
  if (!reasoning.characters) return [el("p.thought.unseen", {}, text("chat.thought-unseen", { tokens: reasoning.tokens }))];
  const body = el("div", { tabindex: 0 }, text("chat.loading"));
  const node = el("details.thought", {}, el("summary", {}, said(reasoning)), body);
  const read = async () => {
    const answer = await rest(`messages/${id}/reasoning`);
    body.textContent = answer.error ?? answer.text.trim();
    if (answer.error) node.addEventListener("toggle", read, { once: true });
  };
  node.addEventListener("toggle", read, { once: true });
  return [node];
}

function said({ seconds, tokens }) {
  const time = seconds >= 1 ? text("chat.thought", { seconds: Math.round(seconds) }) : text("chat.thought-shortly");
  return tokens ? `${time} · ${text("chat.thought-tokens", { tokens })}` : time;
}

// The reasoning that is under way: add(words), and over() once the answer begins.
export function streamReasoning(place) {
  const words = document.createTextNode("");
  const summary = el("summary", {}, text("chat.thinking"));
  const node = el("details.thought", { hidden: true }, summary, el("div", { tabindex: 0 }, words));
  const began = Date.now();
  place.before(node);
  const seconds = () => Math.round((Date.now() - began) / 1000);
  return {
    add(more) {
      node.hidden = false;
      words.appendData(words.length ? more : more.trimStart());
      summary.textContent = `${text("chat.thinking")} ${text("chat.seconds", { seconds: seconds() })}`;
    },
    over() {
      if (!node.hidden) summary.textContent = said({ seconds: seconds() });
    },
  };
}
