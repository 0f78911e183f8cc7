// The versions of a draft: what changed and by whom, what differs, and a way back to each or on from it.

import { ago, el, pieced, text, when } from "../shared/dom.js";
import { act } from "./api.js";

const KEPT = { way: "inline" };

export function mountVersions(panel, desk) {
  async function draw() {
    await desk.flush();
    const mine = desk.draft().id;
    const found = await act("versions", { draft: mine });
    if (desk.draft()?.id !== mine || found.error || panel.getAttribute("aria-labelledby") !== "writing-versions") return;
    panel.replaceChildren(el("ol.versions", {}, ...found.map(row)));
  }

  function row(version) {
    const time = el("time", { datetime: version.updated, title: when(version.updated) }, ago(version.updated));
    const facts = [version.model, text("writing.counted", { count: version.words })].filter(Boolean).join(" · ");
    const name = el("span.name", {}, named(version), version.current ? el("span.chip.running", {}, text("writing.current")) : null);
    const show = el("button.place", { type: "button", onclick: () => compare(version) }, name, el("span.meta", {}, `${facts} · `, time));
    return el("li", { "data-version": version.id }, version.current ? el("div.place", {}, name, el("span.meta", {}, `${facts} · `, time)) : show);
  }

  // What it is, and of which section if it is about one.
  function named({ parent, cause, changed }) {
    const card = changed.length === 1 ? desk.cards().find(({ id }) => id === changed[0]) : null;
    return [text(`cause.${parent || cause !== "edit" ? cause : "begun"}`), card?.heading.value].filter(Boolean).join(" · ");
  }

  async function compare(version) {
    const found = await act("compare", { draft: desk.draft().id, version: version.id });
    if (found.error) return;
    const button = (kind, key, onclick, more = {}) => el(`button.${kind}`, { type: "button", onclick, ...more }, text(key));
    const ways = ["inline", "side"].map((way) =>
      button("plain", `diff.${way}`, () => ((KEPT.way = way), fill()), { "data-way": way }),
    );
    const restore = button("outlined", "writing.restore", async () => (await desk.restore(version.id), draw()));
    const branch = button("plain", "writing.branch", async () => {
      const made = await act("branch", { draft: desk.draft().id, version: version.id });
      if (!made.error) desk.open(made.id);
    });
    const back = button("quiet", "writing.all-versions", draw);
    const body = el("div.diff", { tabindex: 0, "aria-label": text("writing.differences") });
    const about = el("p.hint", {}, `${named(version)} · ${when(version.updated)} → ${text("writing.current")}`);

    function fill() {
      for (const way of ways) way.setAttribute("aria-pressed", String(way.dataset.way === KEPT.way));
      const sides = KEPT.way === "inline" ? [["removed", "added"]] : [["removed"], ["added"]];
      body.classList.toggle("two", sides.length > 1);
      panel.closest(".desk").classList.toggle("wide-side", sides.length > 1);
      body.replaceChildren(...sides.map(side));
    }

    const side = (own) => el("div.text", {}, ...pieced(found.map(({ kind, text: words }) => [kind, words]), ...own));

    const isSame = found.every(({ kind }) => kind === "same");
    fill();
    panel.replaceChildren(back, about, el("div.buttons", {}, restore, branch, el("span.spacer"), ...ways), ...(isSame ? [el("p.hint", {}, text("writing.no-difference"))] : []), body);
    back.focus();
  }

  const leave = () => panel.closest(".desk").classList.remove("wide-side");
  // While a comparison is looked at, it stays.
  const changed = () => panel.querySelector(".versions") && draw();
  return { draw, changed, leave };
}
