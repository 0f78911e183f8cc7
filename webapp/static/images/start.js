// A picture to start from: chosen, dropped or taken from the gallery; how much of it is changed, and where.

import { el, fill, iconButton, text } from "../shared/dom.js";
import { address, fileOf, keep } from "./api.js";
import { openMask } from "./mask.js";
import { fitted } from "./sizes.js";

const STRENGTH = 0.6;

export function mountStart(root, { defaults, changed, picked }) {
  const place = root.querySelector(".picture");
  const file = el("input.offscreen", { type: "file", accept: "image/png,image/jpeg,image/webp", "aria-label": text("images.start-choose") });
  let image = null;
  let mask = null;
  let strength = STRENGTH;

  file.addEventListener("change", () => {
    const [one] = file.files;
    file.value = "";
    if (one) take(one);
  });

  // `one` is a file of this computer, or the id of one that the studio has.
  async function take(one) {
    const id = typeof one === "string" ? one : await keep(one);
    if (!id) return;
    image = id;
    mask = null;
    draw();
    const shown = place.querySelector("img");
    await shown.decode().catch(() => {});
    if (shown.naturalWidth) picked(fitted(shown.naturalWidth, shown.naturalHeight, defaults()));
    changed();
  }

  function draw() {
    if (!image) {
      const button = el("label.outlined", { "data-do": "choose" }, el("span", { "data-icon": "upload", "data-text": "images.start-choose" }), file);
      place.replaceChildren(button, el("span.hint", {}, text("images.start-hint")));
      return fill(button);
    }
    const range = el("input", { type: "range", name: "strength", min: 0.05, max: 1, step: 0.05, value: strength, "aria-label": text("field.strength") });
    const amount = el("output", {}, strength.toFixed(2));
    range.addEventListener("input", () => (amount.textContent = (strength = Number(range.value)).toFixed(2)));
    const canPaint = defaults().tasks.includes("inpaint") || defaults().tasks.includes("image");
    const brush = canPaint && el("button.outlined", { type: "button", "data-do": "brush", onclick: paint }, text(mask ? "images.mask-change" : "images.mask"));
    place.replaceChildren(
      el("div.thumb", {}, el("img", { src: address(`api/files/${image}`), alt: text("field.init_image") }),
        mask && el("img.mask", { src: address(`api/files/${mask}`), alt: text("field.mask") }),
        iconButton("close", text("images.start-drop"), drop, { "data-do": "drop" })),
      el("div.how", {}, el("label", {}, el("span", {}, text("field.strength"), " ", amount), range), el("span.buttons", {}, brush,
        mask && el("button.plain", { type: "button", "data-do": "unmask", onclick: () => ((mask = null), draw(), changed()) }, text("images.mask-drop")))),
    );
  }

  function drop() {
    image = mask = null;
    strength = STRENGTH;
    draw();
    changed();
  }

  const paint = () =>
    openMask({
      image: address(`api/files/${image}`),
      mask: mask && address(`api/files/${mask}`),
      limits: defaults(),
      async done({ picture, mask: painted, width, height }) {
        const [base, white] = await Promise.all([picture ? keep(picture, "start.png") : image, painted ? keep(painted, "mask.png") : null]);
        if (!base) return;
        image = base;
        mask = white;
        draw();
        if (picture) picked(fitted(width, height, defaults()));
        changed();
      },
    });

  const read = () => (image ? { init_image: image, strength, ...(mask && { mask }) } : {});

  function write({ init_image: base, mask: white, strength: amount }) {
    image = base ? fileOf(base) : null;
    mask = image && white ? fileOf(white) : null;
    strength = amount ?? STRENGTH;
    draw();
  }

  draw();
  return { take, paint, read, write };
}
