// A look at what code shows: HTML, SVG and Mermaid, in a frame that reaches nothing: it has an origin of its own, its
// policy lets nothing be fetched, and the page's own (webapp/middleware.py) lets it go nowhere. It opens when a person
// asks, and closing it ends whatever runs in it: where the browser gives such frames a process of their own, as those of
// a desktop do that are made from Chromium, a script without end there keeps nothing here from going on.

import { el, text } from "../shared/dom.js";

const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'";
// Mermaid has this long to draw.
const MOST_MS = 10_000;
// Characters of what a frame says went wrong.
const LONGEST = 300;
let mermaid = null;

// What can be shown of a block: "html", "svg", "mermaid" or null.
export function kindOf(source, language) {
  const kind = language.toLowerCase();
  const begins = source.trimStart().slice(0, 200).toLowerCase();
  if (kind === "mermaid") return "mermaid";
  if (["svg", "xml", "html", ""].includes(kind) && /^(<\?xml[^>]*>\s*)?(<!doctype svg[^>]*>\s*)?<svg[\s>]/.test(begins)) return "svg";
  if (["html", "htm", "xhtml"].includes(kind) || (!kind && /^<(!doctype html|html)[\s>]/.test(begins))) return "html";
  return null;
}

// Returns { node, close }; `close` ends what runs in it.
export function openPreview(source, kind) {
  const node = el("div.preview");
  const frame = el("iframe", { title: text("code.frame"), sandbox: kind === "svg" ? "" : "allow-scripts", referrerpolicy: "no-referrer" });
  let timer = null;

  const close = () => {
    clearTimeout(timer);
    removeEventListener("message", hear);
    frame.remove();
  };
  const say = (problem) => (close(), node.replaceChildren(el("p.problem", { role: "alert" }, problem)));

  function hear({ source: from, data }) {
    if (from !== frame.contentWindow) return;
    clearTimeout(timer);
    if (typeof data?.problem === "string") return say(text("code.not-drawn", { problem: data.problem.slice(0, LONGEST) }));
    if (Number.isFinite(data?.height)) frame.style.height = `${Math.min(Math.max(data.height, 60), 2_000)}px`;
    node.classList.add("is-drawn");
  }

  async function draw() {
    addEventListener("message", hear);
    timer = setTimeout(() => say(text("code.too-long")), MOST_MS);
    mermaid ??= fetch(new URL("studio/mermaid/mermaid.min.js", document.baseURI)).then((reply) => (reply.ok ? reply.text() : null), () => null);
    const library = await mermaid;
    if (!library) return (mermaid = null), say(text("error.no-answer"));
    frame.srcdoc = page(`<body><script>${library.replace(/<(?=!--|\/script)/gi, "\\x3c")}</script>${diagram(source)}`);
  }

  node.append(frame);
  if (kind === "mermaid") draw();
  else frame.srcdoc = page(kind === "svg" ? drawing(source) : `<script>(${guard})()</script>${source}`);
  return { node, close };
}

const page = (body) => `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">${body}`;

const drawing = (source) =>
  `<style>body{display:grid;min-height:100vh;margin:0;place-items:center;background:#fff}svg{max-width:100%;height:auto}</style>${source}`;

function diagram(source) {
  const isDark = document.body.classList.contains("dark");
  const words = JSON.stringify({ source, theme: isDark ? "dark" : "default" }).replaceAll("<", "\\u003c");
  const colour = getComputedStyle(document.body).getPropertyValue("--surface");
  return `<style>body{margin:12px;background:${colour}}svg{display:block;max-width:100%;margin:auto}</style><script>(${drawDiagram})(${words})</script>`;
}

// These two run in the frame.

async function drawDiagram({ source, theme }) {
  const tell = (said) => parent.postMessage(said, "*");
  try {
    window.mermaid.initialize({ startOnLoad: false, securityLevel: "strict", theme });
    document.body.innerHTML = (await window.mermaid.render("diagram", source)).svg;
    tell({ height: document.body.getBoundingClientRect().height + 24 });
  } catch (error) {
    tell({ problem: String(error?.message ?? error).split("\n")[0].replace(/:$/, "") });
  }
}

// No policy speaks of calls from browser to browser, so these are taken away, and with them frames, in which they are
// there again.
function guard() {
  for (const name of Object.getOwnPropertyNames(window)) if (/^(webkit|moz)?RTC/.test(name)) delete window[name];
  const frames = "iframe, frame, object, embed, portal, fencedframe";
  const watch = (root) => new MutationObserver((all) => all.forEach(({ addedNodes }) => addedNodes.forEach(clear))).observe(root, { subtree: true, childList: true });
  function clear(node) {
    if (node.nodeType !== 1) return;
    if (node.matches(frames)) return node.remove();
    for (const inner of node.querySelectorAll(frames)) inner.remove();
  }
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function attachShadow(options) {
    const root = attach.call(this, options);
    watch(root);
    return root;
  };
  delete Element.prototype.setHTMLUnsafe;
  delete ShadowRoot.prototype.setHTMLUnsafe;
  watch(document);
}
