// The keyboard: Escape stops what runs in the tab in front, and the focus is never lost. Where what had it is gone (a
// row deleted, a button hidden, a panel closed), the browser gives it to no one, and the keyboard and a screen reader
// begin again at the top; here it goes to what stands nearest.

const FOCUSABLE = "a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex]";
const LOOK_MS = 60;
// A button that is disabled while its request is on its way has the focus again, unless it takes longer.
const PATIENCE = 25;

const isSeen = (node) => node.isConnected && node.checkVisibility({ visibilityProperty: true });
const canFocus = (node) => isSeen(node) && node.matches(FOCUSABLE) && !node.matches("[type=hidden], [inert] *");

export function keepFocus() {
  // What has the focus, and around it each [parent, place among its children].
  let last = null;
  let path = [];
  let timer = null;
  let looks = 0;

  addEventListener("focusin", ({ target }) => {
    last = target;
    path = [];
    looks = 0;
    for (let node = target; node.parentElement; node = node.parentElement) path.push([node.parentElement, [...node.parentElement.children].indexOf(node)]);
  });
  addEventListener("focusout", soon);

  function soon() {
    if (timer === null && last) timer = setTimeout(look, LOOK_MS);
  }

  function look() {
    timer = null;
    if (!last || document.activeElement !== document.body) return (looks = 0);
    if (isSeen(last) && last.matches(":disabled") && looks++ < PATIENCE) return soon();
    // Somebody has clicked beside it.
    if (canFocus(last) && !looks) return (last = null);
    (canFocus(last) ? last : nearest())?.focus({ preventScroll: true });
  }

  // In what still stands around it: what is in its place now, or else what comes before.
  function nearest() {
    for (const [parent, place] of path) {
      if (parent === document.body || !isSeen(parent)) continue;
      const children = [...parent.children];
      for (const child of [...children.slice(place), ...children.slice(0, place).reverse()]) {
        const found = [child, ...child.querySelectorAll(FOCUSABLE)].find(canFocus);
        if (found) return found;
      }
    }
    return null;
  }

  const watched = { subtree: true, childList: true, attributes: true, attributeFilter: ["hidden", "disabled", "class", "open"] };
  new MutationObserver(() => document.activeElement === document.body && soon()).observe(document.body, watched);
}

// Whoever takes Escape for something else prevents its default.
export function stopByEscape() {
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || document.querySelector("dialog:modal, .studio-menu")) return;
    if (event.target.matches?.("input[type=search]") && event.target.value) return;
    // Those that hear it later may have closed something.
    setTimeout(() => event.defaultPrevented || [...document.querySelectorAll("[data-do=stop], .send.stops")].find(canFocus)?.click());
  });
}

// Where one writes in a tab, unless that would open a keyboard on the screen.
export function focusOn(node) {
  if (!matchMedia("(pointer: coarse)").matches) node?.focus({ preventScroll: true });
}

export const composerOf = (tab) => [...document.querySelectorAll(`#tab-${tab} [data-composer]`)].find(canFocus);
