// Two items side by side: their inputs in a table, their outputs with the differences marked.

import { el, pieced, text, toast, when } from "../shared/dom.js";
import { rest } from "../shared/rest.js";

export function mountCompared(root, { view }) {
  async function open([left, right]) {
    const answer = await rest(`history/${encodeURIComponent(left)}/compare/${encodeURIComponent(right ?? "")}`);
    if (!answer.error) return show(answer);
    toast(answer.error, { problem: true });
    view("list", {}, { step: false });
  }

  function show({ shown, output, items }) {
    view("compared", { compare: items.map(({ id }) => id).join(",") });
    const head = el("tr", {}, el("td"), ...items.map((item) => el("th", { scope: "col" }, when(item.created))));
    root.querySelector(".inputs").replaceChildren(el("table", {}, head, ...shown.map(line)));
    const pieces = output.map(({ kind, text: words }) => [kind, words]);
    root.querySelector(".outputs").replaceChildren(side(pieces, "removed", items[0]), side(pieces, "added", items[1]));
  }

  function line({ label, left, right, same }) {
    const row = el("tr", {}, el("th", { scope: "row" }, label), ...[left, right].map((value) => el("td", {}, value ?? "—")));
    if (!same) row.classList.add("differs");
    return row;
  }

  const side = (output, own, item) =>
    el("div.output", {}, el("h3", {}, item.model ?? text(`tab.${item.assistant}`)), el("div.text", {}, ...pieced(output, own)));

  return { open };
}
