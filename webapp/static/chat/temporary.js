// A conversation of which nothing is kept: chosen before the first message, gone once it is left, closed or reloaded.

export function mountTemporary(root) {
  const mark = root.querySelector(".empty [name=temporary]");
  const note = root.querySelector(".temporary-note");
  let here = null;

  const forget = (id) =>
    fetch(new URL(`api/conversations/${id}/temporary`, document.baseURI), { method: "DELETE", keepalive: true }).catch(() => {});

  function show(conversation) {
    if (here && here !== conversation?.id) forget(here);
    here = conversation?.temporary ? conversation.id : null;
    note.hidden = !here && !(mark.checked && !conversation);
    if (conversation) mark.checked = false;
  }

  mark.addEventListener("change", () => (note.hidden = !mark.checked));
  addEventListener("pagehide", () => here && forget(here));
  return { show, isWanted: () => mark.checked };
}
