"""What a model wrote, as HTML: it looks right, runs nothing and fetches nothing."""

import random
import re
from html.parser import HTMLParser

import pytest

from webapp.render import MAX_FORMULA, markdown

HARMLESS = re.compile(
    r"p|br|hr|h[1-6]|em|strong|s|blockquote|[uo]l|li|a|code|pre|span|div|table|t(head|body|r|h|d)|m\w+"
)


class Tags(HTMLParser):
    """Collects (tag, attributes) as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    return Tags(markdown(text)).seen


def test_prose_lists_and_tables() -> None:
    html = markdown("# A\n\n**b** *c* ~~d~~\nnext line\n\n3. x\n   - y\n\n| l | r |\n|:--|--:|\n| 1 | 2 |\n")
    assert "<h1>A</h1>" in html
    assert "<strong>b</strong> <em>c</em> <s>d</s><br>" in html
    assert '<ol start="3">' in html
    assert '<td style="text-align:right">2</td>' in html


def test_code_is_highlighted_and_named() -> None:
    html = markdown("```python title=x\nreturn '<b>'\n```")
    assert '<pre data-language="python"><code><span class="k">return</span>' in html
    assert "&lt;b&gt;" in html


@pytest.mark.parametrize("fence", ["```nosuchlanguage\na < b\n```", "```\na < b\n```", "    a < b\n"])
def test_code_in_no_known_language_is_plain(fence: str) -> None:
    html = markdown(fence)
    assert "a &lt; b\n</code></pre>" in html
    assert "<span" not in html


@pytest.mark.parametrize("source", ["$x^2$", r"\(x^2\)", "$$x^2$$", "a $$x^2$$ b", r"\[x^2\]", r"a \[x^2\] b"])
def test_latex_becomes_mathml(source: str) -> None:
    html = markdown(source)
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in html
    assert ('<math display="block">' in html) == ("$$" in source or "[" in source)


def test_a_display_formula_is_not_read_as_a_list_or_a_rule() -> None:
    html = markdown("So\n\\[\na\n- b\n= c\n\\]\nend")
    assert html.count("<math") == 1
    assert not {"<li>", "<h1>", "<hr>"} & set(re.findall(r"<\w+>", html))
    assert "<p>end</p>" in html


def test_prices_are_not_formulas() -> None:
    assert markdown("From $5 to $10, or \\$7").strip() == "<p>From $5 to $10, or $7</p>"


@pytest.mark.parametrize("source", [r"$\frac{1}{$", r"$\end{x}$", r"$\left($", "$" + "{" * 1000 + "$"])
def test_broken_latex_shows_its_source(source: str) -> None:
    assert source.strip("$")[:20] in text_of(markdown(source))


def text_of(html: str) -> str:
    """Return the text of ``html`` without its tags."""
    words: list[str] = []
    parser = HTMLParser()
    parser.handle_data = words.append
    parser.feed(html)
    return "".join(words)


def test_a_very_long_formula_shows_its_source() -> None:
    long = "x+" * MAX_FORMULA
    assert "<math" not in markdown(f"$${long}$$")


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/a?b=c&d=e#f",
        "[words](https://example.org/)",
        "<https://example.org>",
        "(http://example.org/x)",
    ],
)
def test_links_leave_without_a_trace(link: str) -> None:
    ((tag, attributes),) = [seen for seen in tags(link) if seen[0] == "a"]
    assert tag == "a"
    assert attributes["href"].startswith(("https://example.org", "http://example.org/x"))
    assert attributes["rel"] == "noopener noreferrer nofollow"
    assert attributes["target"] == "_blank"


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("see https://example.org/a.", "https://example.org/a"),
        ("**https://example.org**", "https://example.org"),
        ("见https://example.org/路，然后", "https://example.org/%E8%B7%AF"),
        ("_http://example.org/a_b_", "http://example.org/a_b"),
    ],
)
def test_a_bare_address_ends_where_it_ends(text: str, href: str) -> None:
    assert [attributes["href"] for tag, attributes in tags(text) if tag == "a"] == [href]


@pytest.mark.parametrize(
    "text",
    [
        "[x](/gradio_api/info)",
        "[x](?token=a)",
        "[x](//e.example)",
        "ftp://example.org",
        "xhttp://example.org",
        "https://",
        "`https://example.org`",
    ],
)
def test_what_is_no_web_address_is_no_link(text: str) -> None:
    assert "a" not in [tag for tag, _ in tags(text)]


def test_a_link_within_a_link_stays_one() -> None:
    assert [tag for tag, _ in tags("[see https://a.example](https://b.example)")].count("a") == 1


def test_images_are_links_and_never_fetched() -> None:
    found = tags(
        "![cat](https://evil.example/cat.png 't') ![](https://evil.example/x) ![d](data:image/png;base64,AAAA)"
    )
    assert "img" not in [tag for tag, _ in found]
    assert [attributes["href"] for tag, attributes in found if tag == "a"] == [
        "https://evil.example/cat.png",
        "https://evil.example/x",
    ]


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<style>body{background:url(https://evil.example)}</style>",
    "<div style='position:fixed;inset:0'>x</div>",
    "<form action=https://evil.example><input autofocus onfocus=alert(1)></form>",
    "<math><mtext><table><mglyph><style><!--</style><img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:alert(1))",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    '[x](https://e.example "onmouseover=alert(1)//")',
    'https://e.example/"onmouseover="alert(1)',
    '```"><img/src=x onerror=alert(1)>\ncode\n```',
    "```html\n<script>alert(1)</script>\n```",
    r"$\text{<img src=x onerror=alert(1)>}$",
    r"$\text{</math><script>alert(1)</script>}$",
    r"$\href{javascript:alert(1)}{x}$",
    r"$\class{x\" onclick=\"alert(1)}{x}$",
    r"$<img src=x onerror=alert(1)>$",
    r"\[<script>alert(1)</script>\]",
    "| <script>alert(1)</script> |\n|--|\n| <img src=x onerror=alert(1)> |",
    "{{constructor.constructor('alert(1)')()}} ${alert(1)}",
    "[a]: javascript:alert(1)\n\n[a]",
    "<a href='https://e.example' onclick='alert(1)'>x</a>",
    "\u202e<script>\u0000alert(1)</script>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_runs_and_fetches_nothing(text: str) -> None:
    for tag, attributes in tags(text):
        assert HARMLESS.fullmatch(tag)
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "action", "id")]
        assert attributes.get("style", "text-align:left").startswith("text-align:")
        assert attributes.get("href", "https://").startswith(("https://", "http://", "mailto:"))


def test_raw_html_stays_readable() -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in markdown(HOSTILE[0])


def test_random_latex_and_markdown_is_always_harmless() -> None:
    pieces = re.findall(
        r"\\?\w+|\S", r"\\{}^_$&()[]<>|*`\"'a1 \frac \left \right \begin \end \text \color \href \matrix"
    )
    pieces += [
        "\n",
        " ",
        "<img src=x onerror=alert(1)>",
        "http://",
        "](javascript:x)",
        "![",
        "```",
        "\\[",
        "\\]",
        "\\(",
    ]
    choose = random.Random(7)
    for _ in range(400):
        test_hostile_text_runs_and_fetches_nothing("".join(choose.choices(pieces, k=40)))


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "![",
        "*a ",
        "**_",
        "`a",
        "$a ",
        "$$a\n",
        ">",
        "- ",
        "<",
        "\\(",
        "\\[\n",
        "a \\[",
        "~~a ",
        "http://",
        "x://",
        "[a](",
        "&#x41;",
    ],
)
def test_long_hostile_text_is_rendered_all_the_same(text: str) -> None:
    # Rules that look back or ahead are bounded; without that, one of these takes the better part of an hour.
    assert markdown(text * 20_000)
