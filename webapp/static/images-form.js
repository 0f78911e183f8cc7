// What is wished for: the prompt, a style, a ratio and, folded, all else. A field that is empty is the model's own value.

import { debounce, el, recall, remember, text, toast } from "./dom.js";
import { mountAdvanced } from "./images-advanced.js";
import { call } from "./images-api.js";
import { mountFlight } from "./images-flight.js";
import { ratioOf, sized } from "./images-sizes.js";
import { follow, isOpen } from "./live.js";

const KEPT = "studio.images";
const KEEP_MS = 300;
const LOOK_MS = 500;

export function mountForm(form, { act, generate }) {
  const find = (selector) => form.querySelector(selector);
  const field = (name) => form.elements.namedItem(name);
  const { prompt } = form.elements;
  const flight = mountFlight(find(".flight"));
  const advanced = mountAdvanced(form, { act, changed, picked: resize });
  let known = null;
  // By which numbers the ratios were drawn.
  let drawn = "";

  // What there is to choose from

  function offer(options) {
    const isFirst = known === null;
    const now = isFirst ? JSON.parse(recall(KEPT) ?? "{}") : read();
    known = options;
    find(".styles").hidden = !options.styles.length;
    const none = { id: "", name: text("images.no-style") };
    find(".styles .choices").replaceChildren(...[none, ...options.styles].map(style));
    advanced.offer(options);
    find(".examples").replaceChildren(...options.examples.map(example));
    write(now);
  }

  function style({ id, name, thumbnail }) {
    const picture = thumbnail && el("img", { src: thumbnail, alt: "", loading: "lazy" });
    return el("label", { title: name }, el("input", { type: "radio", name: "style", value: id }), picture, el("span", {}, name));
  }

  const example = (words) => el("button.outlined", { type: "button", onclick: () => take(words) }, words);

  function take(words) {
    prompt.value = words;
    prompt.focus();
    changed();
  }

  // The shapes that the chosen model can draw, each by a small box of that shape.
  function drawRatios() {
    const defaults = advanced.defaults();
    const ratios = known.ratios.map(({ id }) => id);
    const grid = [defaults.width, defaults.height, defaults.multiple, defaults.largest, ...ratios].join(" ");
    if (grid !== drawn) find(".ratios .choices").replaceChildren(...ratios.map((ratio) => shape(ratio, defaults)));
    drawn = grid;
    const { width, height } = advanced.size();
    const now = ratioOf(width, height, ratios, defaults);
    for (const input of form.querySelectorAll("[name=ratio]")) input.checked = input.value === now;
  }

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
    const chosen = form.querySelector("[name=style]:checked")?.value;
    return { prompt: prompt.value, ...(chosen && { style: chosen }), ...advanced.read() };
  }

  function write(request) {
    prompt.value = request.prompt ?? "";
    for (const input of form.querySelectorAll("[name=style]")) input.checked = input.value === (request.style ?? "");
    advanced.write(request);
    changed();
  }

  const keep = debounce(KEEP_MS, () => remember(KEPT, JSON.stringify(read())));
  const look = debounce(LOOK_MS, () => flight.look(read()));

  function changed() {
    if (!known) return;
    say(null);
    advanced.update();
    drawRatios();
    keep();
    look();
  }

  function say(problem) {
    find(":scope > .problem").hidden = !problem;
    find(":scope > .problem").textContent = problem ?? "";
  }

  // Help with the words

  const oneOf = (all) => all[Math.floor(Math.random() * all.length)];
  const both = (object, place) => [object, place].filter(Boolean).join(" ");

  function surprise() {
    const { examples, objects = [], places = [] } = known;
    const others = examples.filter((words) => words !== prompt.value);
    take(objects.length && advanced.isStarter() ? both(oneOf(objects), oneOf(places)) : oneOf(others.length ? others : examples));
  }

  const better = find("[data-do=improve]");

  async function improve() {
    const before = prompt.value;
    if (!before.trim()) return prompt.focus();
    better.disabled = true;
    const job = await call("POST", "images/prompt", { prompt: before });
    if (job.problem) return (better.disabled = false);
    let words = "";
    follow(job.job, {
      text: (delta) => (words += delta),
      status({ status, error }) {
        if (isOpen(status)) return;
        better.disabled = false;
        if (status !== "done" || !words.trim()) return toast(error ?? text("images.not-improved"), { problem: true });
        take(words.trim());
        toast(text("images.improved"), { undo: () => take(before) });
      },
      lost: () => (better.disabled = false),
    });
  }

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

  return { offer, read, write, say, begin: advanced.begin, seeded: advanced.seeded, focus: () => prompt.focus(), isReady: () => known !== null };
}
