"""Editing a chunk: a new version of its source, quotes that still stand in it, and an old one that stays as it was."""

import pytest

from assistants.errors import InvalidInput, NotAllowed, NotFound
from assistants.knowledge import StoredChunk
from assistants.principals import LOCAL, of_owner
from assistants.studio import Studio


def pieces(studio: Studio, name: str = "handbook.en.md") -> tuple[str, str, list[StoredChunk]]:
    [source] = [one for one in studio.knowledge.sources("sample", LOCAL) if one.name == name]
    _, text, chunks = studio.knowledge.source("sample", source.id, LOCAL)
    return source.id, text, chunks


@pytest.mark.parametrize("words", ["Short.", "Longer than before. " * 60])
def test_every_chunk_still_stands_in_its_source(studio: Studio, words: str) -> None:
    old, before, chunks = pieces(studio)
    studio.knowledge.enable("sample", chunks[5].number, False, LOCAL)
    studio.knowledge.edit("sample", chunks[2].number, words, LOCAL)
    new, text, edited = pieces(studio)
    assert new != old and len(edited) == len(chunks)
    assert edited[2].text == words.strip() and edited[2].heading == chunks[2].heading
    assert all(text[one.start : one.start + len(one.text)] == one.text for one in edited)
    assert [one.enabled for one in edited] == [place != 5 for place in range(len(chunks))]
    source, kept, _ = studio.knowledge.source("sample", old, LOCAL)
    assert source.replaced and kept == before


def test_what_cannot_be_edited_is_a_sentence(studio: Studio) -> None:
    _, _, chunks = pieces(studio)
    number = chunks[0].number
    with pytest.raises(NotAllowed):
        studio.knowledge.edit("sample", number, "x", of_owner("v-1"))
    for text in ("", " \n", "x" * 4001):
        with pytest.raises(InvalidInput):
            studio.knowledge.edit("sample", number, text, LOCAL)
    for base, chunk in (("sample", 999_999), ("sample-zh", number)):
        with pytest.raises(NotFound):
            studio.knowledge.edit(base, chunk, "x", LOCAL)
