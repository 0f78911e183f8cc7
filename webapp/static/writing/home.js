// The first screen: what shall be written, examples to click, and the drafts there are.

import { el, recall, remember, text, toast, wentWrong } from "../shared/dom.js";
import { act } from "./api.js";
import { mountBrief, settings } from "./brief.js";
import { mountDrafts } from "./drafts.js";

const KEPT = "studio.writing.new";
const EXAMPLES = 4;

export function mountHome(root, { open }) {
  const form = root.querySelector(".start");
  const find = (selector) => root.querySelector(selector);
  const { topic, words } = form.elements;
  const brief = mountBrief(find(".brief"), { changed: keep });
  const drafts = mountDrafts(find(".drafts"), { open });
  let known = null;
  let loading = null;

  const chosen = () => form.elements.kind?.value || "article";
  const kindOf = (id) => known.kinds.find((one) => one.id === id) ?? known.kinds[0];

  function load() {
    drafts.load();
    loading = act("choices").then((answer) => {
      if (answer.error) return;
      const isFirst = known === null;
      const typed = JSON.parse(recall(KEPT) ?? "{}");
      known = answer;
      find(".advice").hidden = !answer.advice;
      find(".advice").textContent = answer.advice ?? "";
      if (isFirst) drawKinds();
      brief.draw(known, kindOf(chosen()));
      if (isFirst) write(typed);
      drawExamples();
    });
    return loading;
  }

  // What was told of the kinds, for the desk, too.
  async function kinds() {
    if (!known) await (loading ?? load());
    return known;
  }

  function drawKinds() {
    const chip = ({ id, title, description }) =>
      el("label", { title: description }, el("input", { type: "radio", name: "kind", value: id, onchange: () => choose(id) }), el("span", {}, title));
    find(".kinds").replaceChildren(...known.kinds.map(chip));
    choose(known.kinds[0].id);
  }

  function choose(id, length = kindOf(id).words) {
    const kind = kindOf(id);
    form.elements.kind.value = kind.id;
    find(".about").textContent = kind.description;
    find(".length").hidden = !kind.usual;
    words.value = length ?? "";
    words.placeholder = kind.usual ?? "";
    brief.draw(known, kind);
    keep();
  }

  function drawExamples() {
    const button = (one) => el("button.example", { type: "button", onclick: () => take(one) }, el("small", {}, kindOf(one.kind).title), one.topic);
    find(".examples").replaceChildren(...known.examples.slice(0, EXAMPLES).map(button));
  }

  function take(example) {
    write(example);
    topic.focus();
    topic.scrollIntoView({ block: "nearest" });
  }

  // The request that the fields make, and back.

  function read() {
    const length = kindOf(chosen()).usual && words.value ? { words: Number(words.value) } : {};
    return { topic: topic.value, kind: chosen(), ...length, ...brief.read() };
  }

  function write(request) {
    topic.value = request.topic ?? "";
    choose(request.kind ?? chosen(), request.topic ? request.words : undefined);
    brief.write({ language: known.language, ...request });
    find(".more").open ||= ["keywords", "facts", "avoid", "tone", "audience", "sample", "fields"].some((name) => request[name]?.length);
    keep();
  }

  // What is typed outlives a reload.
  function keep() {
    if (known) remember(KEPT, JSON.stringify(read()));
  }
  form.addEventListener("input", keep);

  async function begin(action) {
    const buttons = [...form.querySelectorAll("footer button")];
    for (const button of buttons) button.disabled = true;
    const answer = await act("write", { request: { ...read(), ...settings(action), action } });
    for (const button of buttons) button.disabled = false;
    if (answer.error) return topic.focus();
    write({ kind: chosen() });
    remember(KEPT, "");
    open(answer.draft, { job: answer.job });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin("draft");
  });
  find("[data-do=outline]").addEventListener("click", () => begin("outline"));
  topic.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) begin("draft");
  });

  // A text to go on with.
  const file = find(".import input");
  file.addEventListener("change", async () => {
    const data = new FormData();
    data.append("file", file.files[0]);
    file.value = "";
    const answer = await fetch(new URL("api/drafts/import", document.baseURI), { method: "POST", body: data }).catch(() => null);
    const said = await answer?.json().catch(() => null);
    if (!answer?.ok) return toast(wentWrong(said), { problem: true });
    open(said.id, { notes: said.notes });
  });

  return { load, write, kinds };
}
