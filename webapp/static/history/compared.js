// Two items side by side: their inputs in a table, their outputs with the differences marked.

import { el, pieced, text, toast, when } from "../shared/dom.js";

export function mountCompared(root, { ask, view }) {
  const open = (ids) =>
    ask(
      () => ({ do: "compare", ids }),
      (answer) => {
        if (!answer.error) return show(answer);
        toast(answer.error, { problem: true });
        view("list", {}, { step: false });
      },
    );

  function show({ inputs, output, items }) {
    view("compared", { compare: items.map(({ id }) => id).join(",") });
    const head = el("tr", {}, el("td"), ...items.map((item) => el("th", { scope: "col" }, when(item.created))));
    root.querySelector(".inputs").replaceChildren(el("table", {}, head, ...inputs.map(line)));
    root.querySelector(".outputs").replaceChildren(side(output, "removed", items[0]), side(output, "added", items[1]));
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
