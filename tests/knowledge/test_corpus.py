"""The corpus: all words of every document are found, and what is left out is said, in both languages."""

import pickle
import re
from pathlib import Path

import pytest

from assistants import writing
from assistants.knowledge import reading
from assistants.knowledge.reading import read
from tests.knowledge.corpus import File, files, found, missing, table
from webapp.i18n import book

DOCS = Path(__file__).parents[2] / "docs" / "documents.md"
FILES = files()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_all_words_are_found_and_what_is_left_out_is_said(file: File) -> None:
    reading = read(file.name, file.data, file.charset)
    text = found(reading)
    assert missing(file, text) == []
    assert [words for words in file.absent if words in text] == []
    said = [note["template"].format(**note["values"]) for note in reading.notes]
    assert len(said) == len(file.said) and all(map(str.startswith, said, file.said)), said
    assert all(note["template"] in book("zh")["errors"] for note in reading.notes)
    assert pickle.loads(pickle.dumps(reading)) == reading


def test_the_documentation_says_what_is_measured_and_which_kinds_there_are() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert text.endswith(table() + "\n")
    said = set(re.findall(r"(?<!\w)(\.[a-z]+)", text.partition("## Kind by kind")[0]))
    assert said >= {
        suffix for suffix in (*reading.TEXTS, *writing.files.READ, ".pdf", ".docx", ".pptx", ".xlsx") if suffix
    }
