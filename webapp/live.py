"""The live component: a part of the page that a script of ours draws and that follows jobs as they run.

Its skeleton is ``static/<folder>/<name>.html``, its script lies beside it. Once on the page it sends the event
``ready``; what it shows it asks over ``/api``. One that stands beside Gradio's widgets tells their handlers something
by the event ``action``, and puts a request's inputs back into them by ``refill``. Three events come to all: ``models``
and ``prompts`` when those that can be chosen have changed (``studio:models`` in the browser), and ``use`` when somebody
has chosen a model elsewhere on the page (``studio:use``). What a job writes reaches the script as Server-Sent Events
(``static/shared/live.js``) and never passes through Gradio. Values are data: they go to the script and never through
Gradio's templates, which would run ``{{...}}`` and ``${...}`` in them. Knows nothing about what is shown.
"""

import gradio as gr

from webapp import STATIC

# No event may be named as an argument of gr.HTML is: it would be taken for that, and copied for every visit.
ON_LOAD = """
const action = (data) => trigger("action", data);
const refill = (request) => trigger("refill", request);
const component = { element, props, watch, action, refill };
// Until its script is here, a form would go to the address of the page; what was sent by then is sent afterwards.
const early = new Set();
let isHere = false;
element.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!isHere) early.add(event.target);
});
function here({ mount }) {
  mount(component);
  isHere = true;
  for (const form of early) if (form.isConnected) form.requestSubmit();
}
function lost() {
  const { texts } = window.studio;
  const make = (tag, values) => Object.assign(document.createElement(tag), values);
  const onclick = () => location.reload();
  const again = make("button", { className: "quiet", textContent: texts["chat.retry"], onclick });
  element.replaceChildren(make("p", { className: "studio-lost", textContent: texts["error.not-loaded"] }));
  element.firstChild.append(again);
}
import(new URL("studio/SCRIPT", document.baseURI)).then(here, lost);
addEventListener("studio:models", () => trigger("models"));
addEventListener("studio:prompts", () => trigger("prompts"));
addEventListener("studio:use", (event) => trigger("use", { model: event.detail }));
trigger("ready");
"""


def live(folder: str, name: str | None = None, *, elem_id: str | None = None) -> gr.HTML:
    """Return the component of ``static/<folder>`` that is called ``name``, or else as the folder is.

    One that stands on the page several times has another ``elem_id`` each time.
    """
    name = name or folder
    return gr.HTML(
        value=None,
        html_template=(STATIC / folder / f"{name}.html").read_text(encoding="utf-8"),
        js_on_load=ON_LOAD.replace("SCRIPT", f"{folder}/{name}.js"),
        apply_default_css=False,
        elem_id=elem_id or name,
    )
