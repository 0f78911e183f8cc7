// The Write tab: the first screen and the desk with one draft on it, and what both put to Python.

import { fill, text, toast } from "../shared/dom.js";
import { asker } from "../shared/live.js";
import { registerTab, showIn } from "../shared/page.js";
import { use } from "./brief.js";
import { mountDesk } from "./desk.js";
import { mountHome } from "./home.js";

export function mount(component) {
  const root = component.element.querySelector(".writing");
  fill(root);
  const ask = asker(component);
  let visit = 0;

  // Puts a question and returns the answer; what went wrong is said, unless the asker does that (`quiet`).
  async function act(what, more = {}, { quiet = false } = {}) {
    const answer = await ask(() => ({ do: what, ...(typeof more === "function" ? more() : more) }), () => {});
    if (answer.error && !quiet) toast(answer.error, { problem: true });
    return answer;
  }

  function view(name) {
    for (const one of root.querySelectorAll("[data-view]")) one.hidden = one.dataset.view !== name;
    root.closest(".tabitem")?.scrollTo(0, 0);
  }

  let open = null;
  let isSeen = true;
  function opened(draft) {
    const step = draft?.id !== open?.id;
    open = draft;
    showIn("writing", { draft: draft?.id }, { step });
    entitle();
  }

  function entitle() {
    if (isSeen) document.title = open ? `${open.title || open.name} · AIGC Studio` : "AIGC Studio";
  }

  async function goHome() {
    visit += 1;
    if (!(await desk.leave())) return;
    opened(null);
    view("home");
    home.load();
  }

  // An answer that comes when the visitor has gone elsewhere shows nothing.
  async function openDraft(question, job = null, notes = [], section = null) {
    const mine = ++visit;
    if (!(await desk.leave())) return;
    const answer = await act("open", question);
    if (mine !== visit) return;
    if (answer.error) {
      opened(null);
      view("home");
      await home.load();
      if (answer.inputs) home.write(answer.inputs);
      return;
    }
    view("desk");
    desk.show(answer, job ?? answer.job ?? answer.running, notes);
    if (section) desk.see(section);
  }

  const home = mountHome(root.querySelector(".home"), { act, open: openDraft });
  const desk = mountDesk(root.querySelector(".desk"), { act, open: openDraft, home: goHome, opened, kinds: home.kinds });

  const arrive = (query) => {
    const section = query.get("section");
    if (query.get("draft")) return openDraft({ draft: query.get("draft") }, null, [], section);
    if (query.get("job")) return openDraft({ job: query.get("job") });
    return goHome();
  };
  registerTab("writing", arrive);
  addEventListener("studio:use", (event) => use(event.detail));
  new IntersectionObserver((seen) => {
    isSeen = seen.at(-1).isIntersecting;
    entitle();
  }).observe(root);
  if (!new URLSearchParams(location.search).has("draft")) goHome();
}
