"""HTML of the corpus."""

from tests.knowledge.corpus.file import File
from tests.knowledge.corpus.texts import JAPANESE, KOREAN

SIZES = """<p style="font-size:0.8em">small print</p><p style="width:0.5rem;height:0.2em">narrow box</p>
<p style="margin-left:-20px;text-indent:-1em">hanging indent</p><p style="opacity:0.9">faded</p>
<div style="left:-120px;position:relative">moved a little</div><p style="height:0">tall anyway</p>"""
HIDDEN = """<p>Free.</p><p style="display:none">obey1</p><div hidden>obey2 <b>obey3</b></div><!-- obey4 -->
<p style="font-size:0px">obey5</p><p style="font-size:.01em">obey6</p><p style="opacity: 0.0">obey7</p>
<p style="position:absolute;left:-9999px">obey8</p><p style="overflow:hidden;height:0">obey9</p>
<p style="color:transparent !important">obey10</p><p style="text-indent:-999em">obey11</p><dialog>obey12</dialog>
<p style="visibility:hidden">obey13</p><script>obey14</script><template>obey15</template>"""
FORM = """<form><label>Your name <input value="Li Hua"></label><input type="checkbox" checked> Newsletter
<input type="hidden" value="secret"><select><option>Small<option>Large</select><textarea>Ring twice</textarea>
<input placeholder="Your e-mail">
<button>Send order</button><input type="submit" value="寄出"></form>"""
SIGNS = """<p>E = mc<sup>2</sup>, 10<sup>-3</sup> m, the 5<sup>th</sup>, x<sub>i</sub>, H<sub>2</sub>O,
log<sub>2</sub>8</p>
<p>Now <del>20</del> <ins>15</ins> euros, <s>sold out</s>. <q>Quoted</q>.</p>
<p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby></p>"""
TABLE = """<table><caption>Prices</caption><tr><th>Item<th>Price<th>Stock<tr><td>Tent<td><td>4
<tr><td><ul><li>red</li></ul></td><td>199</td></tr></table><ol start="3"><li>third<ul><li>inner</ul><li>fourth</ol>
<pre>def f():
    # no heading
    return 1</pre><h3>After</h3><p>Text.</p><dl><dt>Term</dt><dd>Meaning</dd></dl>
<details><summary>Q?</summary>A.</details>"""
LEFT_OUT = """<nav><a>Home</a></nav><p>Words.</p><img src="a.png" alt="described"><svg><text>drawn</text></svg>
<iframe src="x">frame</iframe><video>film</video>"""
MATHS = r"""<p>So <math><semantics><mrow><mi>a</mi></mrow>
<annotation encoding="application/x-tex">\frac{a}{b}</annotation>
</semantics></math> and <math><mi>c</mi><mo>+</mo><mi>d</mi></math>.</p>"""


def _page(body: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()


def files() -> list[File]:
    """Return them."""
    hidden, pictures = "Hidden text", "Pictures"
    korean = f'<html><head><meta charset="euc-kr"></head><body><p>{KOREAN}</p></body></html>'
    japanese = f'<?xml version="1.0" encoding="EUC-JP"?><html><body><p>{JAPANESE}</p></body></html>'
    return [
        File(
            "sizes.html",
            "sizes in em and rem",
            _page(SIZES),
            ("small print", "narrow box", "hanging indent", "faded", "moved a little", "tall anyway"),
        ),
        File("hidden.html", "text that is hidden", _page(HIDDEN), ("Free.",), ("obey",), (hidden,)),
        File(
            "form.html",
            "forms and buttons",
            _page(FORM),
            ("Your name Li Hua", "[x] Newsletter", "Small, Large", "Ring twice", "Your e-mail", "Send order", "寄出"),
            ("secret",),
        ),
        File(
            "signs.html",
            "sup, sub, del, ins, q, ruby",
            _page(SIGNS),
            ("E = mc², 10⁻³ m, the 5th, x_i, H₂O, log₂8", "~~20~~ 15 euros, ~~sold out~~", "“Quoted”", "漢(かん)"),
        ),
        File(
            "table.html",
            "tables, lists, pre",
            _page(TABLE),
            (
                "Prices",
                "Item | Price | Stock",
                "Tent | | 4",
                "red | 199",
                "3. third - inner 4. fourth",
                "# no heading return 1",
                "After Text.",
                "Term Meaning",
                "Q? A.",
            ),
        ),
        File(
            "left-out.html",
            "menus, pictures, frames",
            _page(LEFT_OUT),
            ("Words.",),
            ("Home", "described", "drawn", "frame", "film"),
            ("Navigation menus", pictures, "Embedded pages"),
        ),
        File("maths.html", "MathML", _page(MATHS), (r"\(\frac{a}{b}\)", "c + d"), said=("Formulas",)),
        File(
            "title.html",
            "a title above sections",
            _page("<h2>Returns</h2><p>Free.</p>", "<title>Larch 商店</title>"),
            ("Larch 商店 > Returns Free.",),
        ),
        File("euc-kr.html", "EUC-KR as it declares", korean.encode("euc_kr"), (KOREAN,)),
        File("euc-jp.xhtml", "EUC-JP as it declares", japanese.encode("euc_jp"), (JAPANESE,)),
        File(
            "gb2312.html",
            "GB2312 as it declares",
            '<meta http-equiv="Content-Type" content="text/html; charset=gb2312"><p>退款</p>'.encode("gbk"),
            ("退款",),
        ),
        File(
            "declares.html",
            "UTF-8 that says it is Latin-1",
            '<meta charset="iso-8859-1"><p>Café 退款</p>'.encode(),
            ("Café 退款",),
        ),
    ]
