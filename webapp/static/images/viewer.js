// One picture, as large as the screen allows, with what it was made by and what can be done with it. ← and → go on to
// the next, S stars, Delete moves into the trash.

import { openDialog } from "../shared/dialog.js";
import { copy, el, icon, iconButton, text, when } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { address, call, fileOf } from "./api.js";

// What is told of how a picture was made, in this order.
const FACTS = ["model", "seed", "steps", "guidance", "scheduler", "style", "strength"];
const SCALES = [2, 4];
const SWIPE = 60;

export function mountViewer({ gallery, boards, moved, use, again, vary, inpaint, upscalers, upscale, draft }) {
  let dialog = null;
  let picture = null;

  async function open(id) {
    const answer = await call("GET", `images/${id}`);
    if (answer.problem) return dialog ? null : moved(null);
    picture = answer;
    if (!dialog) begin();
    draw();
    moved(picture);
  }

  function begin() {
    dialog = openDialog(text("images.picture"), el("div.view"), el("aside"));
    dialog.classList.add("images-viewer");
    dialog.addEventListener("keydown", key);
    dialog.addEventListener("close", () => {
      dialog = picture = null;
      moved(null);
    });
  }

  const close = () => dialog?.close();

  // Drawing

  function draw() {
    const { id, file, prompt, width, height, starred } = picture;
    const focused = document.activeElement?.dataset.do;
    const { number, total } = gallery.place(id);
    const image = el("img", { src: address(file), alt: prompt, width, height });
    const view = el("div.view", { "data-id": id },
      iconButton("left", text("images.previous"), () => step(-1), { "data-do": "previous", disabled: number < 2 }),
      el("button.whole", { type: "button", "aria-label": text("images.enlarge"), title: text("images.enlarge"), onclick: () => view.classList.toggle("enlarged") }, image),
      iconButton("right", text("images.next"), () => step(1), { "data-do": "next", disabled: !number || number === total }));
    swipes(view);
    dialog.querySelector(".view").replaceWith(view);
    dialog.querySelector("aside").replaceWith(side());
    dialog.querySelector("header strong").textContent = number ? text("playground.of", { some: number, all: total }) : text("images.picture");
    dialog.querySelector("header .star")?.remove();
    const star = iconButton("star", text("history.star"), () => setStar(), { "aria-pressed": String(starred) });
    star.classList.add("star");
    dialog.querySelector("header .icon-button:last-child").before(star);
    // What had the focus is drawn anew, and keys are heard only within the dialog.
    (dialog.querySelector(`[data-do="${focused}"]:enabled`) ?? dialog.querySelector(".whole")).focus();
  }

  function side() {
    const { prompt, width, height, created, parameters, unfinished, request, made_with: made } = picture;
    const told = Object.fromEntries(FACTS.map((name) => [name, picture[name] ?? request[name]]));
    const facts = [
      ["images.size", `${width} × ${height}`],
      ...FACTS.filter((name) => (told[name] ?? null) !== null).map((name) => [`field.${name}`, String(told[name])]),
      ["images.made", when(created)],
      ...(made.upscaler ? [["images.enlarged-by", made.upscaler]] : []),
    ];
    const words = (name, said) => said && el("section.said", {}, el("h3", {}, text(name)), el("div.text", {}, said));
    return el("aside", {},
      unfinished && el("p.hint", {}, text("images.unfinished-hint")),
      words("field.prompt", prompt),
      words("field.negative", request.negative),
      actions(),
      el("dl", {}, ...facts.flatMap(([name, value]) => [el("dt", {}, text(name)), el("dd", {}, value)])),
      parameters && el("details", {}, el("summary", {}, text("images.parameters")), el("div.text", {}, parameters),
        el("button.plain", { type: "button", onclick: () => copy(parameters) }, icon("copy"), text("action.copy"))));
  }

  function actions() {
    const { id, file } = picture;
    const away = (call) => () => {
      const one = picture;
      close();
      call(one);
    };
    const button = (name, sign, key, onclick) => el("button.outlined", { type: "button", "data-do": name, onclick }, icon(sign), text(key));
    const ways = () => upscalers().flatMap((name) => SCALES.map((scale) => [name, scale]));
    const way = ([name, scale]) => ({ icon: "enlarge", text: text("images.times", { scale, name }), choose: away((one) => upscale(one, scale, name)) });
    const larger = button("upscale", "enlarge", "images.upscale", () => openMenu(larger, ways().map(way)));
    const shelf = button("board", "archive", "images.board", () => boards.choose(shelf, [id], picture.boards, put));
    return el("div.actions", {},
      button("use", "sliders", "images.use", away(use)),
      button("again", "retry", "history.again", away(again)),
      button("vary", "spark", "images.vary", away((one) => vary(one, fileOf(one.file)))),
      button("inpaint", "brush", "images.inpaint", away((one) => inpaint(one, fileOf(one.file)))),
      larger,
      shelf,
      button("draft", "edit", "images.draft", () => draft(picture)),
      el("a.outlined", { href: address(file), download: `${id}.png`, "data-do": "download" }, icon("download"), text("images.download")),
      button("delete", "trash", "chat.delete", remove));
  }

  function put(board, isOn) {
    if (!picture) return;
    picture.boards = isOn ? [...picture.boards, board] : picture.boards.filter((one) => one !== board);
  }

  // Doing

  async function step(by) {
    const id = picture && (await gallery.beside(picture.id, by));
    if (id && dialog) await open(id);
    return Boolean(id);
  }

  async function setStar() {
    const one = picture;
    if (!(await gallery.setStar(one, !one.starred))) return;
    one.starred = !one.starred;
    gallery.marked(one.id, one.starred);
    dialog?.querySelector("header .star").setAttribute("aria-pressed", String(one.starred));
  }

  // The next picture takes its place; the last one leaves the list alone.
  async function remove() {
    const { id } = picture;
    const next = (await gallery.beside(id, 1)) ?? (await gallery.beside(id, -1));
    if (!next) close();
    if ((await gallery.remove([id])) && next) open(next);
  }

  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
    const todo = { ArrowLeft: () => step(-1), ArrowRight: () => step(1), s: setStar, Delete: remove }[event.key];
    if (!todo || document.querySelector(".studio-menu")) return;
    event.preventDefault();
    todo();
  }

  // A finger that goes sideways leads on, as a key does.
  function swipes(view) {
    let from = null;
    view.addEventListener("touchstart", ({ touches }) => (from = touches.length === 1 ? touches[0].clientX : null), { passive: true });
    view.addEventListener("touchend", ({ changedTouches }) => {
      const way = from === null || view.classList.contains("enlarged") ? 0 : changedTouches[0].clientX - from;
      if (Math.abs(way) > SWIPE) step(way < 0 ? 1 : -1);
    });
  }

  return { open, close, current: () => picture };
}
