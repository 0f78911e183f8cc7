// The history: everything that was generated, found as one types; a click opens an item where it was made.

import { ago, debounce, el, fill, text, toast, when } from "./dom.js";
import { asker } from "./live.js";
import { goTo } from "./page.js";

export function mount(component) {
  const root = component.element.querySelector(".history");
  const find = (selector) => root.querySelector(selector);
  fill(root);
  const search = find("input[type=search]");
  const assistant = find("select[name=assistant]");
  const status = find("select[name=status]");
  const more = find("[data-do=more]");
  const ask = asker(component);
  let last = null;

  const wanted = () => ({ q: search.value, assistant: assistant.value || null, status: status.value || null });

  const load = (before = null) =>
    ask(() => ({ do: "search", ...wanted(), before }), (value) => show(value, before === null));

  function show(value, isFirst) {
    if (value.error) return toast(value.error, { problem: true });
    if (isFirst) {
      choices(assistant, "history.all-assistants", value.assistants, (name) => text(`tab.${name}`));
      choices(status, "history.all-statuses", value.statuses, (name) => text(`status.${name}`));
      find(".items").replaceChildren();
    }
    find(".items").append(...value.items.map(row));
    last = value.items.at(-1)?.number ?? last;
    more.hidden = !value.more;
    const empty = !find(".items").children.length;
    find(".none").hidden = !empty;
    find(".none").textContent = text(Object.values(wanted()).some(Boolean) ? "history.none" : "history.empty");
  }

  function choices(select, all, names, label) {
    const chosen = select.value;
    const options = names.map((name) => el("option", { value: name }, label(name)));
    select.replaceChildren(el("option", { value: "" }, text(all)), ...options);
    select.value = names.includes(chosen) ? chosen : "";
  }

  function row(item) {
    const query = `?job=${item.id}`;
    const go = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      goTo(item.assistant, query);
    };
    const facts = [text(`tab.${item.assistant}`), item.model].filter(Boolean).join(" · ");
    return el(
      "li",
      {},
      el(
        "a",
        { href: query, onclick: go },
        el("span.name", {}, item.title || text("history.untitled")),
        el(`span.chip.${item.status}`, {}, text(`status.${item.status}`)),
        el("span.snippet", {}, item.snippet),
        el("span.meta", {}, `${facts} · `, el("time", { datetime: item.created, title: when(item.created) }, ago(item.created))),
      ),
    );
  }

  search.addEventListener("input", debounce(200, () => load()));
  assistant.addEventListener("change", () => load());
  status.addEventListener("change", () => load());
  more.addEventListener("click", () => load(last));

  // Read again whenever the room is entered: jobs go on elsewhere.
  new IntersectionObserver((seen) => seen.at(-1).isIntersecting && load()).observe(root);
}
