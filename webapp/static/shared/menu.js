// A small menu below a button: arrow keys, Escape and a click elsewhere do what one expects.

import { el, icon, inFront } from "./dom.js";

let close = null;

// choices: { icon, text, choose() | href, danger, isChosen }
export function openMenu(button, choices) {
  close?.();
  const menu = el("div.studio-menu", { role: "menu" }, ...choices.map(entry));
  inFront().append(menu);
  place(menu, button.getBoundingClientRect());
  button.setAttribute("aria-expanded", "true");
  const entries = [...menu.children];
  (menu.querySelector("[aria-checked=true]") ?? entries[0]).focus();

  close = (back = true) => {
    menu.remove();
    button.setAttribute("aria-expanded", "false");
    removeEventListener("pointerdown", outside, true);
    removeEventListener("resize", close);
    if (back) button.focus();
    close = null;
  };
  const outside = (event) => !menu.contains(event.target) && close(false);
  addEventListener("pointerdown", outside, true);
  addEventListener("resize", close);
  menu.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") close();
    else if (step) entries.at((entries.indexOf(document.activeElement) + step) % entries.length).focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function entry({ icon: name, text, choose, href, danger, isChosen }) {
  const done = () => {
    close();
    choose?.();
  };
  const node = href
    ? el("a", { role: "menuitem", href: new URL(href, document.baseURI), download: true, onclick: () => setTimeout(done) })
    : el("button", { role: "menuitem", type: "button", onclick: done });
  node.append(...(name ? [icon(name)] : []), text);
  if (isChosen !== undefined) {
    node.setAttribute("role", "menuitemradio");
    node.setAttribute("aria-checked", String(isChosen));
    if (isChosen) node.append(icon("check"));
  }
  node.classList.toggle("danger", Boolean(danger));
  return node;
}

function place(menu, anchor) {
  const { width, height } = menu.getBoundingClientRect();
  const below = anchor.bottom + 4 + height <= innerHeight;
  menu.style.left = `${Math.max(8, Math.min(anchor.right - width, innerWidth - width - 8))}px`;
  const top = below ? anchor.bottom + 4 : Math.max(8, anchor.top - 4 - height);
  menu.style.top = `${top}px`;
  // Entries that come later are scrolled to.
  menu.style.maxHeight = `calc(100dvh - ${top + 8}px)`;
}
