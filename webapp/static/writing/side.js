// Beside the draft: its brief, the checks, its versions, who wrote what, and what the model was told. One at a time.

import { debounce, el, iconButton, recall, remember, text } from "../shared/dom.js";
import { act } from "./api.js";
import { mountAuthors } from "./authors.js";
import { mountBrief } from "./brief.js";
import { mountChecks } from "./checks.js";
import { mountSent } from "./sent.js";
import { mountVersions } from "./versions.js";

const PANELS = ["checks", "versions", "authors", "sent", "brief"];
const KEPT = "studio.writing.side";
const CHANGED_MS = 600;
const BRIEF_MS = 800;

export function mountSide(root, desk) {
  const side = root.querySelector(".side");
  const panel = side.querySelector(".panel");
  const button = root.querySelector("[data-do=side]");
  let chosen = PANELS.includes(recall(KEPT)) ? recall(KEPT) : PANELS[0];

  const panels = {
    checks: mountChecks(panel, desk),
    versions: mountVersions(panel, desk),
    authors: mountAuthors(panel, desk),
    sent: mountSent(panel, desk),
    brief: briefPanel(),
  };

  // The brief of the draft, kept as it is changed: the next job goes by it.
  function briefPanel() {
    const facts = el("div.brief");
    const brief = mountBrief(facts, { changed: debounce(BRIEF_MS, keep) });
    const topic = el("textarea", { rows: 3, maxlength: 2000 });
    const words = el("input", { type: "number", min: 20, max: 20_000, inputmode: "numeric" });
    const problem = el("p.problem", { role: "alert", hidden: true });
    const general = el("div.brief.general", {}, el("label.wide", {}, el("span", {}, text("writing.topic")), topic), el("label.wide", {}, el("span", {}, text("writing.length")), words));
    general.addEventListener("input", debounce(BRIEF_MS, keep));

    async function keep() {
      const value = { kind: desk.brief().kind, topic: topic.value, ...(words.value ? { words: Number(words.value) } : {}), ...brief.read({ all: true }) };
      const answer = await act("brief", { draft: desk.draft().id, brief: value }, { quiet: true });
      problem.hidden = !answer.error;
      problem.textContent = answer.error ?? "";
      if (!answer.error) desk.saveBrief(value);
    }

    async function draw() {
      const known = await desk.kinds();
      const now = desk.brief();
      const kind = known.kinds.find(({ id }) => id === (now.kind ?? "article"));
      brief.draw(known, kind);
      brief.write(now);
      topic.value = now.topic ?? "";
      words.value = now.words ?? "";
      words.parentElement.hidden = !kind?.usual;
      words.placeholder = kind?.usual ?? "";
      panel.replaceChildren(el("p.hint", {}, text("writing.brief-kept")), general, facts, problem);
    }
    return { draw };
  }

  const tabs = PANELS.map((name) =>
    el("button", { type: "button", role: "tab", id: `writing-${name}`, "data-panel": name, onclick: () => choose(name) }, text(`side.${name}`)),
  );
  side.querySelector(".tabs").append(...tabs, iconButton("close", text("action.close"), () => toggle(false)));
  side.querySelector(".tabs").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = PANELS[(PANELS.indexOf(chosen) + step + PANELS.length) % PANELS.length];
    choose(next);
    tabs[PANELS.indexOf(next)].focus();
  });
  side.addEventListener("keydown", (event) => event.key === "Escape" && (event.preventDefault(), toggle(false)));

  function choose(name) {
    panels[chosen].leave?.();
    chosen = name;
    remember(KEPT, name);
    show();
  }

  function show() {
    for (const tab of tabs) {
      const isChosen = tab.dataset.panel === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `writing-${chosen}`);
    panel.replaceChildren();
    if (!side.hidden && desk.draft()) panels[chosen].draw();
  }

  function toggle(shown = side.hidden) {
    side.hidden = !shown;
    root.classList.toggle("with-side", shown);
    button.setAttribute("aria-expanded", String(shown));
    panels[chosen].leave?.();
    show();
    if (!shown) button.focus();
  }

  // After a change of the draft, what follows from it is looked at again, if anybody looks.
  const changed = debounce(CHANGED_MS, () => !side.hidden && desk.draft() && panels[chosen].changed?.());

  function leave() {
    for (const one of Object.values(panels)) one.leave?.(true);
    panel.replaceChildren();
  }

  return { toggle, show, changed, leave, sent: panels.sent.add, tinting: panels.authors.tinting };
}
