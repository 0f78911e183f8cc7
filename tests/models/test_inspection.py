"""What is wrong with a model is said when it is added: its layers, its tokenizer, its chat template."""

import json
import shutil
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import gguf
import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel
from worker_pipe import Unfit

from assistants.engines.process import unfit
from assistants.engines.transformers_chat import TransformersChat
from assistants.errors import ModelUnavailable
from assistants.models.files import inspection
from assistants.models.files.inspection import check
from assistants.principals import LOCAL
from assistants.studio import Studio
from tests.engines import tiny, tiny_gguf
from tests.engines.opening import opened_file


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PreTrainedModel]:
    folder = tmp_path_factory.mktemp("source") / "tiny"
    tiny.take_one_thread()
    return folder, tiny.make_llama(folder)


def change(folder: Path, file: str, **values: object) -> None:
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


def lose(folder: Path, *files: str) -> None:
    for file in files:
        (folder / file).unlink()


def drop_weights(folder: Path, keep: Callable[[str], bool]) -> None:
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name: one for name, one in weights.items() if keep(name)}, folder / "model.safetensors", {"format": "pt"}
    )


def write(folder: Path, file: str, text: str) -> None:
    (folder / file).write_text(text, encoding="utf-8")


FOLDERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "more layers": (
        lambda folder: change(folder, "config.json", num_hidden_layers=4),
        r"tiny lacks 18 of the weights that its configuration asks for, such as model\.layers\.2\.",
    ),
    "fewer layers": (
        lambda folder: change(folder, "config.json", num_hidden_layers=1),
        r"tiny holds 9 weights of layers that its configuration leaves out, such as model\.layers\.1\.",
    ),
    "another width": (
        lambda folder: change(folder, "config.json", intermediate_size=48),
        r"does not fit its configuration: model\.layers\.0\.mlp\.down_proj\.weight is 64 × 96 in it, .* be 64 × 48",
    ),
    "another vocabulary": (
        lambda folder: change(folder, "config.json", vocab_size=99),
        r"does not fit its configuration: lm_head\.weight is 3\d\d × 64 in it, and should be 99 × 64",
    ),
    "no head": (
        lambda folder: drop_weights(folder, lambda name: "lm_head" not in name),
        r"tiny lacks 1 of the weights .* such as lm_head\.weight",
    ),
    "no tokenizer": (
        lambda folder: lose(folder, "tokenizer.json", "tokenizer_config.json"),
        r"The folder tiny holds no model: tokenizer\.json is missing",
    ),
    "a tokenizer that is broken": (
        lambda folder: write(folder, "tokenizer.json", "{"),
        "tiny has no tokenizer that can be read: ",
    ),
    "a template that is broken": (
        lambda folder: write(folder, "chat_template.jinja", "{% for message in messages %}{{ message.content"),
        "The chat template of tiny is broken: “unexpected end of template",
    ),
    "a template that fails": (
        lambda folder: write(folder, "chat_template.jinja", "{{ messages[0].content.parts[0].text }}"),
        "The chat template of tiny is broken: “.*has no attribute 'parts'”",
    ),
    "a template that refuses everything": (
        lambda folder: write(folder, "chat_template.jinja", "{{ raise_exception('not today') }}"),
        "The chat template of tiny is broken: “not today”",
    ),
}


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look at folders without a process for each, which would take seconds to import its libraries."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(TransformersChat.program)
    from loading import look

    def ask(_: Path, first: dict[str, str]) -> None:
        folder = Path(first["model"])
        try:
            look(folder)
        except Unfit as error:
            raise unfit(folder, error.said) from error

    monkeypatch.setattr(inspection, "ask", ask)
    yield
    for name in ("loading", "text"):
        if name not in before:
            sys.modules.pop(name, None)


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(("spoil", "said"), FOLDERS.values(), ids=FOLDERS)
def test_a_folder_that_would_fail_later_is_refused_in_a_sentence(
    source: tuple[Path, PreTrainedModel], tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    folder = shutil.copytree(source[0], tmp_path / "tiny")
    spoil(folder)
    with pytest.raises(ModelUnavailable, match=said) as caught:
        check(folder)
    assert "\n" not in str(caught.value)


def test_the_program_looks_as_closely(source: tuple[Path, PreTrainedModel], tmp_path: Path) -> None:
    check(source[0])
    folder = shutil.copytree(source[0], tmp_path / "tiny")
    change(folder, "config.json", num_hidden_layers=4)
    with pytest.raises(ModelUnavailable, match="tiny lacks 18 of the weights"):
        opened_file("local:tiny", folder)


def test_a_gguf_that_is_well_is_taken(source: tuple[Path, PreTrainedModel], tmp_path: Path) -> None:
    file = tmp_path / "tiny.gguf"
    tiny_gguf.write(file, source[1])
    check(file)


def spoiled(file: Path, key: bytes, other: bytes) -> None:
    """Rename a piece of a GGUF's head, to something of the same length."""
    data = file.read_bytes()
    assert data.count(key) >= 1 and len(key) == len(other)
    file.write_bytes(data.replace(key, other))


LAYERS = b"llama.block_count" + struct.pack("<I", gguf.GGUFValueType.UINT32)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda file: spoiled(file, LAYERS + struct.pack("<I", 2), LAYERS + struct.pack("<I", 4)),
            "says that it has 4 layers, and holds 2",
        ),
        (
            lambda file: spoiled(file, LAYERS + struct.pack("<I", 2), LAYERS + struct.pack("<I", 1)),
            "says that it has 1 layers, and holds 2",
        ),
        (lambda file: spoiled(file, b"llama.block_count", b"llama.clock_bount"), "has 0 layers, and holds 2"),
        (lambda file: spoiled(file, b"tokenizer.ggml.tokens", b"tokenizer.ggml.tikens"), "has no tokenizer"),
        (lambda file: spoiled(file, b"{% for message", b"{% fir message"), "broken: “Encountered unknown tag 'fir'"),
        (lambda file: spoiled(file, b"message.content", b"message.c.d.e.f"), "broken: “.*has no attribute 'c'”"),
        (lambda file: spoiled(file, b"general.architecture", b"general.arkhitecture"), "the architecture None"),
    ],
)
def test_a_gguf_that_would_fail_later_is_refused_in_a_sentence(
    source: tuple[Path, PreTrainedModel], tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    file = tmp_path / "tiny.gguf"
    tiny_gguf.write(file, source[1])
    spoil(file)
    with pytest.raises(ModelUnavailable, match=rf"tiny\.gguf.*{said}"):
        check(file)


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("F16", lambda writer: writer.add_uint16("split.count", 3), "is one of 3 pieces of a model"),
        ("F16", lambda writer: writer.add_tensor("blk.0.ffn_gate_exps.weight", np.zeros((2, 32, 32), np.float32)),
         "has weights named blk.0.ffn_gate_exps.weight, which llama has for no engine"),
        ("Q8_K", lambda writer: None, "has tensors of the type Q8_K, which no engine of the studio reads"),
    ],
)  # fmt: skip
def test_what_no_engine_reads_is_named(
    source: tuple[Path, PreTrainedModel], tmp_path: Path, kind: str, more: Callable[[gguf.GGUFWriter], None], said: str
) -> None:
    file = tmp_path / "tiny.gguf"
    tiny_gguf.write(file, source[1], more=more)
    if kind != "F16":
        # The number of a type of which each number takes more than one of two bytes would take.
        f16, other = (struct.pack("<I", gguf.GGMLQuantizationType[one]) for one in ("F16", kind))
        name = b"token_embd.weight" + struct.pack("<IQQ", 2, 64, source[1].config.vocab_size)
        spoiled(file, name + f16, name + other)
    with pytest.raises(ModelUnavailable, match=rf"tiny\.gguf {said}"):
        check(file)


def test_a_template_that_never_ends_is_given_up(
    source: tuple[Path, PreTrainedModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "SECONDS", 1)
    file, endless = tmp_path / "tiny.gguf", "{% for a in range(99999) %}" * 4 + "{% endfor %}" * 4
    tiny_gguf.write(file, source[1], template=endless)
    with pytest.raises(ModelUnavailable, match="it took more than 1 seconds"):
        check(file)


def test_it_is_said_when_the_model_is_added_and_nothing_stays(
    studio: Studio, source: tuple[Path, PreTrainedModel], tmp_path: Path
) -> None:
    file = tmp_path / "tiny.gguf"
    tiny_gguf.write(file, source[1], template="{{ nothing.at.all }}")
    before = [card.name for card in studio.models.installer.listed(LOCAL)]
    with pytest.raises(ModelUnavailable, match=r"The chat template of tiny\.gguf is broken: “'nothing' is undefined”"):
        studio.models.installer.install(str(file), LOCAL)
    assert [card.name for card in studio.models.installer.listed(LOCAL)] == before
    assert file.exists()
