// The Write tab: the first screen and the desk with one draft on it.

import { fill } from "../shared/dom.js";
import { registerTab, showIn } from "../shared/page.js";
import { act } from "./api.js";
import { use } from "./brief.js";
import { mountDesk } from "./desk.js";
import { mountHome } from "./home.js";

export function mount(component) {
  const root = component.element.querySelector(".writing");
  fill(root);
  let visit = 0;

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

  // Shows a draft, and a job that writes in it. An answer that comes when the visitor has gone elsewhere shows nothing.
  async function openDraft(id, { job = null, notes = [], section = null, inputs = null } = {}) {
    const mine = ++visit;
    if (!(await desk.leave())) return;
    const draft = await act("open", { draft: id });
    if (mine !== visit) return;
    if (draft.error) {
      opened(null);
      view("home");
      await home.load();
      if (inputs) home.write(inputs);
      return;
    }
    view("desk");
    desk.show(draft, job, notes);
    if (section) desk.see(section);
  }

  // Shows the draft that a job wrote in; where that is gone, what the job was asked, to ask it again.
  async function openJob(id) {
    const found = await act("job", { job: id });
    if (found.error || found.assistant !== "writing") return goHome();
    return openDraft(found.draft, { job: found.job, inputs: found.inputs });
  }

  const home = mountHome(root.querySelector(".home"), { open: openDraft });
  const desk = mountDesk(root.querySelector(".desk"), { open: openDraft, home: goHome, opened, kinds: home.kinds });

  const arrive = (query) => {
    if (query.get("draft")) return openDraft(query.get("draft"), { section: query.get("section") });
    if (query.get("job")) return openJob(query.get("job"));
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
