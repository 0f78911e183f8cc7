// Puts a base of knowledge into another site: <script src=".../studio/widget.js" data-base="shop" async></script>.
// Stands alone, for it runs on a page of somebody else's: it shows a button, and the customers' page in a frame.

(() => {
  const script = document.currentScript;
  const place = new URL(`../ask/${encodeURIComponent(script.dataset.base)}?framed`, script.src);
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "closed" });
  const style = document.createElement("style");
  style.textContent = `
    button, iframe { position: fixed; z-index: 2147483000; right: 20px; border: 0; box-shadow: 0 6px 24px rgb(0 0 0 / 25%); }
    button { bottom: 20px; width: 52px; height: 52px; border-radius: 26px; color: #fff; background: #0f766e; font: 600 22px system-ui; cursor: pointer; }
    iframe { bottom: 84px; width: min(400px, calc(100vw - 40px)); height: min(620px, calc(100dvh - 110px)); border-radius: 12px; background: #fff; }
  `;
  const button = document.createElement("button");
  const chinese = (document.documentElement.lang || navigator.language).startsWith("zh");
  const name = script.dataset.label ?? (chinese ? "在线咨询" : "Ask");
  button.type = "button";
  button.textContent = "?";
  button.title = name;
  button.setAttribute("aria-label", name);
  button.setAttribute("aria-expanded", "false");
  let frame = null;
  button.addEventListener("click", () => {
    if (!frame) {
      frame = document.createElement("iframe");
      frame.src = place;
      frame.title = name;
      root.append(frame);
    } else frame.hidden = !frame.hidden;
    frame.style.display = frame.hidden ? "none" : "";
    button.setAttribute("aria-expanded", String(!frame.hidden));
    button.textContent = frame.hidden ? "?" : "×";
  });
  root.append(style, button);
  document.body.append(host);
})();
