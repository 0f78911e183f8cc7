// Boards: pictures under a name, of which one may be on several.

import { openDialog } from "../shared/dialog.js";
import { el, text, toast } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { call } from "./api.js";

export function mountBoards({ changed }) {
  let boards = [];

  async function load() {
    const answer = await call("GET", "images/boards", undefined, { quiet: true });
    if (answer.problem) return;
    boards = answer;
    changed(boards);
  }

  // Asks for a name and resolves to it, or to null.
  const askName = (title, name = "") =>
    new Promise((done) => {
      const box = el("input", { name: "name", maxlength: 100, required: true, value: name, "aria-label": text("field.name") });
      const form = el("form.save", {}, box, el("button.primary", { type: "submit" }, text("playground.save")));
      const dialog = openDialog(title, form);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        done(box.value.trim() || null);
        dialog.close();
      });
      dialog.addEventListener("close", () => done(null));
      box.select();
    });

  async function create(ids = []) {
    const name = await askName(text("images.board-new"));
    if (!name) return null;
    const board = await call("POST", "images/boards", { name });
    if (board.problem) return null;
    if (ids.length) await put(board, ids);
    else await load();
    return board.id;
  }

  async function rename(board) {
    const name = await askName(text("images.board-rename"), board.name);
    if (!name || (await call("PATCH", `images/boards/${board.id}`, { name })).problem) return;
    load();
  }

  // The pictures stay; only what they were gathered under goes.
  async function remove(board) {
    if ((await call("DELETE", `images/boards/${board.id}`)).problem) return false;
    toast(text("images.board-deleted", { name: board.name }));
    await load();
    return true;
  }

  async function put(board, ids, isOn = true) {
    const answer = await call("POST", `images/boards/${board.id}`, isOn ? { add: ids } : { remove: ids });
    if (answer.problem) return false;
    toast(text(isOn ? "images.board-added" : "images.board-removed", { count: ids.length, name: board.name }));
    await load();
    return true;
  }

  // The boards to put pictures on; from those that they are on (`on`), they are taken.
  function choose(button, ids, on = [], done = () => {}) {
    const entry = (board) => {
      const isOn = on.includes(board.id);
      return { icon: isOn ? "check" : "plus", text: board.name, choose: async () => (await put(board, ids, !isOn)) && done(board.id, !isOn) };
    };
    const anew = { icon: "archive", text: text("images.board-new"), choose: async () => ((id) => id && done(id, true))(await create(ids)) };
    openMenu(button, [...boards.map(entry), anew]);
  }

  return { load, create, rename, remove, choose, find: (id) => boards.find((one) => one.id === id) };
}
