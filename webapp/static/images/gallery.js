// The gallery: pictures as they were made, the latest first, a page at a time as one scrolls; found by their prompt,
// starred, on boards; several are chosen to be compared, taken home or deleted.

import { debounce, el, iconButton, text, toast } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { address, call } from "./api.js";

const PAGE = 48;
const STARRED = "starred";

export function mountGallery(root, { open, boards, compare, counted, dropped, trash }) {
  const find = (selector) => root.querySelector(selector);
  const list = find(".cells");
  const search = find("input[type=search]");
  const shown = find("select[name=board]");
  const more = find("[data-do=more]");
  const pictures = new Map();
  const chosen = new Set();
  let isChoosing = false;
  let next = null;
  let total = 0;
  // A list that was asked for earlier is not shown.
  let asked = 0;
  let isLoading = false;

  function query(before) {
    const wanted = { limit: PAGE, ...(search.value.trim() && { query: search.value.trim() }), ...(before && { before }) };
    if (shown.value === STARRED) wanted.starred = "true";
    else if (shown.value) wanted.board = shown.value;
    return `images?${new URLSearchParams(wanted)}`;
  }

  const isNarrowed = () => Boolean(search.value.trim() || shown.value);

  async function load() {
    const mine = ++asked;
    const answer = await call("GET", query());
    if (answer.problem || mine !== asked) return;
    pictures.clear();
    select(null);
    list.replaceChildren();
    append(answer);
  }

  async function loadMore() {
    if (!next || isLoading) return false;
    const mine = asked;
    isLoading = true;
    const answer = await call("GET", query(next));
    isLoading = false;
    if (answer.problem || mine !== asked) return false;
    append(answer);
    return true;
  }

  function append(answer) {
    const fresh = answer.pictures.filter(({ id }) => !pictures.has(id));
    for (const picture of fresh) pictures.set(picture.id, picture);
    list.append(...fresh.map(cell));
    next = answer.next;
    count(answer.total);
  }

  // What was made since stands before the rest; where one has scrolled to stays.
  async function refresh() {
    const mine = asked;
    const answer = await call("GET", query(), undefined, { quiet: true });
    if (answer.problem || mine !== asked) return;
    const fresh = answer.pictures.filter(({ id }) => !pictures.has(id));
    const rest = [...pictures];
    pictures.clear();
    for (const picture of fresh) pictures.set(picture.id, picture);
    for (const [id, picture] of rest) pictures.set(id, picture);
    list.prepend(...fresh.map(cell));
    if (!rest.length) next = answer.next;
    count(answer.total);
  }

  function count(all) {
    total = all;
    more.hidden = !next;
    find(".total").textContent = total ? text("images.total", { count: total }) : "";
    root.hidden = !pictures.size && !isNarrowed();
    find(".none").hidden = pictures.size > 0;
    counted(root.hidden);
  }

  // A picture in the list

  function cell(picture) {
    const go = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (isChoosing || chosen.size) turn(picture);
      else open(picture.id);
    };
    const image = el("img", { src: address(picture.thumbnail), alt: picture.prompt, loading: "lazy", decoding: "async" });
    image.addEventListener("error", () => node.classList.add("broken"));
    const box = el("input", { type: "checkbox", "aria-label": text("history.select") });
    box.addEventListener("change", () => select(picture, box.checked));
    const star = iconButton("star", text("history.star"), () => setStar(picture, !picture.starred), { "aria-pressed": String(picture.starred) });
    star.classList.add("star");
    const link = el("a", { href: `?image=${picture.id}`, title: picture.prompt, onclick: go }, image);
    const node = el("li", { "data-id": picture.id }, link, el("label.box", {}, box), star, picture.unfinished && el("span.chip", {}, text("images.unfinished")));
    return node;
  }

  const nodeOf = (id) => list.querySelector(`[data-id="${CSS.escape(id)}"]`);

  async function setStar(picture, starred) {
    const answer = await call("PATCH", `images/${picture.id}`, { starred });
    if (answer.problem) return false;
    marked(picture.id, starred);
    return true;
  }

  function marked(id, starred) {
    if (pictures.has(id)) pictures.get(id).starred = starred;
    nodeOf(id)?.querySelector(".star").setAttribute("aria-pressed", String(starred));
  }

  // The picture beside another in the list, read on where it ends.
  async function beside(id, by) {
    const ids = [...pictures.keys()];
    const place = ids.indexOf(id) + by;
    if (!ids.includes(id) || place < 0) return null;
    if (place < ids.length) return ids[place];
    return (await loadMore()) ? beside(id, by) : null;
  }

  const place = (id) => ({ number: [...pictures.keys()].indexOf(id) + 1, total });

  // Deleting, with a way back

  async function remove(ids) {
    if ((await call("POST", "images/trash", { ids })).problem) return false;
    for (const id of ids) {
      nodeOf(id)?.remove();
      pictures.delete(id);
      chosen.delete(id);
    }
    draw();
    count(Math.max(0, total - ids.length));
    dropped(ids);
    toast(text("images.trashed", { count: ids.length }), { undo: () => putBack(ids) });
    if (!pictures.size && next) load();
    return true;
  }

  async function putBack(ids) {
    if (!(await call("POST", "images/restore", { ids })).problem) load();
  }

  // Choosing several; `null` takes every choice back.

  function select(picture, isChosen) {
    if (picture === null) {
      isChoosing = false;
      chosen.clear();
    } else if (isChosen) chosen.add(picture.id);
    else chosen.delete(picture.id);
    draw();
  }

  const turn = (picture) => select(picture, !chosen.has(picture.id));

  function draw() {
    for (const node of list.children) {
      node.classList.toggle("chosen", chosen.has(node.dataset.id));
      node.querySelector(".box input").checked = chosen.has(node.dataset.id);
    }
    const isOn = isChoosing || chosen.size > 0;
    root.classList.toggle("choosing", isOn);
    find(".selection").hidden = !isOn;
    find(".selection .chosen").textContent = text("history.chosen", { count: chosen.size });
    find("[data-do=compare]").hidden = chosen.size !== 2;
    for (const name of ["zip", "board", "delete"]) find(`.selection [data-do=${name}]`).disabled = !chosen.size;
  }

  async function zip() {
    const answer = await call("POST", "images/zip", { ids: [...chosen] }, { blob: true });
    if (answer.problem) return;
    const link = el("a", { href: URL.createObjectURL(answer), download: "images.zip" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  find("[data-do=compare]").addEventListener("click", () => compare([...chosen].map((id) => pictures.get(id))));
  find("[data-do=zip]").addEventListener("click", zip);
  find("[data-do=delete]").addEventListener("click", () => remove([...chosen]));
  find("[data-do=deselect]").addEventListener("click", () => select(null));
  find("[data-do=board]").addEventListener("click", (event) => boards.choose(event.currentTarget, [...chosen]));
  root.addEventListener("keydown", (event) => event.key === "Escape" && chosen.size && (event.preventDefault(), select(null)));

  // What is shown

  function offer(all) {
    const now = shown.value;
    const options = [["", text("images.all")], [STARRED, text("history.starred")], ...all.map(({ id, name, pictures: size }) => [id, `${name} (${size})`])];
    shown.replaceChildren(...options.map(([value, name]) => el("option", { value }, name)));
    shown.value = options.some(([value]) => value === now) ? now : "";
    if (shown.value !== now) load();
  }

  const menu = find("[data-do=menu]");
  menu.addEventListener("click", () => {
    const board = boards.find(shown.value);
    openMenu(menu, [
      { icon: "check", text: text("images.select"), choose: () => ((isChoosing = true), draw()) },
      { icon: "archive", text: text("images.trash"), choose: trash },
      { icon: "plus", text: text("images.board-new"), choose: () => boards.create() },
      ...(board ? [
        { icon: "edit", text: text("images.board-rename"), choose: () => boards.rename(board) },
        { icon: "trash", text: text("images.board-delete"), choose: () => boards.remove(board), danger: true },
      ] : []),
    ]);
  });

  search.addEventListener("input", debounce(250, load));
  shown.addEventListener("change", load);
  more.addEventListener("click", loadMore);
  new IntersectionObserver((seen) => seen.at(-1).isIntersecting && loadMore(), { rootMargin: "600px" }).observe(more);

  return { load, refresh, offer, beside, place, remove, setStar, marked };
}
