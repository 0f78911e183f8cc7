"""The corpus: all words of every document are found, and what is left out is said, in both languages."""

import pickle
from pathlib import Path

import pytest

from assistants.knowledge.reading import read
from tests.knowledge.corpus import File, files, found, missing
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
