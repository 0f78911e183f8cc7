"""Rerankers in their process: a tiny cross-encoder scores pairs, is told from other models, and is started again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistants.embedder import MODEL
from assistants.engines.reranker import LocalReranker, open_reranker
from assistants.errors import ModelUnavailable
from assistants.models import LOCAL as PREFIX
from assistants.models import Models, files
from assistants.models.installing import linked
from assistants.principals import LOCAL
from assistants.studio import Studio
from assistants.support import desk
from tests.engines.tiny_bert import write_embedder, write_reranker

TEXTS = ["the sea is blue", "red rose", "", "unknown words " * 100]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny-reranker"
    write_reranker(folder)
    return folder


@pytest.fixture(scope="module")
def reranker(folder: Path) -> Iterator[LocalReranker]:
    reranker = open_reranker("tiny", folder)
    yield reranker
    reranker.close()


def test_pairs_get_scores_in_their_order(reranker: LocalReranker) -> None:
    scores = reranker.rank("where is the sea", TEXTS)
    assert len(scores) == len(TEXTS) and all(0 <= score <= 1 for score in scores)
    assert len(set(scores)) > 1
    assert reranker.rank("where is the sea", TEXTS[::-1]) == pytest.approx(scores[::-1], abs=1e-4)
    assert reranker.rank("red apple", TEXTS) != scores


def test_it_is_told_from_other_models(folder: Path, tmp_path: Path) -> None:
    write_embedder(tmp_path / "embedder")
    assert files.is_reranker(folder) and not files.is_reranker(tmp_path / "embedder")
    assert (linked(str(folder)).kind, linked(str(tmp_path / "embedder")).kind) == ("rerank", "embed")


def test_what_ranks_nothing_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="does not load"):
        open_reranker("nothing", tmp_path)


def test_a_base_is_searched_with_one_that_is_installed(
    studio: Studio, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = Models.waiting

    def but_the_embedder(self: Models, name: str, *needs: frozenset[str]) -> Iterator[object]:
        if name == MODEL:
            raise ModelUnavailable("There is no model named {name}.", name=name)
        return waiting(self, name, *needs)

    monkeypatch.setattr(Models, "waiting", but_the_embedder)
    name = studio.models.installer.install(str(folder), LOCAL)
    desk.set_up(studio, "sample", LOCAL, reranker=name)
    assert studio.knowledge.base("sample").reranker == PREFIX + name
    for _ in studio.models.waiting(PREFIX + name):
        pass
    row = studio.jobs.submit("support", {"question": "What does a repair cost?", "knowledge": "sample"}, LOCAL)
    assert studio.jobs.wait(row.id, LOCAL.id, 60).status == "done"
    facts = next(data["data"] for _, _, data in studio.history.jobs.events(row.id) if data.get("name") == "why")
    scores = [one["reranked"] for one in facts["candidates"]]
    assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)
