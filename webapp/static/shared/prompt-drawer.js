// The drawer of prompts: a template picker opens it to look for one, see what it sends, and use or edit it.

import { el, iconButton, text, toast } from "./dom.js";
import { goTo } from "./page.js";
import { mountList } from "./prompt-list.js";
import { mountPreview } from "./prompt-preview.js";

// `use` gets the id of the prompt that was chosen.
export function openDrawer({ assistant, use }) {
  const shelf = el("div.shelf");
  const preview = el("div.preview");
  const buttons = el("footer", { hidden: true });
  const shown = el("div.shown", {}, el("p.hint", {}, text("prompts.choose")), preview, buttons);
  const title = el("header", {}, el("h2", {}, text("prompts.title")), iconButton("close", text("action.close"), () => drawer.close()));
  const drawer = el("dialog.prompt-drawer", { "aria-label": text("prompts.title") }, title, el("div.halves", {}, shelf, shown));
  const list = mountList(shelf, { assistant, choose: show });
  const looked = mountPreview(preview);

  async function show(card) {
    const path = card.id.split("/").map(encodeURIComponent).join("/");
    const answer = await fetch(new URL(`api/prompts/${path}`, document.baseURI)).catch(() => null);
    const value = await answer?.json().catch(() => null);
    if (!answer?.ok) return toast(value?.error.message ?? text("error.no-answer"), { problem: true });
    shown.querySelector(".hint").textContent = value.description || value.name;
    looked.reset();
    looked.show({ ...value, messages: value.messages.map(({ role, content }) => [role, content]) });
    buttons.hidden = false;
    buttons.replaceChildren(
      el("button.primary", { type: "button", onclick: () => (drawer.close(), use(card.id)) }, text("prompts.use")),
      el("button.outlined", { type: "button", onclick: () => edit(card.id) }, text("chat.edit")),
    );
    drawer.classList.add("showing");
    buttons.scrollIntoView({ block: "nearest" });
  }

  function edit(id) {
    drawer.close();
    goTo("prompts", `?prompt=${encodeURIComponent(id)}`);
  }

  drawer.addEventListener("close", () => drawer.remove());
  // A click beside it is a click on itself.
  drawer.addEventListener("click", (event) => event.target === drawer && drawer.close());
  document.querySelector(".gradio-container").append(drawer);
  drawer.showModal();
  list.load();
  list.focus();
}
