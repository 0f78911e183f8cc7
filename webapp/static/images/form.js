// What is wished for: the prompt, a style, a ratio and, folded, all else. A field that is empty is the model's own value.

import { complain, debounce, el, keeping, recall, remember, text, toast } from "../shared/dom.js";
import { follow, isOpen } from "../shared/live.js";
import { mountAdvanced } from "./advanced.js";
import { address, call } from "./api.js";
import { mountFlight } from "./flight.js";
import { ratioOf, sized } from "./sizes.js";
import { keepsSubject } from "./subject.js";
import { mountVocabulary } from "./vocabulary.js";

const KEPT = "studio.images";
const KEEP_MS = 300;
const LOOK_MS = 500;
// So often the text model is asked for a better prompt.
const TRIES = 2;

// The examples are drawn in `places`.
export function mountForm(form, { generate, restore, places }) {
  const find = (selector) => form.querySelector(selector);
  const field = (name) => form.elements.namedItem(name);
  const { prompt } = form.elements;
  const vocabulary = mountVocabulary(find(".vocabulary"), { prompt, put });
  const flight = mountFlight(find(".flight"), { told: vocabulary.name });
  const advanced = mountAdvanced(form, { changed, picked: resize });
  let known = null;
  // What the ratios and the styles were drawn by.
  let drawn = "";
  let styled = "";
  // The prompt that was put here last and not typed.
  let offered = "";
  // The style that came with settings, in the version of then.
  let version = null;

  // What there is to choose from

  function offer(options) {
    const isFirst = known === null;
    // What is typed before this came stays.
    const typed = prompt.value.trim() ? { prompt: prompt.value } : {};
    const now = isFirst ? { ...JSON.parse(recall(KEPT) ?? "{}"), ...typed } : read();
    known = options;
    advanced.offer(options);
    for (const place of places) place.replaceChildren(...options.examples.map(example));
    write(now);
  }

  const example = (words) => el("button.outlined", { type: "button", onclick: () => take(words) }, words);

  // Those that the model reads, in the page's language first; one that knows few words reads none of them.
  function drawStyles(wanted) {
    const spoken = advanced.languages();
    const isOwn = ({ language }) => language === window.studio.language;
    const all = advanced.isLimited() ? [] : known.styles;
    const read = all.filter(({ id, language }) => !spoken.length || spoken.includes(language) || id === wanted);
    const sorted = [...read.filter(isOwn), ...read.filter((one) => !isOwn(one))];
    const ids = sorted.map(({ id, picture }) => `${id}:${picture ?? ""}`).join(" ");
    find(".styles").hidden = !sorted.length;
    if (ids === styled) return;
    styled = ids;
    const none = { id: "", name: text("images.no-style") };
    find(".styles .choices").replaceChildren(...[none, ...sorted].map(style));
    choose(wanted);
  }

  // With the latest picture in it, once there is one.
  function style({ id, name, picture }) {
    const small = picture && el("img", { src: address(`/api/images/${picture}/thumbnail`), alt: "", loading: "lazy" });
    return el("label", { title: name }, el("input", { type: "radio", name: "style", value: id }), small, el("span", {}, name));
  }
  const chosen = () => form.querySelector("[name=style]:checked")?.value ?? "";

  function choose(id) {
    for (const input of form.querySelectorAll("[name=style]")) input.checked = input.value === id;
  }

  function put(words) {
    prompt.value = offered = words;
    prompt.focus();
    changed();
  }

  // What a person has typed can be had back.
  function take(words) {
    const before = prompt.value;
    const isTyped = before.trim() && before !== offered;
    put(words);
    if (isTyped) toast(text("images.replaced"), { undo: () => put(before) });
  }

  // The shapes that the chosen model can draw, each by a small box of that shape.
  function drawRatios() {
    const defaults = advanced.defaults();
    const { ratios } = known;
    const grid = [defaults.width, defaults.height, defaults.multiple, defaults.largest, ...ratios].join(" ");
    if (grid !== drawn) find(".ratios .choices").replaceChildren(...ratios.map((ratio) => shape(ratio, defaults)));
    drawn = grid;
    const { width, height } = advanced.size();
    const now = ratioOf(width, height, ratios, defaults);
    for (const input of form.querySelectorAll("[name=ratio]")) input.checked = input.value === now;
  }

  // All that a model can draw which knows the words of a list and no others.
  const drawWords = () => vocabulary.show(advanced.isLimited() ? known : null);

  function shape(ratio, defaults) {
    const box = el("i");
    const [width, height] = ratio.split(":").map(Number);
    box.style.aspectRatio = `${width} / ${height}`;
    box.style[width >= height ? "width" : "height"] = "14px";
    const size = sized(ratio, defaults);
    const input = el("input", { type: "radio", name: "ratio", value: ratio, onchange: () => resize(size) });
    return el("label", { title: `${size.width} × ${size.height}` }, input, box, el("span", {}, ratio));
  }

  // A size that is the model's own is left to it.
  function resize({ width, height }) {
    const own = advanced.defaults();
    const isOwn = width === own.width && height === own.height;
    field("width").value = isOwn ? "" : width;
    field("height").value = isOwn ? "" : height;
    changed();
  }

  // The request, and back

  function read() {
    const style = chosen();
    const isOld = style && style === version?.style;
    return { prompt: prompt.value, ...(style && { style }), ...(isOld && { style_version: version.style_version }), ...advanced.read() };
  }

  function write(request) {
    prompt.value = request.prompt ?? "";
    version = request.style_version ? request : null;
    advanced.write(request);
    drawStyles(request.style ?? "");
    choose(request.style ?? "");
    changed();
  }

  const keep = keeping(KEEP_MS, () => remember(KEPT, JSON.stringify(read())));
  const look = debounce(LOOK_MS, () => flight.look(read()));

  function changed() {
    if (!known) return;
    say(null);
    advanced.update();
    drawStyles(chosen());
    drawRatios();
    drawWords();
    keep();
    look();
  }

  const say = (problem) => complain(find(":scope > .problem"), problem);

  // Help with the words

  const oneOf = (all) => all[Math.floor(Math.random() * all.length)];

  function surprise() {
    const { examples, objects, places: where } = known;
    const isNamed = advanced.isLimited() && window.studio.language === "en";
    const others = examples.filter((words) => words !== prompt.value);
    take(isNamed ? [oneOf(objects), oneOf(where)].filter(Boolean).join(" ") : oneOf(others));
  }

  const better = find("[data-do=improve]");

  // Resolves to { words, status, error } of the text model's proposal.
  async function propose(before) {
    const job = await call("POST", "images/prompt", { prompt: before });
    if (job.problem) return { error: job.problem };
    return new Promise((found) => {
      let words = "";
      follow(job.id, {
        text: (delta) => (words += delta),
        retracted: () => (words = ""),
        status: ({ status, error }) => isOpen(status) || found({ words: words.trim(), status, error }),
        lost: () => found({ error: text("error.no-answer") }),
      });
    });
  }

  // A small model may go its own way: what does not show what was wished for is no better prompt.
  async function improve() {
    const before = prompt.value;
    if (!before.trim()) return prompt.focus();
    better.disabled = true;
    let answer = null;
    for (let tries = 0; tries < TRIES; tries++) {
      answer = await propose(before);
      if (answer.status !== "done" || (answer.words && keepsSubject(before, answer.words))) break;
    }
    better.disabled = false;
    const { words, status, error } = answer;
    if (status !== "done" || !words) return toast(error ?? text("images.not-improved"), { problem: true });
    if (!keepsSubject(before, words)) return toast(text("images.subject-lost"), { problem: true });
    // What was typed meanwhile is not overwritten.
    if (prompt.value !== before) return toast(text("images.improved-late"), { undo: null });
    put(words);
    toast(text("images.improved"), { undo: () => put(before) });
  }

  const file = find(".aids [type=file]");
  file.addEventListener("change", () => {
    const [one] = file.files;
    file.value = "";
    if (one) restore(one);
  });
  find("[data-do=restore]").addEventListener("click", () => file.click());
  find("[data-do=surprise]").addEventListener("click", surprise);
  better.addEventListener("click", improve);
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    generate(read());
  });
  prompt.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });

  return {
    offer, read, write, say,
    begin: advanced.begin,
    seeded: advanced.seeded,
    focus: () => prompt.focus(),
    isReady: () => known !== null,
    isKnown: advanced.isKnown,
  };
}
