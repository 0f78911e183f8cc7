// General settings: language and theme as the header has them, the model that writes when nobody
// names one, and whether people may share.

import { el, fill, text, toast } from "../shared/dom.js";
import { setLanguage, setTheme, theme } from "../shared/page.js";
import { mountProfile } from "./profile.js";
import { rest } from "../shared/rest.js";

export function mount(component) {
  const root = component.element.querySelector("section");
  const find = (selector) => root.querySelector(selector);
  fill(root);
  const language = find("[name=language]");
  const shade = find("[name=theme]");
  const model = find("[name=model]");
  const sharing = find("[name=sharing]");

  // Each in its own words, for those who read no other.
  for (const one of language.options) one.text = new Intl.DisplayNames(one.value, { type: "language" }).of(one.value);
  language.value = window.studio.language;
  language.addEventListener("change", () => setLanguage(language.value));
  const showTheme = () => (shade.value = theme() ?? "");
  shade.addEventListener("change", () => setTheme(shade.value || null));
  addEventListener("studio:theme", showTheme);
  showTheme();

  const profile = mountProfile(find(".profile"));
  const load = () => rest("preferences").then(show);

  function show(value) {
    if (value.error) return toast(value.error, { problem: true });
    for (const one of root.querySelectorAll(".operators")) one.hidden = !value.text_model;
    if (value.text_model) showModel(value.text_model);
    sharing.checked = value.sharing;
  }

  function showModel({ chosen, is_there, setting, from_environment, choices }) {
    const named = text(from_environment ? "general.from-environment" : "general.from-studio", { name: setting });
    const names = chosen && !choices.includes(chosen) ? [chosen, ...choices] : choices;
    model.replaceChildren(el("option", { value: "" }, named), ...names.map((name) => el("option", { value: name }, name)));
    model.value = chosen ?? "";
    find(".problem").hidden = is_there;
    find(".problem").textContent = text("general.model-gone", { name: chosen ?? "", setting });
  }

  async function put(wanted) {
    const value = await rest("preferences", wanted, "PATCH");
    if (value.error) load();
    else toast(text("general.saved"));
    show(value);
  }

  sharing.addEventListener("change", () => put({ sharing: sharing.checked }));
  model.addEventListener("change", async () => {
    await put({ text_model: model.value || null });
    dispatchEvent(new Event("studio:models"));
  });

  addEventListener("studio:models", load);
  new IntersectionObserver((seen) => seen.at(-1).isIntersecting && (load(), profile.load())).observe(root);
}
