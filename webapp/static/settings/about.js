// About: the version, whose work under which licence is here, and where the interface for programs is described.

import { el, fill, text, toast } from "../shared/dom.js";
import { rest } from "../shared/rest.js";

const LICENCE = "Apache-2.0";

export function mount(component) {
  const root = component.element.querySelector("section");
  const find = (selector) => root.querySelector(selector);
  fill(root);

  function show(value) {
    if (value.error) return toast(value.error, { problem: true });
    find(".version").textContent = text("about.version", { version: value.version });
    const licence = (one, kind) => row(one.title, one.license ?? text("models.no-licence"), text(kind));
    find(".licences tbody").replaceChildren(
      row("AIGC Studio", LICENCE, text("about.studio")),
      ...value.models.map((one) => licence(one, "about.model")),
      ...value.assets.map((one) => licence(one, "about.asset")),
    );
    find(".versions").hidden = !value.packages.length;
    find(".versions tbody").replaceChildren(...value.packages.map(([name, version]) => row(name, version)));
  }

  const row = (name, ...cells) => el("tr", {}, el("th", { scope: "row" }, name), ...cells.map((cell) => el("td", {}, cell)));

  new IntersectionObserver((seen) => seen.at(-1).isIntersecting && rest("about").then(show)).observe(root);
}
