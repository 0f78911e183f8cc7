"""Import and export: what is taken in becomes sections, a wrong file is one sentence, all that leaves is labelled."""

import io
import re
import zipfile

import pytest
from PIL import Image

from assistants import provenance, writing
from assistants.errors import InvalidInput, NotFound
from assistants.knowledge.reading import COMPOUND
from assistants.principals import LOCAL, of_owner
from assistants.studio import Studio
from tests.knowledge.corpus import word
from tests.knowledge.documents import locked, locked_zip

MARKDOWN = "# Tea\n\nA first word.\n\n## Leaves\n\nGreen *ones*.\n\n```\n# no heading\n```\n\n## 水\n\n热水。\n"


def taken(studio: Studio, name: str, content: bytes) -> dict:
    draft = writing.take_in(studio, LOCAL.id, name, content).id
    return studio.history.drafts.open(draft, LOCAL.id).document


def bomb(names: tuple[str, ...] = ("word/document.xml",), size: int = 60 << 20) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"\0" * size)
    return file.getvalue()


def test_markdown_becomes_sections(studio: Studio) -> None:
    document = taken(studio, "tea.md", MARKDOWN.replace("\n", "\r\n").encode("utf-8-sig"))
    assert document["title"] == "Tea"
    assert [section["heading"] for section in document["sections"]] == ["", "Leaves", "水"]
    assert "# no heading" in document["sections"][1]["text"] and document["sections"][2]["text"] == "热水。"
    assert all(author is None for section in document["sections"] for author in section["by"])


REFUSED = [
    ("a.pdf", b"%PDF", "must be a Markdown, text or Word file"),
    ("a.md", b"x" * (5 * 2**20 + 1), "at most 5 MB"),
    ("a.md", b"a\0b", "is no text"),
    ("a.md", b" \n\n \n", "holds no text"),
    ("a.md", b"# A\n\nWord.\n\n" * 101, "more than 100 headings"),
    ("a.txt", b"x" * 200_001, "more than 200000 characters"),
    ("a.docx", b"no zip", "no Word file"),
    ("a.docx", bomb(("other.xml",), 10), "no Word file"),
    ("a.docx", bomb(), "unpacks to more than 50 MB"),
    ("a.docx", bomb(("word/document.xml",), 10), "no Word file"),
]


def test_what_is_no_such_file_is_one_sentence(studio: Studio) -> None:
    for name, content, sentence in REFUSED:
        with pytest.raises(InvalidInput, match=sentence):
            writing.take_in(studio, LOCAL.id, name, content)
    assert studio.history.drafts.list(LOCAL.id) == []


LEFT_OUT = {file.name: file for file in word.files()}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_all_that_a_word_file_shows_comes_along(studio: Studio, name: str) -> None:
    file = LEFT_OUT[name]
    draft = writing.take_in(studio, LOCAL.id, name.replace(".docm", ".docx"), file.data)
    text = writing.markdown(studio.history.drafts.open(draft.id, LOCAL.id).document)
    # Markdown writes some signs otherwise; the words are the same.
    words = re.findall(r"\w+", " ".join(phrase.rpartition(" > ")[2] for phrase in file.phrases))
    assert [one for one in words if one not in text] == []
    assert [one for one in file.absent if one in text and one != "described"] == []
    said = " ".join(note["template"].format(**note["values"]) for note in draft.notes)
    assert [beginning for beginning in file.said if beginning not in said] == []


def test_a_table_of_cells_with_more_than_a_line_stays_a_table(studio: Studio) -> None:
    draft = writing.take_in(studio, LOCAL.id, "tables.docx", LEFT_OUT["tables.docx"].data)
    text = writing.markdown(studio.history.drafts.open(draft.id, LOCAL.id).document)
    rows = [" ".join(line.split()) for line in text.splitlines() if line.startswith("|")]
    assert rows[2:4] == ["| Yes | Yes | |", "| first<br>second | wide | |"]
    assert rows[4:] == ["| 上 | b | c |", "| | d | inner one, inner two |"]
    assert "[TABLE]" not in text and len(draft.notes) == 2


def test_a_locked_or_old_word_file_is_called_so(studio: Studio) -> None:
    for content, said in (
        (locked(), "locked with a password"),
        (locked_zip(), "locked with"),
        (COMPOUND, "older Office"),
    ):
        with pytest.raises(InvalidInput, match=said):
            writing.take_in(studio, LOCAL.id, "a.docx", content)


def test_a_draft_goes_out_in_every_form_and_comes_back_from_word(studio: Studio) -> None:
    draft = writing.take_in(
        studio,
        LOCAL.id,
        "tea.md",
        MARKDOWN.encode() + b"\n<script>alert(1)</script>\n\n![](http://x.example/a.png)\n\n[a](javascript:b)\n",
    ).id
    name, text = writing.export(studio, draft, LOCAL.id, "md")
    assert name == "Tea.md" and provenance.read(text)["ProduceID"] == draft
    _, page = writing.export(studio, draft, LOCAL.id, "html")
    assert not any(word in page.decode() for word in ("<script", "x.example", "javascript")) and "水" in page.decode()
    _, word = writing.export(studio, draft, LOCAL.id, "docx")
    assert [section["heading"] for section in taken(studio, "back.docx", word)["sections"]][-2:] == ["Leaves", "水"]
    _, book = writing.export(studio, draft, LOCAL.id, "epub")
    assert zipfile.ZipFile(io.BytesIO(book)).read("mimetype") == b"application/epub+zip"
    with pytest.raises(NotFound):
        writing.export(studio, draft, "you", "md")


@pytest.mark.parametrize("form", ["md", "docx"])
def test_what_went_out_comes_back_without_its_label(studio: Studio, form: str) -> None:
    text = b"# Tea\n\n## Leaves\n\nGreen *ones*.\n\n## Water\n\nHot."
    draft = writing.take_in(studio, LOCAL.id, "tea.md", text).id
    name, content = writing.export(studio, draft, LOCAL.id, form)
    document = taken(studio, name, content)
    assert document["title"] == "Tea"
    assert [(one["heading"], one["text"]) for one in document["sections"]] == [
        ("Leaves", "Green *ones*."),
        ("Water", "Hot."),
    ]


def test_front_matter_of_ones_own_stays(studio: Studio) -> None:
    text = "---\ntitle: [x\n---\n\nMine."
    document = taken(studio, "mine.md", text.encode())
    assert document["sections"][0]["text"] == text and document["title"] == ""
    text = '---\ntitle: "Green tea"\n---\n\nMine.\n\nLeaves\n------\n\n~~~\n# code\n~~~\n\n## C#\n\nSharp.'
    document = taken(studio, "mine.md", text.encode())
    assert document["title"] == "Green tea" and "title:" in document["sections"][0]["text"]
    assert [(one["heading"], one["text"]) for one in document["sections"][1:]] == [
        ("Leaves", "~~~\n# code\n~~~"),
        ("C#", "Sharp."),
    ]


def test_pictures_of_the_gallery_go_along_and_no_others(studio: Studio) -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 20), "teal").save(file, "PNG")
    mine = studio.history.files.add(LOCAL, "a.png", io.BytesIO(file.getvalue())).id
    theirs = studio.history.files.add(of_owner("somebody"), "b.png", io.BytesIO(file.getvalue())).id
    words = studio.history.files.add(LOCAL, "c.txt", io.BytesIO(b"text")).id
    text = (
        f"# Tea\n\n![a cup](/api/files/{mine})\n\n![not mine](/api/files/{theirs})\n\n![words](/api/files/{words})\n\n"
        '![far](https://example.com/x.png)\n\n<img src="data:image/svg+xml;base64,AAAA">\n\n[odd](data:text/html,x)\n'
    )
    draft = writing.take_in(studio, LOCAL.id, "tea.md", text.encode()).id
    html = writing.export(studio, draft, LOCAL.id, "html")[1].decode()
    assert html.count("<img") == 1 and "data:image/png;base64," in html and "a cup" in html
    assert "not mine" in html and "example.com" not in html and "data:text" not in html
    for form, folder in (("docx", "word/media/"), ("epub", "EPUB/media/")):
        with zipfile.ZipFile(io.BytesIO(writing.export(studio, draft, LOCAL.id, form)[1])) as archive:
            (name,) = [one for one in archive.namelist() if one.startswith(folder)]
            assert Image.open(io.BytesIO(archive.read(name))).size == (40, 20)
    assert f"/api/files/{mine}" in writing.export(studio, draft, LOCAL.id, "md")[1].decode()


def test_a_line_stays_a_line_and_a_file_is_of_today(studio: Studio) -> None:
    text = '# Two "moons" & a sea\n\n水边有花，\n树下有人。\n\n```python\nprint(1)\n```\n'
    draft = writing.take_in(studio, LOCAL.id, "poem.md", text.encode()).id
    page = writing.export(studio, draft, LOCAL.id, "html")[1].decode()
    assert "<title>Two &quot;moons&quot; &amp; a sea</title>" in page
    assert "水边有花，<br>" in page and "<a " not in page
    for form, about in (("docx", "docProps/core.xml"), ("epub", "EPUB/content.opf")):
        _, content = writing.export(studio, draft, LOCAL.id, form)
        assert b"1970" not in zipfile.ZipFile(io.BytesIO(content)).read(about)


def test_what_is_in_a_word_file_comes_back_as_markdown(studio: Studio) -> None:
    table = "| a | b |\n|---|---|\n| 1 | 2 |"
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    picture = studio.history.files.add(LOCAL, "cup.png", io.BytesIO(file.getvalue())).id
    text = f"# Tea\n\nIt costs $5.\n\n{table}\n\n![A cup](/api/files/{picture})\n"
    draft = writing.take_in(studio, LOCAL.id, "tea.md", text.encode()).id
    _, word = writing.export(studio, draft, LOCAL.id, "docx")
    [section] = taken(studio, "back.docx", word)["sections"]
    assert section["text"].splitlines()[0] == "It costs $5."
    assert "| 1 | 2 |" in section["text"].replace("   ", " ") and section["text"].endswith("A cup")
    assert "<" not in section["text"]
