// The versions of a prompt: each can be looked at, put in use, and compared with another.

import { ago, el, text, toast, when } from "../shared/dom.js";
import { rest } from "../shared/rest.js";

export function mountVersions(root, { show, use, path }) {
  const find = (selector) => root.querySelector(selector);
  let chosen = [];

  function draw(prompt) {
    chosen = [];
    find(".difference").hidden = true;
    find(".lead").hidden = prompt.versions.length < 2;
    find("ol").replaceChildren(...prompt.versions.map((version) => row(version, prompt)));
  }

  function row(version, prompt) {
    const isInUse = version.version === prompt.version;
    const box = el("input", { type: "checkbox", "aria-label": text("prompts.choose-version"), hidden: prompt.versions.length < 2 });
    box.addEventListener("change", () => choose(version, box));
    return el(
      "li",
      { "data-version": version.version },
      box,
      el("span.note", {}, version.note || text(version.is_shipped ? "prompts.built-in" : "prompts.no-note"), isInUse && el("span.chip.mine", {}, text("prompts.in-use"))),
      el(
        "span.meta",
        {},
        el("time", { datetime: version.created, title: when(version.created) }, ago(version.created)),
        ` · ${version.version}`,
        version.uses ? ` · ${text("prompts.uses", { count: version.uses })}` : "",
      ),
      el("button.plain", { type: "button", onclick: () => show(version) }, text("prompts.show")),
      el("button.plain", { type: "button", disabled: isInUse, onclick: () => use(version) }, text("prompts.use")),
    );
  }

  // Two are compared; a third takes the place of the first.
  async function choose(version, box) {
    chosen = chosen.filter((one) => one.version !== version);
    if (box.checked) chosen.push({ version, box });
    if (chosen.length > 2) chosen.shift().box.checked = false;
    if (chosen.length < 2) return (find(".difference").hidden = true);
    const [older, newer] = chosen.map((one) => one.version).sort((one, other) => (one.created < other.created ? -1 : 1));
    const pieces = await rest(`${path("compare")}?${new URLSearchParams({ left: older.version, right: newer.version })}`);
    if (pieces.error) return toast(pieces.error, { problem: true });
    if (chosen.length === 2) compared(older, newer, pieces);
  }

  function compared(older, newer, pieces) {
    const title = text("prompts.difference", { older: older.version, newer: newer.version });
    const nodes = pieces.map(({ kind, text: words }) => (kind === "same" ? words : el(kind === "added" ? "ins" : "del", {}, words)));
    find(".difference").replaceChildren(el("h4", {}, title), el("pre", {}, ...nodes));
    find(".difference").hidden = false;
  }

  return { show: draw };
}
