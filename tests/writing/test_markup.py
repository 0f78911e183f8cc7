"""What a draft says is in each of its exports, whatever it looks like: HTML, definitions, marks of other languages."""

import io
import re
import sys
import zipfile
from html.parser import HTMLParser

import pytest

from assistants import bounded, writing
from assistants.bounded import Budget
from assistants.errors import InvalidInput
from assistants.principals import LOCAL
from assistants.store.documents import new_document, new_section
from assistants.studio import Studio
from assistants.writing import markup, pandoc

BRIEF = {"kind": "article", "topic": "words", "language": "en"}
FORMS = ("md", "html", "docx", "epub")
# Every word of these has to come out, but for those that are what a link, a code block or a letter is called.
NAMES = re.compile(r"\]\([^)]*\)|\[deux\]|https?:\S+|base64\S*|'beta'|```(?:html|\{=\w+\})|&(?:copy|beta);|\\delta")
TEXTS = {
    "tags as words": "Put <script> into the head, <style> below it, and a <title> for people.\n\nThen go on.",
    "an open script": "<script>\nlet alpha = beta\n\n## Heading\n\nBehind *it* all.",
    "an open style": "First.\n\n<style>\n.gamma { color: red }\n\nSecond.\n\n- third\n- fourth",
    "a title by itself": "<title>\n\nWords behind.",
    "other open ones": "<textarea> alpha\n\n<iframe src=x> beta\n\n<noscript> gamma\n\n<xmp> delta\n\n<plaintext> end",
    "closed ones": "<script>alpha()</script> beta <style>p {}</style> gamma <title>delta</title> epsilon",
    "drawings": "alpha <svg><title>beta</title>gamma</svg> delta <math><mtext>eta\n\n<svg>\n\n<title>\n\niota",
    "forms and frames": "<select><option>alpha\n\n<template>beta\n\n<noembed>gamma\n\n<noframes>delta\n\n<frameset>eta",
    "half of them": "alpha < script > beta </ script> gamma <script/x> delta <SCRIPT\ta=1> eta </style\n> </script",
    "in every place": (
        "### alpha <script> beta\n\ngamma <title>\n===\n\n- <style>\n  delta\n- epsilon\n\n  <title>\n\n> <script>"
        "\n> zeta\n\n[eta <title> theta](https://a.example '</a><script>') ![iota <script> kappa](x)\n\nlambda[^1]\n\n"
        "[^1]: <script> mu"
    ),
    "places of formulas": "<formula 0> alpha $x$ <formula 1> beta `<formula 0>` $<script>gamma$ delta",
    "comments": "alpha <!-- beta --> gamma\n\n<!-- delta\n\nepsilon\n\nzeta",
    "instructions": "alpha <?php beta ?> gamma\n\n<?delta\n\nepsilon\n\n<![CDATA[ zeta\n\neta\n\n<!DOCTYPE theta",
    "blocks of HTML": "<div class='alpha'>\n**beta** gamma\n</div>\n\n<details><summary>delta</summary>eta</details>",
    "less and more": "alpha<beta and gamma>delta, 3 < 5 > 4, <epsilon@zeta.example> <eta>",
    "raw text": "`alpha`{=html} beta `gamma`{=openxml}\n\n```{=html}\n<p>delta</p>\n```\n\n```{=latex}\nepsilon\n```",
    "attributes": "## alpha {#beta .gamma}\n\ndelta {key=epsilon} zeta [eta]{.theta} `iota`{.kappa}\n\n{#lambda} mu",
    "fences of colons": "::: alpha\nbeta\n:::\n\n:::: {.gamma}\ndelta\n::::",
    "TeX": "\\newcommand{alpha} \\begin{beta} gamma \\end{beta} \\delta{epsilon}\n\n\\newpage\n\nzeta",
    "front matter": "---\ntitle: alpha\nauthor: beta\n---\n\ngamma\n\n---\nkey: delta\n...\n\nepsilon",
    "percent lines": "% alpha\n% beta\n\ngamma",
    "definitions": (
        "alpha [one] and [two][deux]\n\n[one]: https://a.example\n[deux]: https://b.example 'beta'\n[Gamma]: delta\n"
        "[epsilon]: zeta\n[one]: eta\n\n> [theta]: iota\n\n- [kappa]: lambda\n\n[mu]:\nnu\n\n```\n[xi]: omicron\n```"
    ),
    "footnotes": (
        "alpha[^1] beta[^b]\n\n[^1]: gamma\n\n    delta\n\n[^b]: epsilon\n[^none]: zeta\n\n[^1]: eta\n\n"
        "[^odd]:\n    theta\n\n> [^quoted]: iota"
    ),
    "lists by letters": "A. Smith went home\n\nb) alpha\n\n(iv) beta\n\nI. gamma\n\n#. delta\n\n(@epsilon) zeta",
    "signs": 'alpha --beta ... "gamma" :delta: :100: H~2~O x^2^ ==epsilon== ~~zeta~~ ~5 kg and ~6 m | eta',
    "citations": "@alpha says [see @beta, p. 3; -@gamma]",
    "alerts": "> [!NOTE]\n> alpha\n\n> [!WARNING] beta\n> gamma",
    "formulas": "alpha $x^2$ and $\\frac{beta}{gamma}$ cost $5 and $6.\n\n$$\n\\delta{epsilon}\n$$\n\nzeta",
    "chemistry": "$\\ce{alpha}$ \\ce{beta*gamma*}"
    "$$\\begin{gathered}delta\\\\epsilon\\end{gathered}$$ \\begin{foo}zeta\\end{foo}",
    "pictures": "![alpha](https://x.example/a.png) ![beta](data:image/svg+xml;base64,AAAA) ![gamma](nowhere) delta",
    "odd links": "[alpha](javascript:x) [beta](data:text/html,x) [gamma](//host/x) [delta](https://a.example)",
    "tables": (
        "| alpha | beta |\n|---|---|\n| <script> | gamma |\n| delta `<style>` | epsilon | zeta \\| eta | theta\n\n"
        "> |a|\n> |-|\n> | iota | kappa"
    ),
    "code": "`<script>` alpha ``<title>`` beta\n\n```html\n<script>gamma</script>\n```\n\n    <style> delta\n\nepsilon",
    "deep": "".join(f"{'  ' * level}- word{level}\n" for level in range(40)) + "\n" + "> " * 30 + "quoted",
    "entities": "&lt;alpha&gt; &#60;script&#62; &copy; &beta; &nosuch; &lt;!-- gamma --&gt;",
    "Chinese": "标题 <title> 和 <script> 是标签。\n\n【说明】：下文照旧。\n\n[注]: 重要",
}  # fmt: skip


class Seen(HTMLParser):
    """The text that a browser shows of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden += tag in ("script", "style", "title", "head")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style", "title", "head")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts.append(data)


def seen(form: str, content: bytes) -> str:
    if form == "md":
        return content.decode()
    if form == "html":
        page = Seen()
        page.feed(content.decode())
        return "".join(page.texts)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if form == "docx":
            names = [name for name in archive.namelist() if re.match(r"word/(document|footnotes)\.xml", name)]
            pieces = [re.sub("<[^>]*>", "\0", archive.read(name).decode()) for name in names]
            return " ".join(pieces).replace("\0", "")
        pages = [name for name in archive.namelist() if name.endswith(".xhtml") and "nav" not in name]
        return " ".join(seen("html", archive.read(name)) for name in pages)


@pytest.mark.parametrize("form", FORMS)
def test_every_word_of_a_draft_is_in_its_export(studio: Studio, form: str) -> None:
    lost = {}
    for kind, text in TEXTS.items():
        # Each by itself, for one may swallow what comes behind it.
        # A title that is open in the page would keep the rest of it as it is.
        title = "A <title>" if kind == "code" else "A title"
        document = new_document(title=title, sections=(new_section(f"<{kind}>", text=text),))
        draft = studio.history.drafts.create(LOCAL.id, kind, BRIEF, document)
        shown = seen(form, writing.export(studio, draft, LOCAL.id, form)[1])
        shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        wanted = re.findall(r"[A-Za-z]{3,}\d*|[\u4e00-\u9fff]+", NAMES.sub("", text))
        if missing := [word for word in wanted if word not in shown]:
            lost[kind] = missing
    assert lost == {}


def made(text: str) -> str:
    return bounded.call(markup.html, text, field="draft", budget=bounded.CONVERSION)["html"]


def test_what_is_used_is_no_text() -> None:
    links = "[one]: https://a.example\n[two]: text\n[three]: https://b.example"
    text = f"a [one] and b[^1]\n\n{links}\n\n[^1]: note\n\n![three]"
    html = made(text)
    assert '<a href="https://a.example">one</a>' in html and "[two]: text" in html and "[one]:" not in html
    assert "[three]:" not in html and html.count("note") >= 1 and "[^1]" not in html
    assert made("plain [x] *text*") == "<p>plain [x] <em>text</em></p>\n"


def test_what_lies_too_deep_is_refused_and_not_left_out(studio: Studio) -> None:
    for text in ("> " * 150 + "word", "".join(f"{'  ' * level}- word{level}\n" for level in range(150))):
        document = new_document(sections=(new_section("", text=text),))
        draft = studio.history.drafts.create(LOCAL.id, "deep", BRIEF, document)
        with pytest.raises(InvalidInput, match="more than 100 levels deep"):
            writing.export(studio, draft, LOCAL.id, "html")
        assert text in writing.export(studio, draft, LOCAL.id, "md")[1].decode()


HOSTILE = ["[" * 15_000, "*a **a " * 10_000, "`" * 20_001 + "a", "[a](b" * 10_000, "![" * 8000, "[a]: b\n" * 3000,
           "[^a]: b\n" * 3000, "$" * 30_000, "|a|\n|-|\n" + "|b|c\n" * 3000, "<" * 30_000, "[^a]" * 9000]  # fmt: skip


def test_markdown_that_is_made_to_keep_a_reader_busy_does_not() -> None:
    for text in HOSTILE:
        made(text)


def test_pandoc_is_ended_and_says_so(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pandoc, "_path", lambda: sys.executable)
    monkeypatch.setattr(pandoc, "BOUNDED", ("-c", "import time; time.sleep(60)"))
    monkeypatch.setattr(pandoc, "CONVERSION", Budget(0.1, 300, "documents"))
    draft = writing.take_in(studio, LOCAL.id, "a.md", b"words").id
    with pytest.raises(bounded.OverBudget, match="seconds"):
        writing.export(studio, draft, LOCAL.id, "docx")
