"""What a model wrote, as HTML: it looks right, runs nothing and fetches nothing."""

import random
import re
from html.parser import HTMLParser

import pytest

from assistants import bounded
from assistants.errors import QueueFull
from assistants.markdown.formulas import MAX_FORMULA
from webapp.render import STYLES, markdown

HARMLESS = re.compile(
    r"p|br|hr|h[1-6]|em|strong|s|su[bp]|blockquote|[uo]l|li|a|code|pre|span|div|table|t(head|body|r|h|d)|m\w+"
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
    assert '<h1 dir="auto">A</h1>' in html
    assert "<strong>b</strong> <em>c</em> <s>d</s><br>" in html
    assert '<ol start="3" dir="auto">' in html
    assert '<td style="text-align:right" dir="auto">2</td>' in html
    assert '<div class="wide" tabindex="0"><table>' in html


def test_code_is_highlighted_and_named() -> None:
    html = markdown("```python title=x\nreturn '<b>'\n```")
    assert '<pre dir="ltr" data-language="python"><code><span class="k">return</span>' in html
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
    assert '<p dir="auto">end</p>' in html


def test_prices_are_not_formulas() -> None:
    assert markdown("From $5 to $10, or \\$7").strip() == '<p dir="auto">From $5 to $10, or $7</p>'


@pytest.mark.parametrize("source", [r"$\frac{1}{$", r"$\end{x}$", r"$\left($", "$" + "{" * 1000 + "$"])
def test_broken_latex_shows_its_source(source: str) -> None:
    assert source.strip("$")[:20] in text_of(markdown(source))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**注意：**请先备份", "<strong>注意：</strong>请先备份"),
        ("*斜体。*然后", "<em>斜体。</em>然后"),
        ("~~删除。~~好", "<s>删除。</s>好"),
        ("这是**“重要”**的", "这是<strong>“重要”</strong>的"),
        ("これは**「重要」**です", "これは<strong>「重要」</strong>です"),
        ("**(괄호)**는", "<strong>(괄호)</strong>는"),
        ("请看**[文档](https://a.example)**。", "</a></strong>。"),
        ("先**`代码`**后", "<strong><code>代码</code></strong>后"),
        ("**第一：**甲，**第二：**乙", "<strong>第一：</strong>甲，<strong>第二：</strong>乙"),
        ("**注意！**⏎", "<strong>注意！</strong>⏎"),
        ("a**”b**c", "a**”b**c"),
        ("snake_case_名 _强调。_后", "snake_case_名"),
        ("**bold**text and *it*s", "<strong>bold</strong>text and <em>it</em>s"),
        ("** not ** and * not *", "** not ** and * not *"),
    ],
)
def test_emphasis_beside_chinese_japanese_and_korean(text: str, html: str) -> None:
    assert html in markdown(text)


ALIGNED = {
    r"$$\begin{aligned} a &= b \\ c &= d \end{aligned}$$": 2,
    r"$$\begin{alignedat}{2} a &= b \\ c &= d \end{alignedat}$$": 2,
    r"$$\begin{gathered} a \\ b \\ c \end{gathered}$$": 3,
    r"$$\begin{eqnarray} a &=& b \\ c &=& d \end{eqnarray}$$": 2,
    r"$$\begin{split} a &= b \\ c &= d \end{split}$$": 2,
    r"$$\begin{alignat*}{2} a &= b \\ c &= d \end{alignat*}$$": 2,
    r"$$\begin{flalign} a &= b \\ c &= d \end{flalign}$$": 2,
    "\\begin{align}\na &= b \\\\\n- c &= d\n\\end{align}": 2,
    r"Text \begin{align*} a &= b \\ c &= d \end{align*} goes on": 2,
    r"$$a \\ b$$": 2,
    r"$$a &= b \\ c &= d$$": 2,
    r"\[ a = b \\ c = d \]": 2,
    "text:\n$$\n\\begin{aligned}a&=b\\\\c&=d\\end{aligned}\n$$\nmore": 2,
    "1. item\n   $$\n   \\begin{aligned}a&=b\\\\c&=d\\end{aligned}\n   $$\n2. x": 2,
    r"$$a \\[2pt] b \\* c$$": 3,
    r"$$a \newline b \cr c$$": 3,
    r"$$\begin{cases} a & \begin{cases}1\\2\end{cases} \\ b & c\end{cases}$$": 4,
    r"$$\sum_{\substack{i<n\\j<m}} x$$": 2,
    r"$$\begin{smallmatrix} a & b \\ c & d \end{smallmatrix}$$": 2,
}


@pytest.mark.parametrize("text", ALIGNED)
def test_lines_of_a_formula_stay_lines(text: str) -> None:
    html = markdown(text)
    assert html.count("<mtr>") == ALIGNED[text] and html.count("<math") == 1
    assert "$" not in html and "[2pt]" not in html and ">*<" not in html
    assert "&amp;" not in html and "begin" not in html


@pytest.mark.parametrize(
    "source",
    [
        r"\ce{H2O}",
        r"\SI{3}{\meter\per\second}",
        r"\unknown x",
        r"\dv{f}{x}",
        r"\begin{tikzcd}a\end{tikzcd}",
        r"\boxed{a\\b}",
        "{" * 200 + "}" * 200,
    ],
)
def test_what_is_not_known_is_shown_as_it_was_written(source: str) -> None:
    html = markdown(f"$${source}$$")
    assert "<math" not in html and source in text_of(html)


@pytest.mark.parametrize(
    "source",
    [
        r"\ce{A*5H2O + B*3H2O}",
        r"\ce{A~~B~~C}",
        r"\SI{3}{\%}",
        r"\qty[mode=text]{3}{\_x}",
        r"\begin{IEEEeqnarray}{rCl}a&=&b\\c&=&d\end{IEEEeqnarray}",
        r"\begin{tabular}{cc}*a*&b\\c&d\end{tabular}",
    ],
)
def test_chemistry_units_and_other_environments_without_dollars_are_their_source(source: str) -> None:
    assert text_of(markdown(f"It is {source}.")).strip() == f"It is {source}."


def test_equations_are_counted_through_a_text() -> None:
    html = markdown("$$\\begin{align}a\\end{align}$$\n\n$$\\begin{align}b\\end{align}$$\n\n$$c \\tag{7}$$")
    assert re.findall(r"<mtext>(\(\d\))</mtext>", html) == ["(1)", "(2)", "(7)"]
    assert "(1)" in markdown("$$\\begin{align}d\\end{align}$$")


@pytest.mark.parametrize(
    "text",
    [
        "US$5, A$6 and $7", "It is $5, i.e. 5$.", "$20/month or $240/year", "价格$5到6$元", "$10 USD$",
        "echo $HOME/$USER", "${A}/${B}", "$PATH:$HOME", "$AAPL/$TSLA", "kill $$ and $$ now", "$foo=$bar;",
        "(foo$|bar$)", "$the quick brown fox$", 'echo "$FOO" "$BAR"', 'cp "${A}" "${B}"', "${HOME}/bin:${PATH}",
        "$PATH:/usr/bin:$HOME", "$$ is the pid of it, $$",
        "price range $$-$$$",
    ],
)  # fmt: skip
def test_money_and_variables_of_a_shell_are_no_formulas(text: str) -> None:
    assert text_of(markdown(text)).strip() == text


@pytest.mark.parametrize(
    "text",
    [
        r"\(foo\)",
        r"\(.*\)",
        r"\(a\|b\)",
        r"\([a-z]*\)",
        r"\(\d+\)",
        r"\[a-z\]",
        r"\[^0-9\]",
        r"sed 's/\(a\)\(b\)/x/'",
        r"the pattern \(abc\) of sed",
    ],
)
def test_groups_of_patterns_are_no_formulas(text: str) -> None:
    assert text_of(markdown(text)).strip() == text
    assert "<math" in markdown(r"\(ABC\) \(\|x\|\) \(x+1\) \(n\)")


@pytest.mark.parametrize(
    "text",
    [
        "$n$th",
        "设$x$为",
        "$|x|$",
        "$3x$",
        "$2ab$",
        r"$\alpha$s",
        "$f(x)+g(x)$",
        "$k$-means",
        "$5$",
        "a\n$$\nspeed\n$$",
        "$k+1$th",
        r"\$$x$",
    ],
)
def test_what_is_a_formula_stays_one(text: str) -> None:
    assert markdown(text).count("<math") == 1


def test_blocks_take_their_direction_from_their_words_and_tables_a_frame_that_scrolls() -> None:
    html = markdown("# a\n\nb\n\n> c\n\n- d\n\n1. e\n\n| f |\n|---|\n| g |")
    directed = [tag for tag, attributes in Tags(html).seen if attributes.get("dir") == "auto"]
    assert {"h1", "p", "blockquote", "ul", "ol", "li", "th", "td"} <= set(directed)
    assert '<div class="wide" tabindex="0"><table>' in html
    assert 'dir="ltr"' in markdown("    code")


def test_formulas_at_both_ends_of_a_line_are_two() -> None:
    html = markdown("$$x^2$$ and $$y^2$$")
    assert html.count("<math") == 2 and " and " in html and "$" not in html


def test_words_in_brackets_are_no_formula() -> None:
    assert text_of(markdown(r"\[not a link\](url)")).strip() == "[not a link](url)"


def test_small_tags_tasks_and_footnotes() -> None:
    html = markdown("| a |\n|---|\n| x<br>y H<sub>2</sub>O 10<SUP>3</SUP> <b>z</b> |\n\n- [x] done\n- [ ] open")
    assert "x<br>\ny H<sub>2</sub>O 10<sup>3</sup> &lt;b&gt;z" in html
    html += markdown("x<sub>a<sup>*b*</sup></sub> **y<sub>1**</sub> <sub>z")
    assert "x<sub>a<sup><em>b</em></sup></sub> **y<sub>1**</sub> &lt;sub&gt;z" in html
    assert '<span class="task">☑</span> done' in html and '<span class="task">☐</span> open' in html
    html = markdown("See[^b] and[^a].\n\n[^a]: First *one*.\n\n[^b]: Second.\n\n[^c]: Nobody refers to it.")
    assert "See<sup>[1]</sup> and<sup>[2]</sup>." in html
    assert re.sub(r"\s+", " ", text_of(html)).endswith("[^c]: Nobody refers to it. Second. First one. ")
    assert not [one for _, attributes in Tags(html).seen for one in attributes if one in ("id", "href")]


def test_lists_below_a_number_may_be_indented_by_two() -> None:
    html = markdown(
        "1. one\n  - two\n    - three\n  ```sh\n  # code\n  ```\n2. four\n\n10. five\n  * six\n\nEnd.\n  - seven"
    )
    assert html.count("<ol") == 1 and re.findall(r"<(ol|ul|li)\b", html).count("li") == 7
    assert "three" in html.partition("two")[2].partition("</ul>")[0] and '<code><span class="c1"># code' in html
    plain = "- a\n  - b\n\n      code\n\n```\n1. x\n  - y\n```\n"
    assert "1. x\n  - y\n" in text_of(markdown(plain))


def test_an_address_keeps_the_brackets_that_it_opens() -> None:
    text = "https://en.wikipedia.org/wiki/A_(b) (see https://a.example/x_(y)) and (https://a.example/z)."
    assert [attributes["href"] for tag, attributes in tags(text) if tag == "a"] == [
        "https://en.wikipedia.org/wiki/A_(b)", "https://a.example/x_(y)", "https://a.example/z",
    ]  # fmt: skip


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
    '<sub><img src=x onerror=alert(1)></sub> <sup>"onclick=alert(1)</sup><br onclick=alert(1)>',
    "- [x] <input onfocus=alert(1) autofocus>",
    "x[^a]\n\n[^a]: <img src=x onerror=alert(1)>\n\n[^<img src=x>]: y",
    r"$\\eqref{\"onclick=alert(1)}$ \begin{align}x\label{\" onclick=alert(1)}\end{align}",
    r"$\color{red;position:fixed}x$ $\textcolor{#f00}{x}$",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_runs_and_fetches_nothing(text: str) -> None:
    for tag, attributes in tags(text):
        assert HARMLESS.fullmatch(tag)
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "action", "id")]
        assert {one.partition(":")[0].strip() for one in attributes.get("style", "").split(";") if one} <= STYLES
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
        "<sub>",
        "<br>",
        "[^a]",
        "[^a]: x\n\n",
        "\\begin{align}",
        "\\begin{align}\n",
        "$a$b",
        "$a,",
        "1. a\n  - b\n",
        "1. a\n  ```\n",
        "**，",
        "https://a.b/((",
    ],
)
def test_long_hostile_text_is_rendered_all_the_same(text: str) -> None:
    # Rules that look back or ahead are bounded; without that, one of these takes the better part of an hour.
    assert markdown(text * min(20_000, 60_000 // len(text)))


@pytest.mark.parametrize(
    "code",
    [f"```cuda\nint a;{' ' * 9}\n" + "\n " * 9_000 + "\nint b;\n```", "```desktop\n" + "a" * 19_000 + "\nint b;\n```"],
    ids=["blank lines", "one word"],
)
def test_code_that_pygments_reads_for_ever_comes_without_colours(code: str) -> None:
    html = markdown(f"Before **it**.\n\n{code}\n\nBehind.")
    assert "<strong>it</strong>" in html and "int b;" in html and "<p>Behind.</p>" in html.replace(' dir="auto"', "")
    assert "<span" not in html


def test_no_word_vanishes() -> None:
    deep = "".join(f"{'  ' * level}- word{level}\n" for level in range(40))
    assert all(f"word{level}" in markdown(deep) for level in range(40))
    assert "quoted" in markdown("> " * 90 + "quoted") and "quoted" in markdown("> " * 500 + "quoted")
    html = markdown("See [one].\n\n[one]: https://a.example\n[1]: https://b.example\n[Note]: important\n[one]: again")
    assert all(words in html for words in ("[1]:", "https://b.example", "[Note]: important", ": again"))
    assert 'href="https://a.example"' in html and "[one]: https" not in html
    assert all(cell in markdown("| a | b |\n|---|---|\n| 1 | 2 | 3 | 4 |") for cell in "1234")
    assert "unused" in markdown("A[^1].\n\n[^1]: used\n[^2]: unused")


def test_where_all_places_are_taken_text_comes_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> None:
        raise QueueFull("The studio is busy with other work of this kind. Try again in a moment.")

    with monkeypatch.context() as patch:
        patch.setattr(bounded, "call", busy)
        assert markdown("just *now*\n<b>") == "<p>just *now*<br>&lt;b&gt;</p>"
    assert "<em>now</em>" in markdown("just *now*\n<b>"), "it is tried again"
