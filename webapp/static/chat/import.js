// Conversations brought in from a file: how far it is sent, Cancel, and afterwards what came and what did not.

import { openDialog } from "../shared/dialog.js";
import { el, text, toast, wentWrong } from "../shared/dom.js";

// `done()` when there are more conversations than before.
export function mountImport(input, done) {
  input.addEventListener("change", () => {
    const file = input.files[0];
    input.value = "";
    if (file) send(file);
  });

  function send(file) {
    const bar = el("progress", { max: 1, value: 0, "aria-label": file.name });
    const line = el("p.hint", { role: "status" }, text("chat.import-sending", { name: file.name }));
    const cancel = el("button.quiet", { type: "button", onclick: () => dialog.close() }, text("action.cancel"));
    const body = el("div.brought", {}, line, bar, el("div.buttons", {}, cancel));
    const dialog = openDialog(text("chat.import"), body);
    // Of fetch nobody learns how much is sent.
    const request = new XMLHttpRequest();
    let isOver = false;
    dialog.addEventListener("close", () => isOver || request.abort());
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = total ? loaded / total : 0;
      if (loaded < total) return;
      bar.removeAttribute("value");
      line.textContent = text("chat.import-reading");
    });
    request.addEventListener("loadend", () => {
      isOver = true;
      const said = read(request);
      if (request.status === 200 && said) show(body, said, () => dialog.close());
      else if (request.readyState === XMLHttpRequest.DONE && dialog.isConnected) {
        dialog.close();
        toast(wentWrong(said), { problem: true });
      }
      if (said?.conversations) done();
    });
    request.open("POST", new URL(`api/conversations/import?${new URLSearchParams({ name: file.name.slice(-150) })}`, document.baseURI));
    request.send(file);
  }

  function read(request) {
    try {
      return JSON.parse(request.responseText);
    } catch {
      return null;
    }
  }

  function show(body, brought, close) {
    const { conversations, messages, pictures, known, told, more } = brought;
    const lines = [text("chat.import-done", { conversations, messages, pictures }), known && text("chat.import-known", { count: known })];
    const list = told.map(({ title, text: words }) => el("li", {}, title && el("strong", {}, `${title}: `), words));
    if (more) list.push(el("li", {}, text("chat.import-more", { count: more })));
    body.replaceChildren(
      ...lines.filter(Boolean).map((one) => el("p", {}, one)),
      ...(list.length ? [el("p.hint", {}, text("chat.import-told")), el("ul", { tabindex: 0 }, ...list)] : []),
      el("div.buttons", {}, el("button.primary", { type: "button", onclick: close }, text("action.close"))),
    );
  }
}
