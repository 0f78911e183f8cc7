// The trash: what was deleted, to be brought back or emptied.

import { ago, el, text, toast, when } from "../shared/dom.js";
import { rest } from "../shared/rest.js";

export function mountTrash(root, { view }) {
  const find = (selector) => root.querySelector(selector);

  const open = () => (view("trash", { view: "trash" }), load());
  const load = () => rest("trash").then(show);

  // Does something, and shows what lies there then.
  async function act(...question) {
    const answer = await rest(...question);
    if (answer.error) toast(answer.error, { problem: true });
    else load();
  }

  function show(lines) {
    if (lines.error) return toast(lines.error, { problem: true });
    sure(false);
    find(".lines").replaceChildren(...lines.map(line));
    find(".nothing").hidden = lines.length > 0;
    find(".lead").hidden = find("[data-do=empty]").hidden = !lines.length;
  }

  function line(entry) {
    const kind = text(`trash.${entry.kind}`, { count: entry.items });
    const back = el("button.plain", { type: "button", onclick: () => act(`trash/${entry.id}/restore`, {}) }, text("trash.restore"));
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
  find("[data-do=sure]").addEventListener("click", () => act("trash", undefined, "DELETE"));

  return { open };
}
