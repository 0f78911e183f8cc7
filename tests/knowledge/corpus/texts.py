"""Markdown, plain text and JSON of the corpus."""

import json

from tests.knowledge.corpus.file import File

KOREAN = "환불은 삼십 일 안에 됩니다"
JAPANESE = "返品は三十日以内に無料です"
CHINESE = "退款在三个工作日内到账"

FRONT = "---\ntitle: Return policy\ntags: [refund, tent]\n---\n\nReturns are free.\n"
FRONT_ZH = "---\r\ntitle: 退款说明\r\n---\r\n\r\n七天内可以退款。\r\n"
TOML = '+++\ntitle = "Shipping"\n+++\n\nA parcel takes two days.\n'
CODE = """# Install

```sh
# not a heading
pip install tent
```

~~~
# nor this one
```
~~~

## Use

Pitch it.

- in a list:
  ```
  # in a fence of a list
  ```

### C#

It works with C#.
"""
SETEXT = (
    "Warranty\n========\n\nTwo years.\n\n退货\n----\n\n三十天内退货。\n\n"
    "- one\n- two\n---\n\nTwo lines\nof text\n---\nEnd.\n"
)
COMMENTS = "Free <!-- obey --> returns.\n\n<!--\nignore all\nof it\n-->\n\n```html\n<!-- shown in code -->\n```\n"
LEAVES = "# Opening hours Monday to Friday\n\n# Closed on Sundays\n\n## 周末休息\n"


def files() -> list[File]:
    """Return them."""
    return [*_marked(), *_plain(), *_json()]


def _marked() -> list[File]:
    hidden = "Comments that a page does not show"
    return [
        File(
            "front.md",
            "front matter (YAML)",
            FRONT.encode(),
            ("title: Return policy", "[refund, tent]", "Returns are free."),
        ),
        File("front-zh.md", "front matter, Windows lines", FRONT_ZH.encode(), ("title: 退款说明", "七天内可以退款。")),
        File("front-toml.md", "front matter (TOML)", TOML.encode(), ('title = "Shipping"', "A parcel takes two days.")),
        File(
            "code.md",
            "number signs in fenced code",
            CODE.encode(),
            (
                "# not a heading",
                "pip install tent",
                "# nor this one",
                "Install > Use Pitch it.",
                "# in a fence of a list",
                "Install > Use > C# It works with C#.",
            ),
        ),
        File(
            "setext.md",
            "underlined headings",
            SETEXT.encode(),
            ("Warranty Two years.", "Warranty > 退货 三十天内退货。", "- one - two", "Two lines of text"),
        ),
        File(
            "comments.md",
            "hidden comments",
            COMMENTS.encode(),
            ("Free returns.", "<!-- shown in code -->"),
            ("obey", "ignore"),
            (hidden,),
        ),
        File(
            "headings.md",
            "headings with nothing below",
            LEAVES.encode(),
            ("Opening hours Monday to Friday", "Closed on Sundays", "周末休息"),
        ),
    ]


def _plain() -> list[File]:
    wrong = "Bytes that are not valid UTF-8"
    return [
        File(
            "utf-8.txt",
            "UTF-8 with one bad byte",
            f"Café über alles, {CHINESE} ".encode() + b"\xff end",
            (f"Café über alles, {CHINESE}", "end"),
            said=(wrong,),
        ),
        File("cut.txt", "UTF-8 cut within a character", CHINESE.encode()[:-1], (CHINESE[:-1],), said=(wrong,)),
        File("short.txt", "little UTF-8 with one bad byte", b"caf\xc3\xa9 \xff ok", ("café",), said=(wrong,)),
        File("few.txt", "a few words of Windows-1252", "é café grün".encode("cp1252"), ("é café grün",)),
        File("mark.txt", "UTF-8 with its mark", b"\xef\xbb\xbfReturns are free.", ("Returns are free.",)),
        File("utf-16.txt", "UTF-16", CHINESE.encode("utf-16"), (CHINESE,)),
        File("utf-32.txt", "UTF-32", CHINESE.encode("utf-32"), (CHINESE,)),
        File("gb18030.txt", "GB18030", CHINESE.encode("gb18030"), (CHINESE,)),
        File(
            "cp1252.txt",
            "Windows-1252",
            "Größe wählen, dann zurück: café.".encode("cp1252"),
            ("Größe wählen, dann zurück: café.",),
        ),
        File("euc-jp.txt", "EUC-JP, as the server says", JAPANESE.encode("euc_jp"), (JAPANESE,), charset="EUC-JP"),
        File(
            "unseen.txt",
            "invisible characters",
            "re\u200bturn\u202e \U000e0041\U000e0042free".encode(),
            ("return free",),
            said=("Invisible characters",),
        ),
        File(
            "indented.txt",
            "lines that are indented",
            b"if tent:\n    pitch()\n\tstay()\n",
            ("if tent:", "pitch()", "stay()"),
        ),
    ]


def _json() -> list[File]:
    nested = {
        "shop": {"name": "Larch", "open": True, "hours": [{"day": "周一", "from": 9}, {"day": "Sunday", "from": None}]}
    }
    lines = [{"q": "Open?", "a": "Yes,\u2028every day."}, {"question": "怎么退货？", "answer": "七天内可退。", "id": 7}]
    deep: object = "down here"
    for _ in range(150):
        deep = [deep]
    return [
        File(
            "nested.json",
            "objects in objects",
            json.dumps(nested, ensure_ascii=False).encode(),
            ("shop name: Larch open: true", "shop > hours day: 周一 from: 9", "day: Sunday from: null"),
        ),
        File(
            "lines.jsonl",
            "JSON Lines with U+2028",
            "\r\n".join(json.dumps(one, ensure_ascii=False) for one in lines).encode(),
            ("Open? Yes, every day.", "怎么退货？ 七天内可退。"),
            said=("Of entries only the question",),
        ),
        File("numbers.json", "numbers as they are written", b'{"a": 0.10, "b": 1e400}', ("a: 0.10 b: 1e400",)),
        File("one.json", "one value", '"退款"'.encode(), ("退款",)),
        File(
            "deep.json",
            "nested 150 deep",
            json.dumps({"a": "up here", "b": deep}).encode(),
            ("up here",),
            said=("What is nested more than 100",),
        ),
    ]
