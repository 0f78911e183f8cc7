// The checks beside the text: what fails first, each leading to its place, and one click to mend it.

import { el, icon, text } from "../shared/dom.js";
import { act } from "./api.js";

const NAMES = ["keyword", "fact", "wish", "verify", "avoid", "length", "form", "repeat", "names", "ending", "readability"];
// What only a person mends.
const OWN = ["readability", "verify", "wish", "form"];

export function mountChecks(panel, desk) {
  async function draw() {
    if (!panel.hasChildNodes()) panel.append(el("p.hint", { role: "status" }, text("writing.looking")));
    await desk.flush();
    const mine = desk.draft().id;
    const found = await act("checks", { draft: mine }, { quiet: true });
    if (desk.draft()?.id !== mine || !isShown()) return;
    if (found.error) return panel.replaceChildren(el("p.problem", {}, found.error));
    const failing = found.filter(({ ok }) => ok === false);
    const open = found.filter(({ ok }) => ok === null).length;
    const words = [text(failing.length ? "writing.to-mend" : "writing.all-well", { count: failing.length }), open && text("writing.unjudged", { count: open })];
    const head = el("p.hint", { role: "status" }, words.filter(Boolean).join(" · "));
    const groups = NAMES.map((name) => group(name, found.filter((one) => one.name === name))).filter(Boolean);
    const mends = failing.some(({ name }) => !OWN.includes(name));
    const repair = mends && el("button.outlined.repair", { type: "button", disabled: desk.busy(), onclick: () => desk.write({ action: "repair" }) }, text("writing.repair"));
    const focused = panel.contains(document.activeElement);
    panel.replaceChildren(head, ...[repair, ...groups].filter(Boolean));
    if (focused) panel.focus();
  }

  const isShown = () => panel.getAttribute("aria-labelledby") === "writing-checks";

  function group(name, checks) {
    if (!checks.length) return null;
    const failing = checks.filter(({ ok }) => ok === false);
    const unjudged = checks.filter(({ ok }) => ok === null);
    const tally = failing.length ? `${failing.length}/${checks.length}` : null;
    const head = el("summary", {}, sign(failing.length ? false : unjudged.length ? null : true), el("span", {}, text(`check.${name}`)), tally && el("span.tally", {}, tally));
    const items = [...failing, ...unjudged, ...checks.filter(({ ok }) => ok)].map(line);
    return el("details.group", { open: failing.length + unjudged.length > 0 }, head, el("ul", {}, ...items));
  }

  const sign = (ok) => {
    const node = icon(ok === null ? "more" : ok ? "check" : "alert");
    if (ok !== null) node.classList.add(ok ? "good" : "bad");
    return node;
  };

  function line(check) {
    const go = () => desk.goTo(check.section, check.start, check.end);
    const words = check.section
      ? el("button.place", { type: "button", onclick: go, title: text("writing.go-there") }, check.sentence)
      : el("span", {}, check.sentence);
    // Where a text goes round in circles, that part is written again with a guard against it.
    const mend = () => desk.write({ action: "section", section: check.section, guard: true });
    const isLoop = check.name === "repeat" && check.ok === false && check.section;
    const guard = isLoop && el("button.quiet", { type: "button", disabled: desk.busy(), onclick: mend }, text("writing.guard"));
    return el(check.ok ? "li.ok" : check.ok === null ? "li.unjudged" : "li", {}, words, guard);
  }

  return { draw, changed: draw };
}
