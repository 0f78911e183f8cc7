// The trash: what was deleted, to be brought back or emptied.

import { ago, el, text, toast, when } from "../shared/dom.js";

export function mountTrash(root, { ask, view }) {
  const find = (selector) => root.querySelector(selector);

  const put = (question) => ask(() => question, (answer) => (answer.error ? toast(answer.error, { problem: true }) : show(answer.trash)));
  const open = () => (view("trash", { view: "trash" }), put({ do: "trash" }));

  function show(lines) {
    sure(false);
    find(".lines").replaceChildren(...lines.map(line));
    find(".nothing").hidden = lines.length > 0;
    find(".lead").hidden = find("[data-do=empty]").hidden = !lines.length;
  }

  function line(entry) {
    const kind = text(`trash.${entry.kind}`, { count: entry.items });
    const back = el("button.plain", { type: "button", onclick: () => put({ do: "restore", ids: [entry.id] }) }, text("trash.restore"));
    const time = el("time", { datetime: entry.deleted, title: when(entry.deleted) }, ago(entry.deleted));
    return el(
      "div.line",
      { role: "listitem" },
      el("span.name", {}, entry.title || text("history.untitled")),
      el("span.meta", {}, `${kind} · `, time),
      back,
    );
  }

  function sure(isAsked) {
    find(".sure").hidden = !isAsked;
    find(".top button").hidden = isAsked;
    if (isAsked) find("[data-do=cancel]").focus();
  }

  find("[data-do=empty]").addEventListener("click", () => sure(true));
  find("[data-do=cancel]").addEventListener("click", () => sure(false));
  find("[data-do=sure]").addEventListener("click", () => put({ do: "empty" }));

  return { open };
}
