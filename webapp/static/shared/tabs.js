// The tabs where there is no room for all of them: a button that says which one is in front, and a menu of all.

import { icon, text } from "./dom.js";
import { openMenu } from "./menu.js";

export function mountTabs(button, { doors, enter, front }) {
  // They stay in the page, unseen: how wide they are says whether they have room again.
  function fold() {
    const list = document.querySelector("#tabs > .tab-wrapper [role=tablist]");
    if (!list) return requestAnimationFrame(fold);
    const isFolded = list.scrollWidth > list.clientWidth;
    document.documentElement.classList.toggle("folded-tabs", isFolded);
    button.hidden = !isFolded;
    if (!watched.has(list)) watched.add(list), new ResizeObserver(fold).observe(list);
    draw();
  }
  const watched = new WeakSet();

  function draw() {
    const [, title] = doors().find(([name]) => name === front()) ?? doors()[0];
    button.replaceChildren(title, icon("right"));
    button.setAttribute("aria-label", text("page.tab", { title }));
  }

  button.addEventListener("click", () =>
    openMenu(button, doors().map(([name, title]) => ({ text: title, isChosen: name === front(), choose: () => enter(name) }))),
  );
  addEventListener("studio:tab", () => document.querySelector("#tabs") && draw());
  fold();
}
