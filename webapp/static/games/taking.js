// A file that becomes a world, or a map of the one that is open.

import { complain, fill, text, wentWrong } from "../shared/dom.js";

export function mount({ element, props, action }) {
  const root = element.querySelector(".taking");
  const find = (selector) => root.querySelector(selector);
  const [file, into, notes, problem] = [find("[type=file]"), find("[type=checkbox]"), find(".notes"), find(".problem")];
  fill(root);

  async function take() {
    const form = new FormData();
    form.append("file", file.files[0]);
    file.value = "";
    const world = into.checked && props.value?.world;
    const address = new URL("api/worlds/import", document.baseURI);
    if (world) address.searchParams.set("world", world);
    const reply = await fetch(address, { method: "POST", body: form }).catch(() => null);
    const said = await reply?.json().catch(() => null);
    complain(problem, reply?.ok ? null : wentWrong(said));
    notes.hidden = !reply?.ok;
    if (!reply?.ok) return;
    notes.textContent = [text("games.imported"), ...said.notes.map((note) => note.text)].join(" ");
    action({ world: said.id });
  }

  file.addEventListener("change", () => file.files.length && take());
}
