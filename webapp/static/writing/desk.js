// The desk: one draft, its sections as cards, and what is done to the whole of it. Python's answer to every change but
// typing is the draft as it is then.

import { debounce, el, iconButton, text, toast } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { goTo } from "../shared/page.js";
import { act } from "./api.js";
import { settings } from "./brief.js";
import { keepOneLine, makeCard, showConflict } from "./card.js";
import { mountFind } from "./find.js";
import { mountPen } from "./pen.js";
import { goToPlace, toUnits } from "./places.js";
import { mountSaving } from "./saving.js";
import { mountSide } from "./side.js";
import { copyRich, print } from "./taking.js";
import { mountWork } from "./work.js";

const FORMS = ["md", "html", "docx", "epub"];
const TITLE_MS = 800;
// Up to here what stands beside the draft lies over it.
const NARROW = 900;

export function mountDesk(root, { open, home, opened, kinds }) {
  const find = (selector) => root.querySelector(selector);
  const title = find(".title");
  const list = find(".cards");
  const cards = new Map();
  let draft = null;
  let brief = {};

  // A job is at work here, or on its way.
  let isAsking = false;
  const busy = () => isAsking || Boolean(work.job());

  // Changes the draft once everything typed is saved, and shows it as it is then, also where somebody was quicker (409).
  async function change(what, more = {}, manner = {}) {
    await saving.flush();
    const mine = draft?.id;
    if (!mine) return { error: "" };
    const answer = await act(what, () => ({ draft: mine, ...(typeof more === "function" ? more() : more) }), manner);
    if (answer.status === 409) await refresh();
    else if (!answer.error && draft?.id === mine) update(answer);
    return answer;
  }

  // Shows the draft as it is now, with what another window or a job has done to it.
  async function refresh() {
    if (!draft) return {};
    const mine = draft.id;
    const answer = await act("open", { draft: mine });
    if (!answer.error && draft?.id === mine) update(answer);
    return answer;
  }

  // Drawing

  // `notes` say what of a file did not come along.
  function show(answer, job, notes) {
    brief = answer.brief;
    update(answer);
    saving.recover();
    side.show();
    attend(job);
    attendWriter(answer);
    draw();
    if (notes.length) note(notes.map((one) => one.text).join(" "));
  }

  // A proposal is shown again even when it has been made; of other jobs only what is still to come is.
  function attend(job) {
    if (job?.action === "rewrite") pen.isBusy() || pen.resume(job);
    else if (job?.is_open) work.attach(job);
  }

  // The job that writes in the draft, whoever has asked for it.
  async function attendWriter({ job }) {
    if (!job || job === work.job()?.id) return;
    const found = await act("job", { job }, { quiet: true });
    if (!found.error && draft?.id === found.draft) attend(found.job);
  }

  function update({ document: { title: name, headings, sections }, alternates, ...facts }) {
    // A title that was typed and is on its way to Python stays.
    if (!draft || title.value === draft.title) title.value = name;
    draft = { ...facts, title: name };
    root.classList.toggle("labelled", !headings);
    const kept = new Set(sections.map(({ id }) => id));
    for (const [id, card] of cards) if (!kept.has(id)) drop(card);
    sections.forEach((section, place) => {
      const card = cards.get(section.id) ?? make(section.id);
      if (list.children[place] !== card.node) list.insertBefore(card.node, list.children[place] ?? null);
      card.show(section);
      card.page(alternates[section.id]);
      card.ends(place === 0, place === sections.length - 1);
    });
    opened(draft);
    draw();
    side.changed();
  }

  function make(id) {
    const card = makeCard(id, on);
    card.tint = side.tinting();
    cards.set(id, card);
    return card;
  }

  function drop(card) {
    card.node.remove();
    cards.delete(card.id);
  }

  const inOrder = () => [...list.children].map((node) => cards.get(node.dataset.section));

  // The numbers and buttons that follow from what is here.
  function draw() {
    if (!draft) return;
    const all = inOrder();
    const words = all.reduce((sum, card) => sum + card.count, 0);
    const target = all.every((card) => card.words) ? all.reduce((sum, card) => sum + card.words, 0) : brief.words;
    find(".total").textContent = text(target ? "writing.total-of" : "writing.counted", { count: words, target });
    const empty = all.filter((card) => !card.locked && card.isEmpty);
    const open = all.filter((card) => !card.locked);
    find(".cards + .empty").hidden = all.length > 0 || busy();
    find("[data-do=fill]").textContent = text(all.length ? "writing.fill" : "writing.start");
    find("[data-do=fill]").hidden = (all.length > 0 && !empty.length) || busy();
    find("[data-do=again]").hidden = !open.length || empty.length === open.length || busy();
    find("[data-do=undo]").disabled = !draft.can_undo || busy();
    find("[data-do=redo]").disabled = !draft.can_redo || busy();
    find("[data-do=headlines]").disabled = busy();
    root.classList.toggle("busy", busy());
  }

  // Jobs

  async function submit(request) {
    await retitle();
    await saving.flush();
    const answer = await act("write", { request: { draft: draft.id, ...settings(request.action), ...request } });
    return answer.error ? null : answer.job;
  }

  async function write(request) {
    if (busy()) return;
    isAsking = true;
    draw();
    pen.close();
    const job = await submit(request);
    isAsking = false;
    attend(job);
    draw();
  }

  const work = mountWork(find(".work"), {
    place: (id) => cards.get(id),
    reload: refresh,
    sent: (data) => side.sent(data),
    noted: (line) => note(line),
    async over({ error, headlines }) {
      if (error) note(error, { isProblem: true });
      await saving.flush();
      attendWriter(await refresh());
      draw();
      if (headlines) offerHeadlines(headlines);
      announce(text("writing.done"));
    },
  });

  const announce = (line) => (root.parentElement.querySelector(".said").textContent = line);

  function note(line, { isProblem = false, gone = () => {} } = {}) {
    if ([...find(".notes").children].some((one) => one.textContent === line)) return;
    const leave = iconButton("close", text("action.close"), () => (node.remove(), gone()));
    const node = el(isProblem ? "p.problem" : "p.note", { role: "status" }, el("span", {}, line), leave);
    find(".notes").append(node);
    if (isProblem) node.scrollIntoView({ block: "nearest" });
  }

  function offerHeadlines(lines) {
    const take = (line) => {
      title.value = line;
      find(".headlines").hidden = true;
      arrange({ title: line });
    };
    const close = iconButton("close", text("action.close"), () => (find(".headlines").hidden = true));
    find(".headlines").replaceChildren(...lines.map((line) => el("button.example", { type: "button", onclick: () => take(line) }, line)), close);
    find(".headlines").hidden = false;
  }

  // Sections: order, number, length and title in one go. Whoever was quicker is heard first.

  async function arrange({ sections = null, title: words } = {}) {
    const put = () => ({
      based_on: draft.version,
      sections: sections ? sections() : inOrder().map(({ id }) => ({ id })),
      ...(words === undefined ? {} : { title: words }),
    });
    const answer = await change("arrange", put, { quiet: true });
    return answer.error ? change("arrange", put) : answer;
  }

  const on = {
    typed: (card) => saving.typed(card),
    counted: () => draw(),
    again: (card) => write({ action: "section", section: card.id }),
    goOn: (card) => pen.goOn(card),
    lock: (card) => change("lock", { section: card.id, locked: !card.locked }),
    async choose(card, version) {
      await saving.flush();
      await change("choose", () => ({ section: card.id, version, based_on: card.revision }));
    },
    async move(card, by) {
      const all = inOrder();
      const from = all.indexOf(card);
      all.splice(from, 1);
      all.splice(from + by, 0, card);
      await arrange({ sections: () => all.map(({ id }) => ({ id })) });
      const name = by < 0 ? "up" : "down";
      const button = card.node.querySelector(`[data-tool=${name}]`);
      (button.disabled ? card.heading : button).focus();
      card.node.scrollIntoView({ block: "nearest" });
    },
    resize: (card, words) => arrange({ sections: () => inOrder().map(({ id }) => (id === card.id ? { id, words } : { id })) }),
    // The picture comes back by the other tab's "Put into a draft".
    illustrate(card) {
      const prompt = card.heading.value || title.value;
      goTo("images", `?${new URLSearchParams({ prompt, draft: draft.id, section: card.id })}`);
    },
    async remove(card) {
      await saving.flush();
      const before = draft.version;
      const answer = await arrange({ sections: () => inOrder().filter((one) => one !== card).map(({ id }) => ({ id })) });
      if (!answer.error) toast(text("writing.removed", { heading: card.heading.value }), { undo: () => restore(before) });
    },
  };

  async function add() {
    const words = inOrder().at(-1)?.words ?? null;
    await arrange({ sections: () => [...inOrder().map(({ id }) => ({ id })), { heading: "", ...(words ? { words } : {}) }] });
    inOrder().at(-1)?.heading.focus();
  }

  // An older version comes back; what was typed since stays, in the sections that are in both.
  async function restore(version, { keep = true } = {}) {
    await saving.flush();
    const typed = keep ? new Map(inOrder().map((card) => [card.id, card.box.value])) : new Map();
    const answer = await change("restore", { version });
    for (const card of inOrder()) if (typed.has(card.id) && typed.get(card.id) !== card.box.value) card.put(typed.get(card.id));
    return answer;
  }

  const retitle = async () => draft && title.value !== draft.title && arrange({ title: title.value });
  const retitleSoon = debounce(TITLE_MS, retitle);
  keepOneLine(title, () => inOrder()[0]?.heading.focus());
  title.addEventListener("input", retitleSoon);

  const saving = mountSaving(find(".saved"), {
    cards,
    draft: () => draft?.id,
    saved({ section, ...facts }) {
      Object.assign(draft, facts);
      draw();
      side.changed();
    },
    async conflict(card, { error: message, kept }, { text: mine }) {
      await refresh();
      const choose = () => on.choose(card, kept);
      showConflict(card, { message, mine, choose });
    },
    stray: (words, gone) => note(`${text("writing.stray")} ${words}`, { gone }),
  });

  const pen = mountPen({
    cards,
    submit,
    isBusy: busy,
    replace: (card, details) => change("replace", { section: card.id, ...details }),
  });

  const side = mountSide(root, {
    kinds,
    cards: inOrder,
    draft: () => draft,
    brief: () => brief,
    saveBrief: (value) => (brief = value),
    write,
    busy,
    async restore(version) {
      await saving.flush();
      const before = draft.version;
      const answer = await restore(version, { keep: false });
      if (!answer.error) toast(text("writing.restored"), { undo: () => restore(before, { keep: false }) });
    },
    open,
    flush: () => saving.flush(),
    goTo(section, start, end) {
      const card = cards.get(section);
      if (innerWidth <= NARROW) side.toggle(false);
      if (card) goToPlace(card.box, toUnits(card.box.value, start ?? 0), toUnits(card.box.value, end ?? 0));
    },
  });

  const finding = mountFind(find(".replacing"), { cards: inOrder, button: find("[data-do=find]") });

  async function html() {
    await saving.flush();
    return (await act("html", { draft: draft.id })).html;
  }

  const choices = () => [
    { icon: "copy", text: text("writing.copy-rich"), choose: async () => copyRich(await html()) },
    ...FORMS.map((form) => ({ icon: "download", text: text(`export.${form}`), href: `api/drafts/${draft.id}/export?form=${form}` })),
    { icon: "print", text: text("export.print"), choose: async () => print(await html()) },
  ];

  const doing = {
    home,
    add,
    undo: () => change("undo"),
    redo: () => change("redo"),
    find: () => finding.toggle(),
    side: () => side.toggle(),
    menu: async (button) => (await saving.flush(), openMenu(button, choices())),
    headlines: () => write({ action: "headlines" }),
    again: () => write({ action: "draft" }),
    fill() {
      const empty = inOrder().filter((card) => !card.locked && card.isEmpty);
      return write({ action: "draft", ...(empty.length ? { sections: empty.map(({ id }) => id) } : {}) });
    },
  };
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button && root.contains(button)) doing[button.dataset.do]?.(button);
  });

  // Another window may have written on meanwhile.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && draft && !root.hidden) saving.flush().then(refresh).then(attendWriter);
  });

  // Lets go of the draft; what is not saved then is kept by the browser.
  async function leave() {
    if (!draft) return true;
    await retitle();
    await saving.flush();
    pen.close();
    work.leave();
    side.leave();
    finding.close();
    draft = null;
    for (const card of [...cards.values()]) drop(card);
    find(".notes").replaceChildren();
    find(".headlines").hidden = true;
    return true;
  }

  const see = (section) => cards.get(section)?.node.scrollIntoView({ block: "end" });

  return { show, see, leave };
}
