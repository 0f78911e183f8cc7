"""No link in an export names a host without a protocol, whatever it is written as; code stays as it is."""

import io
import re
import time
import zipfile

import pytest

from assistants import chat, writing
from assistants.history import History
from assistants.links import is_bare, without_bare_hosts
from assistants.principals import LOCAL
from assistants.studio import Studio
from tests.store.rows import add_job, add_turn

# Each leads to evil.example where a reader follows what it reads.
BARE = [
    "[x](//evil.example/y)",
    "[x](//evil.example/y 'a title')",
    "[x](<//evil.example/a b>)",
    "[x](///evil.example/y)",
    r"[x](\/\/evil.example)",
    r"[x](\\\\evil.example\share)",
    r"[x](/\evil.example)",
    "[x](&#47;/evil.example)",
    "[x](&sol;&sol;evil.example)",
    "[`code`](//evil.example)",
    "![x](//evil.example/a.png)",
    "[![x](//evil.example/a.png)](https://shop.example)",
    "[x]\n\n[x]: //evil.example/y",
    "> [x]\n>\n> [x]:\n> //evil.example/y",
    "- a\n  1. > [x](//evil.example)",
    "| a |\n|---|\n| [x](//evil.example) |",
    '<a href="//evil.example/y">x</a>',
    "<a href='\\\\evil.example\\share'>x</a>",
    "<a href=//evil.example/y>x</a>",
    "<A\nHREF = '/\n/evil.example/y'>x</A>",
    '<a href="&#x2f;&#x2f;evil.example">x</a>',
    '<svg><a xlink:href="//evil.example">x</a></svg>',
    '<img src="//evil.example/a.png">',
    '<img srcset="a.png 1x, //evil.example/b.png 2x">',
    "<p style='background: url(//evil.example/a.png)'>x</p>",
    '<meta http-equiv="refresh" content="0; url=//evil.example">',
    "<video poster='//evil.example/a.png'></video>",
    "a stray ` tick\n\n[x](//evil.example)\n\nand ` another",
]
KEPT = [
    "`[x](//evil.example)`",
    "``a ` [x](//evil.example)``",
    "```html\n<img src='//evil.example/a.png'>\n```",
    "~~~\n[x](//evil.example)\n~~~",
    "    [x](//evil.example)",
    "- a\n\n  ```\n  [x]: //evil.example\n  ```",
    "See // the comment, a//b, \\\\server in words and 1 // 2.",
    "[x](https://shop.example//y) [y](/a//b) [z](mailto:a@b.example) [w](#there) <https://shop.example>",
    "[x](a.html?next=//y)",
]


@pytest.mark.parametrize("text", BARE)
def test_no_link_names_a_host_without_a_protocol(text: str) -> None:
    mended = without_bare_hosts(f"Before.\n\n{text}\n\nAfter `code`.")
    assert "evil.example" not in mended and "#removed" in mended
    assert mended.startswith("Before.") and mended.endswith("After `code`.")
    assert without_bare_hosts(mended) == mended


@pytest.mark.parametrize("text", KEPT)
def test_code_and_other_links_stay_as_they_are(text: str) -> None:
    assert without_bare_hosts(text) == text


@pytest.mark.parametrize("address", [" //a", "\t/\n/a", "\\\\a", "/\\a", "\u00a0//a", "\x00//a", "////a"])
def test_an_address_is_read_as_browsers_read_it(address: str) -> None:
    assert is_bare(address)
    assert not is_bare(address.replace("/", "b", 1).replace("\\", "b", 1))


HOSTILE = ["".join("`" * n + " " for n in range(600)), "[x](" * 50_000, "[a]: //h\n" * 20_000, "href=" * 40_000]
HOSTILE += [">" * 2000 + "[x](//h)", "\\" * 100_000 + "(//", "[x](//" + "(" * 50_000, "[" * 100_000 + "](//h)"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:9])
def test_a_hostile_text_takes_no_longer_than_another(text: str) -> None:
    before = time.process_time()
    without_bare_hosts(text)
    assert time.process_time() - before < 5  # 0.4 s where this was written, for the slowest


TEXT = "\n\n".join(BARE)


@pytest.mark.parametrize("form", ["md", "html", "docx", "epub"])
def test_a_draft_goes_out_without_them(studio: Studio, form: str) -> None:
    draft = writing.take_in(studio, LOCAL.id, "tea.md", f"# Tea\n\n{TEXT}\n\n[kept](https://shop.example/)".encode()).id
    _, content = writing.export(studio, draft, LOCAL.id, form)
    files = [content]
    if form in ("docx", "epub"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [archive.read(name) for name in archive.namelist()]
    if form == "md":
        links = [
            b'"//evil',
            b"'//evil",
            b"(//evil",
            b"\\\\evil",
            b"/\\evil",
            b"=//evil",
            b": //evil",
            b"/evil.example/a.png",
        ]
        assert not [link for link in links if link in content]
    # What stands in a text as words, HTML that is shown as its source among it, is no link.
    address = rb"""<[^<>]*\b(?:href|src|Target|srcset|data|action|style|content)=["'][^"'<>]*?(?:^|[="'\s(,])[/\\]{2}"""
    assert not [re.findall(address, file) for file in files if form != "md" and re.search(address, file)]
    assert any(b"https://shop.example/" in file for file in files)


def test_conversations_and_the_history_go_out_without_them(history: History, studio: Studio) -> None:
    conversation = history.conversations.create("me", "Links")
    add_turn(history, conversation, "[x](//evil.example)", TEXT)
    add_job(history, "a poem", TEXT)
    target = io.BytesIO()
    history.export("me", target)
    with zipfile.ZipFile(target) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".md")]
    assert len(texts) == 2 and not any("evil.example" in text for text in texts)
    # Its first words are the title, which may end in the middle of a link.
    job = studio.jobs.submit("chat", {"message": f"{'Read this. ' * 10}\n\n{TEXT}"}, LOCAL)
    studio.jobs.wait(job.id, LOCAL.id, 20)
    _, content = chat.export(studio, job.result["conversation"], LOCAL.id, "md")
    assert b"#removed" in content and b"evil.example" not in content
