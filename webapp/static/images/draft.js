// Puts a picture into a draft of the Write tab: as Markdown, at the end of its text or of the section that asked for it.

import { openDialog } from "../shared/dialog.js";
import { ago, el, text, toast, when } from "../shared/dom.js";
import { goTo } from "../shared/page.js";
import { call } from "./api.js";

// A prompt as the name of a picture: what would end the name in Markdown is left out.
const nameOf = (prompt) => prompt.replace(/[[\]()\\`\s]+/g, " ").trim().slice(0, 120);
const markdown = ({ file, prompt }) => `![${nameOf(prompt)}](${file})`;

export async function openDraft(picture, illustrated) {
  const list = el("ol.experiments");
  const anew = el("button.outlined", { type: "button", onclick: begin }, text("images.draft-new"));
  const here = illustrated && el("button.primary", { type: "button", onclick: () => put(illustrated.draft, illustrated.name, illustrated.section) }, text("images.draft-section", { name: illustrated.name }));
  openDialog(text("images.draft"), el("p.hint", {}, text("images.draft-hint")), el("footer", {}, here, anew), list);
  const drafts = await call("GET", "drafts?limit=50");
  if (Array.isArray(drafts)) list.replaceChildren(...drafts.map(line));

  function line({ id, name, updated }) {
    const time = el("time", { datetime: updated, title: when(updated) }, ago(updated));
    return el("li", {}, el("button.plain.name", { type: "button", onclick: () => put(id, name) }, name), time);
  }

  function done(id, name, section = "") {
    document.querySelectorAll("dialog[open]").forEach((one) => one.close());
    goTo("writing", `?${new URLSearchParams({ draft: id, section })}`);
    toast(text("images.in-draft", { name }));
  }

  async function put(id, name, section = null) {
    const draft = await call("GET", `drafts/${id}`);
    if (draft.problem) return;
    const { sections } = draft.document;
    const place = section ? sections.find((one) => one.id === section) : sections.at(-1);
    if (!place || place.locked) return toast(text(section ? "images.section-full" : "images.draft-full"), { problem: true });
    const words = [place.text.trimEnd(), markdown(picture)].filter(Boolean).join("\n\n");
    const saved = await call("PUT", `drafts/${id}/sections/${place.id}`, { text: words, based_on: place.revision });
    if (!saved.problem) done(id, name, place.id);
  }

  async function begin() {
    const name = nameOf(picture.prompt) || text("images.picture");
    const data = new FormData();
    data.append("file", new File([`# ${name}\n\n${markdown(picture)}\n`], `${name.slice(0, 60)}.md`, { type: "text/markdown" }));
    const begun = await call("POST", "drafts/import", data);
    if (!begun.problem) done(begun.id, name);
  }
}
