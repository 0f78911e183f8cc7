// The chat: keeps the list, the thread and the composer in step, and puts their wishes to Python.

import { el, fill, text, toast } from "../shared/dom.js";
import { asker } from "../shared/live.js";
import { openMenu } from "../shared/menu.js";
import { askToWait, comingLine, mountOffer } from "../shared/offer.js";
import { front, goTo, registerTab } from "../shared/page.js";
import { openDrawer } from "../shared/prompt-drawer.js";
import { mountChats } from "./chats.js";
import { mountComposer } from "./composer.js";
import { mountTemplate } from "./template.js";
import { mountThread } from "./thread.js";

const MODEL_STATE_MS = 1_500;
const WINDOW = 30;
const MOST = 1_000;
// What a second click, before the first has been answered, does not ask for again.
const MAKING = new Set(["send", "regenerate", "continue"]);

export function mount(component) {
  const root = component.element.querySelector(".chat");
  const find = (selector) => root.querySelector(selector);
  fill(root);
  find(".logo").src = new URL("studio/shared/logo.svg", document.baseURI);

  const ask = asker(component);
  const state = { conversation: null, limit: WINDOW, visit: 0 };
  const underWay = new Set();

  // Every question says what the page shows, so that its answer brings exactly what has changed. An answer that comes
  // when the visitor has gone on to another conversation no longer touches the thread.
  async function act(what, more = {}) {
    const asked = JSON.stringify([what, more]);
    if (underWay.has(asked)) return false;
    if (MAKING.has(what)) underWay.add(asked);
    return put(what, more).finally(() => underWay.delete(asked));
  }

  async function put(what, more) {
    let visit;
    const question = () => {
      visit = state.visit;
      const shown = { conversation: state.conversation?.id ?? null, limit: state.limit, have: thread.keys() };
      return { do: what, ...shown, ...chats.wanted(), values: template.values(), ...more };
    };
    const value = await ask(question, (answer) => show(answer, visit === state.visit));
    if (!value.coming) return !value.error;
    // A message that the model which is here doesn't understand.
    const wait = await askToWait(value.coming);
    return wait === null ? false : put(what, { ...more, wait });
  }

  function show(value, isHere) {
    if (value.error) toast(value.error, { problem: true });
    if (value.undo) toast(value.undo.text, { undo: () => act(value.undo.do, value.undo.details) });
    if (value.model) showModel(value.model);
    if (value.template !== undefined) showTemplate(value.template);
    if (value.turns && isHere) showThread(value);
    if (value.inputs && isHere) putBack(value.inputs);
    if (value.chats) chats.show(value.chats, state.conversation?.id);
  }

  function showThread(value) {
    const left = state.conversation;
    const moved = value.conversation?.id !== left?.id;
    state.conversation = value.conversation;
    composer.move(value.conversation?.id ?? null);
    thread.show(value, moved);
    find(".empty").hidden = value.turns.length > 0;
    find(".title").textContent = value.conversation?.title ?? "";
    find("[data-do=menu]").hidden = !value.conversation;
    find("[data-do=earlier]").hidden = !value.earlier;
    document.title = value.conversation ? `${value.conversation.title} · AIGC Studio` : "AIGC Studio";
    const url = new URL(location);
    url.searchParams.delete("job");
    if (value.conversation) url.searchParams.set("chat", value.conversation.id);
    else url.searchParams.delete("chat");
    // Back leads to the conversation before.
    if (url.href !== location.href) history[moved && left ? "pushState" : "replaceState"](history.state, "", url);
  }

  // An item's own model, template, system prompt and parameters are again those of the next message.
  function putBack({ now, before }) {
    const put = (inputs) => (template.keep(inputs.template, inputs.values ?? {}), component.refill(inputs));
    put(now);
    toast(text("chat.inputs"), { undo: before && (() => put(before)) });
  }

  // The model's state and the examples that suit it.

  const showOffer = mountOffer(find(".offer"), (what) => act(what));
  let modelTimer = null;
  function showModel(model) {
    clearTimeout(modelTimer);
    const line = find(".model-state");
    const percent = model.share === null ? "" : ` ${Math.floor(100 * model.share)} %`;
    line.hidden = !model.note;
    line.replaceChildren(`${model.note}${percent}`);
    if (model.share !== null) line.append(el("progress", { max: 1, value: model.share, "aria-label": model.note }));
    const isComing = model.offer?.phase === "coming";
    if (model.is_busy || isComing) modelTimer = setTimeout(() => act("model"), MODEL_STATE_MS);
    find(".coming").hidden = !isComing;
    if (isComing) find(".coming").replaceChildren(...comingLine(model.offer, (what) => act(what)));
    // The offer says as much, and what can be done about it.
    const isOffered = showOffer(model.offer, model.model);
    find(".advice").hidden = !model.advice || isOffered;
    find(".advice").textContent = model.advice ?? "";
    find(".examples").replaceChildren(
      ...model.examples.map((words) => el("button.example", { type: "button", onclick: () => send(words) }, words)),
    );
  }

  // The template in use, its variables, and the drawer to choose another.

  const choose = (id) => component.refill({ template: id });
  const edit = (id) => goTo("prompts", `?prompt=${encodeURIComponent(id)}`);
  const template = mountTemplate(find(".template"), { edit, drop: () => choose(null) });

  function showTemplate(shown) {
    template.show(shown);
    composer.hint(template.asks());
  }
  addEventListener("studio:template", () => act("template"));
  addEventListener("studio:prompts", () => act("template"));
  addEventListener("studio:browse", ({ detail }) => detail === "chat" && openDrawer({ assistant: "chat", use: choose }));

  addEventListener("studio:model", () => act("model"));
  addEventListener("studio:models", () => act("model"));

  async function send(words) {
    thread.announce(words);
    const ok = await act("send", { text: words });
    if (!ok) thread.retract();
    return ok;
  }

  // What is typed from here on belongs to the conversation that was asked for, whenever the answer comes.
  const open = (conversation, message = null) => {
    state.limit = WINDOW;
    state.visit += 1;
    closePanels();
    if (conversation === null) showThread({ conversation: null, turns: [], earlier: false });
    else composer.move(conversation);
    composer.focus();
    return openAt(conversation, message);
  };

  // What is farther up than the page begins with is gone back to.
  async function openAt(conversation, message) {
    const ok = await act("open", { conversation, message, job: null });
    if (!ok || !message || thread.has(message) || state.limit >= MOST || state.conversation?.id !== conversation) return ok;
    state.limit = Math.min(MOST, 8 * state.limit);
    return openAt(conversation, message);
  }

  const thread = mountThread(root, { act, changed: () => composer.running(thread.running()) });
  const composer = mountComposer(find(".composer"), { send, stop: () => stop(thread.running()) });
  const chats = mountChats(find(".chats"), { act, open });

  function stop(job) {
    if (!job) return;
    thread.stopping(job);
    act("stop", { job });
  }

  // Panels: on narrow screens the list and the settings are drawers.

  const page = root.closest("#chat-tab");
  const closePanels = () => page.classList.remove("show-chats");

  function toggleSettings(shown = !page.classList.contains("show-settings")) {
    page.classList.toggle("show-settings", shown);
    find("[data-do=toggle-settings]").setAttribute("aria-expanded", shown);
  }

  const doing = {
    new: () => open(null),
    earlier: () => ((state.limit += WINDOW), act("refresh")),
    latest: () => thread.toLatest(),
    menu: (button) => openMenu(button, chats.choices(state.conversation)),
    stop: () => stop(thread.running()),
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

  const arrive = (query) => {
    if (query.has("template")) choose(query.get("template"));
    if (!query.has("job") && !query.has("chat")) return open(null);
    state.limit = WINDOW;
    state.visit += 1;
    return act("open", { conversation: query.get("chat"), job: query.get("job") });
  };
  addEventListener("popstate", () => {
    const wanted = new URLSearchParams(location.search).get("chat");
    if (wanted !== (state.conversation?.id ?? null)) open(wanted);
  });
  // Another window may have written on meanwhile.
  document.addEventListener("visibilitychange", () => document.hidden || act("refresh"));
  registerTab("chat", arrive);
  act("open", { conversation: new URLSearchParams(location.search).get("chat"), job: null });
  if (front() === "chat") composer.focus();
}
