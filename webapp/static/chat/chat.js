// The chat: keeps the list, the thread, the composer and the settings in step, and asks the studio over /api.

import { fill, text, toast } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { askToWait } from "../shared/offer.js";
import { front, goTo, registerTab } from "../shared/page.js";
import { openDrawer } from "../shared/prompt-drawer.js";
import { rest } from "../shared/rest.js";
import { mountChats } from "./chats.js";
import { mountComposer } from "./composer.js";
import { mountFinder } from "./finder.js";
import { mountFirst } from "./first.js";
import { mountPicker } from "./picker.js";
import { openSeveral } from "./several.js";
import { mountSettings } from "./settings.js";
import { keepSettings } from "./settled.js";
import { mountShortcuts } from "./shortcuts.js";
import { mountTemplate } from "./template.js";
import { mountTemporary } from "./temporary.js";
import { mountThread } from "./thread.js";
import { mountTitles } from "./titles.js";
import { readWindow } from "./window.js";

// A share of Chinese letters from which on a message is one for a model that knows Chinese.
const CHINESE = 0.3;

export function mount(component) {
  const root = component.element.querySelector(".chat");
  const find = (selector) => root.querySelector(selector);
  fill(root);
  find(".logo").src = new URL("studio/shared/logo.svg", document.baseURI);

  const state = { conversation: null, visit: 0 };
  const shown = readWindow();
  const underWay = new Set();

  // Tells what went wrong, if something did.
  function ok(answer) {
    if (answer.error) toast(answer.error, { problem: true });
    return !answer.error;
  }

  // What a second click, before the first has been answered, does not ask for again.
  async function once(key, ask) {
    if (underWay.has(key)) return false;
    underWay.add(key);
    return ask().finally(() => underWay.delete(key));
  }

  // What is read when the visitor has gone on to another conversation no longer touches the thread.

  async function refresh(more = {}) {
    const { visit, conversation } = state;
    if (!conversation) return list();
    const value = await shown.read(conversation.id, more);
    if (visit !== state.visit) return false;
    if (value.error) return ok(value);
    showThread(conversation, more);
    await list();
    return true;
  }

  async function lookAgain() {
    const { visit, conversation } = state;
    const now = conversation && (await rest(`conversations/${conversation.id}`));
    if (now && !now.error && visit === state.visit) {
      state.conversation = now;
      settings.show(now);
    }
    return refresh();
  }

  const list = () => chats.load(state.conversation?.id);

  function showThread(conversation, { moved = false, focus = null, isThought = false } = {}) {
    state.conversation = conversation;
    composer.move(conversation?.id ?? null);
    // What stands above the thread is settled before one scrolls in it.
    find(".empty").hidden = shown.now().turns.length > 0;
    thread.show({ ...shown.now(), focus, isThought }, moved);
    showTitle(conversation);
    temporary.show(conversation);
  }

  function showTitle(conversation) {
    find(".title").textContent = conversation?.title ?? "";
    for (const deed of ["menu", "find"]) find(`[data-do=${deed}]`).hidden = !conversation;
    document.title = conversation ? `${conversation.title} · AIGC Studio` : "AIGC Studio";
  }

  function locate(id, left) {
    const url = new URL(location);
    url.searchParams.delete("job");
    if (id) url.searchParams.set("chat", id);
    else url.searchParams.delete("chat");
    // Back leads to the conversation before.
    if (url.href !== location.href) history[left && left !== id ? "pushState" : "replaceState"](history.state, "", url);
  }

  // Opens a conversation, at a message of it, or a new chat.

  async function open(id, message = null, isThought = false, wanted = {}) {
    const left = state.conversation?.id ?? null;
    const visit = ++state.visit;
    settings.keep();
    closePanels();
    if (left !== id) finder.close();
    if (id === null) {
      shown.clear();
      state.conversation = null;
      locate(null, left);
      showThread(null, { moved: true });
      composer.focus();
      return settings.begin(wanted).then(list);
    }
    // What is typed from here on belongs to the conversation that was asked for, whenever the answer comes.
    composer.move(id);
    composer.focus();
    if (message && !ok(await rest(`messages/${message}/select`, {}))) message = null;
    const conversation = await rest(`conversations/${id}`);
    const read = conversation.error ? conversation : await shown.read(id, { fresh: true, message });
    if (visit !== state.visit) return false;
    if (!ok(read)) return open(null).then(() => false);
    state.conversation = conversation;
    locate(id, left);
    settings.show(conversation);
    showThread(conversation, { moved: left !== id, focus: message, isThought });
    await list();
    return true;
  }

  // The turn of a job: its conversation now asks with what the job was asked with, unless one takes that back.
  async function openJob(id) {
    const job = await rest(`jobs/${id}`);
    if (!ok(job) || !job.result?.message) return open(null);
    if (!(await open(job.result.conversation, job.result.message))) return false;
    const undo = await settings.putBack(job);
    if (undo) toast(text("chat.inputs"), { undo });
    return true;
  }

  // What is asked for in the thread.

  // One after the other, for each goes below the one before; the first of a new chat begins what the next go into.
  let last = Promise.resolve();
  const begunIn = new Map();

  function submit(request) {
    const { visit, conversation } = state;
    last = last.then(() => {
      const id = request.action ? null : (conversation?.id ?? begunIn.get(visit));
      return put(id ? { ...request, conversation: id } : request, visit);
    });
    return last;
  }

  async function put(request, visit) {
    if (!(await settings.saved())) return false;
    const begins = !request.conversation && !request.parent;
    let wait = null;
    const asked = { ...(begins ? settings.chosen() : {}), ...request };
    if (begins && temporary.isWanted()) asked.temporary = true;
    const values = template.values(settings.chosen().template);
    if (Object.keys(values).length) asked.values = values;
    if (worthWaiting(asked.message ?? "")) {
      // A message that the model which is here doesn't understand.
      wait = await askToWait(first.now().offer);
      if (wait === null) return false;
    }
    if (wait) asked.wait = true;
    const job = await rest("jobs", { assistant: "chat", request: asked });
    if (!ok(job)) return false;
    const { result } = await rest(`jobs/${job.id}`);
    if (begins) begunIn.set(visit, result.conversation);
    const reply = { job: job.id, ...result };
    if (visit !== state.visit) return list().then(() => reply);
    if (begins) await begun(result.conversation);
    await refresh({ moved: begins || shown.now().later, end: true });
    return reply;
  }

  function several() {
    const box = find(".composer textarea");
    return openSeveral({
      words: box.value,
      chosen: settings.chosen().model,
      told: ok,
      put: submit,
      questionOf: ({ message }) => shown.now().turns.find(({ id }) => id === message)?.parent,
      asked: (words) => box.value === words && composer.clear(),
      keep: ({ message, model }) => act.select(message).then(() => settings.update({ model })),
    });
  }

  async function begun(id) {
    settings.forget();
    const conversation = await rest(`conversations/${id}`);
    if (conversation.error) return;
    state.conversation = conversation;
    locate(id, null);
    settings.show(conversation);
  }

  function worthWaiting(words) {
    if (settings.chosen().model || !first.now()?.comes_with.includes("zh")) return false;
    const letters = words.match(/\p{L}/gu) ?? [];
    const chinese = words.match(/\p{Script=Han}/gu) ?? [];
    return chinese.length > 0 && chinese.length >= CHINESE * Math.max(1, letters.length);
  }

  async function send(words) {
    thread.announce(words);
    const isSent = await once(`send ${words}`, () => submit({ message: words }));
    if (!isSent) thread.retract();
    return isSent;
  }

  const act = {
    refresh,
    edit: (words, parent) => once(`edit ${parent}`, () => submit({ message: words, parent })),
    again: (parent) => once(`again ${parent}`, () => submit({ action: "regenerate", parent })),
    goOn: (parent) => once(`on ${parent}`, () => submit({ action: "continue", parent })),
    select: async (message) => ok(await rest(`messages/${message}/select`, {})) && refresh({ whole: true }),
    async remove(message) {
      if (!ok(await rest(`messages/${message}`, undefined, "DELETE"))) return;
      toast(text("chat.message-deleted"), { undo: () => restore(message, () => refresh({ whole: true })) });
      await refresh({ whole: true });
    },
    async fork(message) {
      const made = await rest(`messages/${message}/fork`, {});
      if (ok(made) && (await open(made.id))) toast(text("chat.forked"));
    },
    stop: (job) => job && (thread.stopping(job), rest(`jobs/${job}/stop`, {}).then(ok)),
  };

  const restore = async (id, then) => ok(await rest(`trash/${id}/restore`, {})) && then();

  // What is done with conversations of the list.

  async function change(item, wanted) {
    const changed = await rest(`conversations/${item.id}`, wanted, "PATCH");
    const isDone = ok(changed);
    if (isDone && state.conversation?.id === item.id) showTitle((state.conversation = changed));
    await list();
    return isDone;
  }

  async function remove(item) {
    if (!ok(await rest(`conversations/${item.id}`, undefined, "DELETE"))) return;
    const wasHere = state.conversation?.id === item.id;
    const undo = () => restore(item.id, () => (wasHere ? open(item.id) : list()));
    toast(text("chat.deleted", { title: item.title }), { undo });
    await (wasHere ? open(null) : list());
  }

  // How far the model is, and the examples that suit it.

  const temporary = mountTemporary(root);
  const first = mountFirst(find, {
    chosen: () => settings.chosen().model,
    told: ok,
    shown: (value) => (picker.now(value), settings.offer(value)),
    send,
  });

  // The settings of the conversation; the template in use, its variables, and the drawer to choose another.

  const edit = (id) => goTo("prompts", `?prompt=${encodeURIComponent(id)}`);
  const template = mountTemplate(find(".template"), {
    edit,
    drop: () => settings.update({ template: null, values: {} }),
    changed: (values) => settings.update({ values }),
    filled: () => composer.focus(),
  });
  const kept = keepSettings({ conversation: () => state.conversation, told: ok });
  const settings = mountSettings(find(".settings"), {
    kept,
    browse: () => openDrawer({ assistant: "chat", use }),
    shown(chosen, card) {
      template.keep(chosen.template, chosen.values ?? {});
      template.show(card);
      composer.hint(template.asks());
      picker.choose(chosen.model ?? null);
    },
    changedModel: first.start,
  });
  const picker = mountPicker(find(".picker"), (model) => settings.update({ model }));
  addEventListener("studio:prompts", () => settings.renew());
  addEventListener("studio:models", () => (picker.renew(), first.start()));
  addEventListener("studio:use", ({ detail }) => settings.update({ model: detail }));

  const use = (id) => (template.await(id), settings.update({ template: id, values: {} }));
  const entitle = mountTitles({
    isIdle: (id) => state.conversation?.id === id && !thread.running() && !find(".composer textarea").value,
    found({ id, title }) {
      if (state.conversation?.id === id) showTitle((state.conversation = { ...state.conversation, title }));
      list();
    },
  });
  const thread = mountThread(root, {
    act,
    changed() {
      composer.running(thread.running());
      finder.drawn();
      entitle(state.conversation, shown.now().turns);
    },
  });
  const composer = mountComposer(find(".composer"), { send, stop: () => act.stop(thread.running()), leave: () => find(".thread").focus({ preventScroll: true }), use });
  const chats = mountChats(find(".chats"), { change, remove, open, told: ok });

  // Panels: on narrow screens the list and the settings are drawers.

  const page = root.closest("#chat-tab");
  const closePanels = () => page.classList.remove("show-chats");

  function toggleSettings(isShown = !page.classList.contains("show-settings")) {
    page.classList.toggle("show-settings", isShown);
    find("[data-do=toggle-settings]").setAttribute("aria-expanded", isShown);
  }

  // Leads to the list's field, which on a narrow screen is in a drawer.
  function search() {
    page.classList.toggle("show-chats", find(".narrow").checkVisibility());
    find(".chats input[type=search]").focus();
  }

  const showKeys = mountShortcuts(
    [
      { key: "n", label: "chat.new", press: () => open(null) },
      { key: "s", label: "chat.search", press: search },
      { key: "e", label: "keys.edit", press: () => thread.editLast() },
      { key: "c", label: "keys.copy", press: () => thread.copyLast() },
      { key: "m", label: "keys.model", press: () => find(".picker .model").click() },
      { key: "i", label: "keys.write", press: () => composer.focus() },
    ],
    [
      { keys: ["Enter"], label: "chat.send" },
      { keys: ["Esc"], label: "keys.stop" },
      { keys: ["/"], label: "keys.template" },
      { keys: ["Ctrl", "F"], label: "find.label" },
      { keys: ["Ctrl", "K"], label: "palette.open" },
    ],
  );

  // Where the end is not on the page, it is read first.
  const toEnd = async () => (!shown.now().later || (await refresh({ end: true }))) && thread.toLatest();

  const finder = mountFinder(find(".thread"), {
    conversation: () => state.conversation,
    lead(message, isThought) {
      const seen = { focus: message, isThought };
      return shown.has(message) ? showThread(state.conversation, seen) : refresh({ message, ...seen });
    },
  });

  const doing = {
    keys: showKeys,
    new: () => open(null),
    earlier: () => refresh({ earlier: true }),
    latest: () => toEnd(),
    find: () => finder.open(),
    menu: (button) => openMenu(button, chats.choices(state.conversation)),
    stop: () => act.stop(thread.running()),
    several,
    "toggle-chats": () => page.classList.toggle("show-chats"),
    "toggle-settings": () => toggleSettings(),
    "close-panels": () => (closePanels(), toggleSettings(false)),
  };
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button && root.contains(button)) doing[button.dataset.do]?.(button);
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (page.matches(".show-chats") || (page.matches(".show-settings") && find(".shade").checkVisibility())) event.preventDefault();
    // Where there is room for them, the settings are a part of the page.
    if (find(".shade").checkVisibility()) toggleSettings(false);
    closePanels();
  });

  // Coming in: ?chat= says what to open; so does a link from another tab, which may name a ?job= or a ?template=.

  const arrive = async (query) => {
    if (query.has("job")) await openJob(query.get("job"));
    const wanted = query.has("template") ? { template: query.get("template"), values: {} } : {};
    if (query.has("model")) wanted.model = query.get("model");
    if (!query.has("job") && !query.get("chat")) return open(null, null, false, wanted);
    if (!query.has("job")) await open(query.get("chat"));
    if (Object.keys(wanted).length) settings.update(wanted);
  };
  const named = () => new URLSearchParams(location.search).get("chat") || null;
  addEventListener("popstate", () => named() !== (state.conversation?.id ?? null) && open(named()));
  // Another window may have written on meanwhile, or changed the settings.
  document.addEventListener("visibilitychange", () => document.hidden || lookAgain());
  registerTab("chat", arrive);
  open(named());
  if (front() === "chat") composer.focus();
}
