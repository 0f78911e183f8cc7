// Notes: one is written above, those there are stand below; an address opens one.

import { ago, el, fill, iconButton, text, toast } from "../shared/dom.js";
import { asker, follow } from "../shared/live.js";
import { room } from "../shared/page.js";

export function mount(component) {
  const root = component.element.querySelector(".notes");
  const form = root.querySelector("form");
  fill(root);
  const ask = asker(component);

  const put = (question) => ask(() => question, (answer) => (answer.error ? toast(answer.error, { problem: true }) : show(answer)));
  const load = () => put({ do: "list" });
  const open = (id) => put({ do: "open", id });

  function show({ notes, note, job }) {
    if (job) follow(job, { status: load });
    if (note) form.elements.text.value = note.text;
    if (notes) root.querySelector(".found").replaceChildren(...notes.map(line));
  }

  const line = ({ id, title, created }) =>
    el(
      "li",
      {},
      el("button.plain", { type: "button", onclick: () => open(id) }, title),
      el("time", { datetime: created }, ago(created)),
      iconButton("trash", text("chat.delete"), () => put({ do: "delete", id })),
    );

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    put({ do: "keep", text: form.elements.text.value });
    form.reset();
  });
  room("notes", (query) => (query.get("note") ? open(query.get("note")) : null));
  load();
}
