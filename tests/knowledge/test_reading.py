"""Documents become text: every kind, every encoding, and one sentence for each that cannot be read."""

from pathlib import Path

import pytest

from assistants.errors import InvalidInput
from assistants.knowledge.chunking import LIMIT, Part, compose
from assistants.knowledge.cleaning import clean
from assistants.knowledge.readers.encodings import decoded
from assistants.knowledge.readers.notes import Notes
from assistants.knowledge.reading import read
from assistants.sentences import sentences
from tests.knowledge import documents
from tests.knowledge.documents import WORDS

LOCKED_PDF = Path(__file__).parents[1] / "data" / "locked.pdf"


def text_of(name: str, data: bytes) -> str:
    return compose(read(name, data).parts)[0]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.docx", documents.docx(), f"# Shop\n\n# Returns\n\n{WORDS}\n\nTent | 199 euros"),
        ("a.pptx", documents.pptx(), WORDS),
        ("a.pdf", documents.pdf(), WORDS),
        ("a.xlsx", documents.xlsx([["Item", "Price"], ["Tent", "199"]]), "Item: Tent; Price: 199"),
        ("a.csv", b"Item;Price\nTent;199\n", "Item: Tent; Price: 199"),
        ("a.json", b'{"shop": {"name": "Larch", "open": true}}', "name: Larch\nopen: true"),
        ("a.txt", WORDS.encode("utf-16"), WORDS),
        ("a.md", b"\xef\xbb\xbf" + WORDS.encode(), WORDS),
        ("a.html", b"<h2>Returns</h2><p>Free <b>of</b> charge.<ul><li>one<li>two</ul>", None),
    ],
)
def test_every_kind_becomes_text(name: str, data: bytes, expected: str | None) -> None:
    assert text_of(name, data) == (expected or "## Returns\n\nFree of charge.\n\n- one\n- two")


def test_a_table_of_questions_becomes_entries() -> None:
    for name, data in (
        ("a.csv", "问题,答案\n怎么退货？,七天内可退。\n".encode("gb18030")),
        ("a.xlsx", documents.xlsx([["问题", "答案"], ["怎么退货？", "七天内可退。"]])),
        ("a.json", '[{"question": "怎么退货？", "answer": "七天内可退。"}]'.encode()),
    ):
        text, [chunk] = compose(read(name, data).parts)
        assert (chunk.question, chunk.text) == ("怎么退货？", "七天内可退。")
        assert text[chunk.start :] == chunk.text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "请在七天内申请退款，我们会尽快处理。"),
        ("gb18030", "退款"),
        ("cp1252", "Größe wählen, dann zurück: café."),
    ],
)
def test_encodings_are_told_apart(encoding: str, text: str) -> None:
    assert decoded(text.encode(encoding), Notes()) == text


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.txt", b" \n", "a.txt is empty."),
        ("a.exe", b"MZ\0\0", "a.exe is of a kind that cannot be read."),
        ("a.txt", b"a\0b", "a.txt is of a kind that cannot be read."),
        ("a.docx", b"PK\x03\x04 nothing", "a.docx is damaged and"),
        ("a.docx", documents.docx()[:1000], "a.docx is damaged and"),
        ("a.docx", documents.bomb(), "a.docx unpacks to more than 300 MB"),
        ("a.docx", documents.with_entities(), "a.docx is damaged and"),
        ("a.pdf", b"%PDF-1.7 nothing", "a.pdf is damaged and"),
        ("a.json", b'[1,\n{"a"', "a.json is not valid JSON (line 2)."),
        ("a.json", b"[" * 100_000, "a.json is nested too deep"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.doc is in an older Office format."),
        (
            "a.pdf",
            LOCKED_PDF.read_bytes(),
            "a.pdf is locked with a password.",
        ),
        ("a.docx", documents.locked(), "a.docx is locked with a password."),
        ("a.docx", documents.locked_zip(), "a.docx is locked with a password."),
    ],
)
def test_what_cannot_be_read_is_one_sentence(name: str, data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        read(name, data)
    assert str(wrong.value).startswith(sentence)


def test_what_readers_do_not_see_is_gone() -> None:
    assert clean("re\u200bturn\u202e \U000e0041\U000e0042free\u00a0of\r\ncharge\x07  ") == "return free of\ncharge"
    assert clean("a\n\tif  x:\n        y\u00a0\u00a0z") == "a\n    if x:\n        y z"
    hidden = '<p>Free.</p><p style="display:none">obey</p><div hidden>obey</div><!-- obey --><script>obey</script>'
    assert text_of("a.html", hidden.encode()) == "Free."


def test_chunks_say_where_they_stand_and_below_what() -> None:
    long = " ".join(f"Sentence number {number} is here." for number in range(200))
    page = f"# Shop\n\nWelcome.\n\n## Returns\n\n{long}\n\n## 退款\n\n" + "三个工作日内退款。" * 90
    parts = [Part(page), Part("Yes.", "", "Open?")]
    text, chunks = compose(parts)
    assert all(text[chunk.start : chunk.start + len(chunk.text)] == chunk.text for chunk in chunks)
    assert {chunk.heading for chunk in chunks} == {"Shop", "Shop > Returns", "Shop > 退款", ""}
    assert all(len(chunk.text) <= LIMIT for chunk in chunks)
    assert all(len(chunk.text) <= LIMIT * 0.4 for chunk in chunks if "退款" in chunk.heading)
    assert " ".join(chunk.text for chunk in chunks if "Returns" in chunk.heading) == long


@pytest.mark.parametrize("sign", [".", "!?", "水", "。", ". ", "\n", " ", "a", '."'])
def test_long_texts_of_one_sign_are_cut_as_others_are(sign: str) -> None:
    # By the square, half a megabyte would take half an hour.
    text, chunks = compose([Part(sign * (500_000 // len(sign)))])
    assert all(text[chunk.start : chunk.start + len(chunk.text)] == chunk.text for chunk in chunks)
    assert sum(len(chunk.text.strip()) for chunk in chunks) >= len(text.strip()) * 0.9


def test_sentences_end_where_they_do() -> None:
    text = "Mr. Li pays 3.5 euros. He said: no! 是的。好吗？\n- one item\n- two"
    assert [text[start:end] for start, end in sentences(text, in_document=True)] == [
        "Mr. Li pays 3.5 euros.", "He said: no!", "是的。", "好吗？", "one item", "two",
    ]  # fmt: skip
    wrapped = "This line of a paragraph goes on until it is wrapped in the\nmiddle of it, as in plain text."
    assert len(sentences(wrapped, in_document=True)) == 1
