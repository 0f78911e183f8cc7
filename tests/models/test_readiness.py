"""GGUF files are made ready once, of each architecture and type, and are then what they were; nothing else stays."""

import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import torch
from langchain_core.messages import HumanMessage
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from assistants import memory
from assistants.digests import file_sha256
from assistants.engines import tuning
from assistants.engines.process import ProcessChat
from assistants.engines.transformers_chat import TransformersChat
from assistants.errors import ModelUnavailable
from assistants.models.files import readiness
from assistants.models.files.contents import runner
from assistants.models.files.downloads import Halt
from assistants.models.files.readiness import make_ready
from assistants.principals import LOCAL
from assistants.studio import Studio
from tests.engines import tiny, tiny_gguf
from tests.engines.opening import opened_file
from tests.engines.tiny_gguf import WRITABLE, Kind

HELLO = "the cat sat on the mat and the dog ran to the river"
SHAPE = {
    "hidden_size": 256, "intermediate_size": 256, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 64, "max_position_embeddings": 512, "bos_token_id": None,
    "pad_token_id": None, "initializer_range": 0.05,
}  # fmt: skip
MODELS: dict[str, tuple[type, type]] = {
    "llama": (LlamaConfig, LlamaForCausalLM),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM),
    "gemma3": (Gemma3TextConfig, Gemma3ForCausalLM),
    "phi3": (Phi3Config, Phi3ForCausalLM),
    "mistral": (MistralConfig, MistralForCausalLM),
}


def make(architecture: str, **more: Any) -> PreTrainedModel:
    """Return a model with random weights of which none is what a new one has."""
    tiny.take_one_thread()
    tokenizer = tiny.make_tokenizer()
    config, kind = MODELS[architecture]
    shape = {"vocab_size": len(tokenizer) + 3, "eos_token_id": tokenizer.eos_token_id, **SHAPE, **more}
    torch.manual_seed(3)
    model = kind(config(**shape)).eval()
    with torch.no_grad():
        for weights in model.parameters():
            weights.copy_(weights + 0.05 * torch.randn_like(weights))
    return model


def best(model: PreTrainedModel, text: str) -> float:
    """Return the log-probability of the likeliest first token of a reply, by plain transformers."""
    tokenizer = tiny.make_tokenizer()
    turns = [{"role": "user", "content": text}]
    prompt = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(prompt, add_special_tokens=False).input_ids
    control = [token for token, one in tokenizer.added_tokens_decoder.items() if one.special]
    with torch.no_grad():
        chances = model(torch.tensor([ids])).logits[0, -1].log_softmax(-1)
    chances[control] = -torch.inf
    return chances.max().item()


def distance(engine: ProcessChat, model: PreTrainedModel) -> float:
    """Return how far the engine's log-probabilities of first tokens are from those of plain transformers, at most."""
    options = {"logprobs": True, "temperature": 0, "repetition_penalty": 1.0, "max_tokens": 1, "min_tokens": 1}
    found = []
    for text in (HELLO, HELLO[::-1], HELLO * 5):
        reply = engine.invoke([HumanMessage(text)], **options)
        (entry,) = reply.response_metadata["logprobs"]["content"]
        found.append(abs(entry["logprob"] - best(model, text)))
    return max(found)


FIGURES = readiness.Making._figures


@pytest.fixture(autouse=True)
def in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx2")
    # Nothing is measured that need not be.
    monkeypatch.setattr(readiness.Making, "_figures", lambda self, halt: [])


def deviation(file: Path, model: PreTrainedModel) -> float:
    """Open a file on OpenVINO GenAI, and return how far it is from a model."""
    assert runner(file) == "openvino"
    engine = opened_file("local:tiny", file)
    try:
        return distance(engine, model)
    finally:
        engine.close()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PreTrainedModel]:
    """A Llama whose matrices are of all the types that gguf-py can write, and the model that its file is."""
    file, model = tmp_path_factory.mktemp("types") / "types.gguf", make("llama")
    matrices = [name for name, values in tiny_gguf.tensors(model, "llama") if values.ndim > 1]
    kinds = {name: Kind[kind] for name, kind in zip(matrices, cycle(WRITABLE), strict=False)}
    tiny_gguf.write(file, model, kind=kinds.__getitem__)
    tiny_gguf.as_written(model, kinds.__getitem__)
    assert {one.name for one in kinds.values()} == set(WRITABLE)
    return file, model


def test_a_file_of_every_type_is_what_it_says(source: tuple[Path, PreTrainedModel]) -> None:
    assert deviation(*source) < 0.15
    folder = source[0].parent / "ready-openvino"
    assert {file.name for file in folder.iterdir()} == {
        "NOTICE.txt", "ready.json", "tuned.json", "openvino_model.xml", "openvino_model.bin", "openvino_tokenizer.xml",
        "openvino_tokenizer.bin", "openvino_detokenizer.xml", "openvino_detokenizer.bin",
    }  # fmt: skip
    notice = (folder / "NOTICE.txt").read_text(encoding="utf-8")
    assert "modified form" in notice and "types.gguf" in notice and file_sha256(source[0]) in notice


@pytest.mark.parametrize("architecture", ["qwen2", "qwen3"])
def test_architectures_that_openvino_reads(tmp_path: Path, architecture: str) -> None:
    model = make(architecture)
    tiny_gguf.write(tmp_path / "tiny.gguf", model, architecture, kind=lambda name: Kind.Q8_0)
    assert deviation(tmp_path / "tiny.gguf", model) < 0.15


def test_places_that_are_stretched_are_not_read_as_others(tmp_path: Path) -> None:
    stretched = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                 "original_max_position_embeddings": 64, "rope_theta": 10000.0}  # fmt: skip
    model, plain = make("llama", rope_parameters=stretched), make("llama")
    divisors = plain.model.rotary_emb.inv_freq / model.model.rotary_emb.inv_freq
    assert divisors.max() == 8
    file = tmp_path / "tiny.gguf"
    tiny_gguf.write(file, model, more=lambda writer: writer.add_tensor("rope_freqs.weight", divisors.numpy()))
    assert abs(best(model, HELLO * 5) - best(plain, HELLO * 5)) > 0.2
    assert deviation(file, model) < 0.15


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Import from the folder of the program for transformers, as it does itself."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(TransformersChat.program)
    yield
    for name in ("loading", "text"):
        if name not in before:
            sys.modules.pop(name, None)


@pytest.mark.usefixtures("program")
@pytest.mark.parametrize("architecture", MODELS)
def test_every_architecture_runs_on_transformers(tmp_path: Path, architecture: str) -> None:
    from loading import convert, look

    file, folder, pieces = tmp_path / "tiny.gguf", tmp_path / "made", architecture in ("gemma3", "phi3", "mistral")
    # The library knows only the usual width of some.
    model = make(architecture, **{"head_dim": 128} if architecture == "qwen3" else {})
    # Mistral's models are llamas to llama.cpp.
    stored = architecture.replace("mistral", "llama")
    more = tiny_gguf.facts(**{f"{stored}__attention__sliding_window": 4096})
    tiny_gguf.write(file, model, stored, kind=lambda name: Kind.Q8_0, more=more, pieces=pieces)
    assert runner(file, frozenset({"score"})) == "transformers"
    assert runner(file) == ("openvino" if architecture in ("llama", "qwen2", "qwen3") else "transformers")
    convert(file, folder)
    look(folder)
    made = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    assert architecture == "mistral" or type(made) is type(model)
    for name, weights in model.state_dict().items():
        assert torch.allclose(made.state_dict()[name], weights, atol=0.01, rtol=0.02), name
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.decode(tokenizer(HELLO, add_special_tokens=False).input_ids).strip() == HELLO


# Here nothing is computed: a program that writes what it is told stands in for those that make models ready.


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    file = tmp_path / "own" / "plain.gguf"
    file.parent.mkdir()
    tiny_gguf.write(file, make("llama", hidden_size=64, head_dim=16, intermediate_size=64))
    return file


class Maker:
    """What is done in place of the real program, and how often it was."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.program = folder / "maker"
        self.runs = folder / "runs"
        self.runs.mkdir()
        self.do("")
        monkeypatch.setattr(readiness, "PROGRAMS", self.program)

    def measure(self, figures: list[dict[str, float]]) -> None:
        """Let the program that measures find so much."""
        code = (
            f"asked = json.loads(pathlib.Path(sys.argv[1]).read_text())\n"
            f"pathlib.Path(asked['result']).write_text({json.dumps(json.dumps(figures))})"
        )
        self.do(code, "openvino_prober.py")

    def do(self, code: str, name: str = "openvino_maker.py") -> None:
        """Let a program do something."""
        self.program.mkdir(exist_ok=True)
        lines = f"import json, sys, time, uuid, pathlib\npathlib.Path({str(self.runs)!r}, uuid.uuid4().hex).touch()\n"
        (self.program / name).write_text(lines + code, encoding="utf-8")

    @property
    def count(self) -> int:
        return len(list(self.runs.iterdir()))


@pytest.fixture
def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maker:
    folder = tmp_path / "programs"
    folder.mkdir()
    return Maker(folder, monkeypatch)


def ready(file: Path, folder: Path, halt: threading.Event | None = None) -> Path:
    return make_ready(file, folder, lambda *_: None, halt or Halt())


def test_it_is_made_once_and_again_where_something_has_changed(
    plain: Path, tmp_path: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "models" / "plain"
    folder = ready(plain, place)
    assert folder == place / "ready-openvino" == ready(plain, place)
    assert json.loads((folder / "ready.json").read_text(encoding="utf-8"))["facts"]["context"] == 512
    assert maker.count == 1
    os.utime(plain)
    ready(plain, place)
    assert maker.count == 1, "a file that was copied is no other"
    data = plain.read_bytes()
    plain.write_bytes(data[:-4] + b"abcd")
    ready(plain, place)
    assert maker.count == 2
    monkeypatch.setattr(readiness, "VERSION", 99)
    ready(plain, place)
    assert maker.count == 3
    (folder / "ready.json").write_text("{", encoding="utf-8")
    ready(plain, place)
    assert maker.count == 4
    assert [file.name for file in plain.parent.iterdir()] == ["plain.gguf"], "a person's own folder stays as it is"
    assert ready(folder, place) == folder


FAST, SLOW = {"reads": 1900.0, "writes": 40.0}, {"reads": 1900.0, "writes": 20.0}


def test_a_machine_with_a_choice_is_measured_once(
    plain: Path, tmp_path: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {"processor": "new", "units": ["amx_bf16"], "usable": 2}
    monkeypatch.setattr(tuning, "machine", lambda: here)
    monkeypatch.setattr(readiness.Making, "_figures", FIGURES)
    maker.measure([SLOW, FAST])
    folder = ready(plain, tmp_path / "models")
    assert (maker.count, tuning.chosen(folder)["properties"]) == (2, {"INFERENCE_PRECISION_HINT": "f32"})
    ready(plain, tmp_path / "models")
    assert maker.count == 2
    here = here | {"usable": 1}
    maker.measure([FAST, SLOW])
    assert tuning.chosen(folder)["properties"] == {}, "what was found elsewhere says nothing"
    ready(plain, tmp_path / "models")
    assert (maker.count, tuning.chosen(folder)["properties"]) == (3, {"INFERENCE_PRECISION_HINT": "bf16"})
    here = here | {"units": []}
    maker.measure([SLOW])
    ready(plain, tmp_path / "models")
    assert (maker.count, tuning.chosen(folder)) == (4, {"properties": {}, "part": 256})


def test_what_cannot_be_measured_runs_as_it_comes(
    plain: Path, tmp_path: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness.Making, "_figures", FIGURES)
    for code in ("sys.exit('no')", "pass", "pathlib.Path(asked['result']).write_text('{')"):
        shutil.rmtree(tmp_path / "models", ignore_errors=True)
        maker.do("asked = json.loads(pathlib.Path(sys.argv[1]).read_text())\n" + code, "openvino_prober.py")
        folder = ready(plain, tmp_path / "models")
        assert tuning.chosen(folder)["properties"] == {}
        assert {file.name for file in folder.parent.iterdir()} == {".lock", "ready-openvino"}


def test_the_program_measures_what_was_made_ready(
    source: tuple[Path, PreTrainedModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_ready(source[0], source[0].parent, lambda *_: None, Halt())
    monkeypatch.setattr(readiness.Making, "_figures", FIGURES)
    monkeypatch.setattr(tuning, "choices", lambda: tuning.CHOICES)
    (folder / tuning.FILE).unlink()
    assert make_ready(source[0], source[0].parent, lambda *_: None, Halt()) == folder
    figures = tuning.known(folder)["figures"]
    assert len(figures) == 2 and all(one["reads"] > 100 and one["writes"] > 10 for one in figures)
    assert tuning.chosen(folder)["properties"] in tuning.CHOICES


def test_two_at_once_make_it_once(plain: Path, tmp_path: Path, maker: Maker) -> None:
    maker.do("time.sleep(0.5)")
    with ThreadPoolExecutor(3) as pool:
        assert len({*pool.map(lambda _: ready(plain, tmp_path / "models"), range(3))}) == 1
    assert maker.count == 1


def test_what_is_called_off_leaves_nothing(plain: Path, tmp_path: Path, maker: Maker) -> None:
    maker.do("time.sleep(60)")
    halt, seen = Halt(), []

    def report(note: str, done: int, total: int | None) -> None:
        seen.append((note, done, total))
        halt.set()

    with pytest.raises(ModelUnavailable, match=r"The download of plain\.gguf was cancelled"):
        make_ready(plain, tmp_path / "models", report, halt)
    assert seen[0][0] == "Making the model ready" and seen[0][2] > 100_000
    assert [file.name for file in (tmp_path / "models").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("sys.exit('the library says no')", r"The model file plain\.gguf does not load: the library says no\."),
        ("raise RuntimeError('long\\nand broken.')", r"does not load: and broken\."),
        ("import os; os.kill(os.getpid(), 9)", r"does not load: no reason given\."),
    ],
)
def test_what_breaks_leaves_nothing_and_says_why(
    plain: Path, tmp_path: Path, maker: Maker, code: str, said: str
) -> None:
    (tmp_path / "models" / ".ready" / "model").mkdir(parents=True)
    maker.do(code)
    with pytest.raises(ModelUnavailable, match=said):
        ready(plain, tmp_path / "models")
    assert [file.name for file in (tmp_path / "models").iterdir()] == [".lock"]


def test_where_there_is_no_room_nothing_is_begun(
    plain: Path, tmp_path: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000))
    with pytest.raises(ModelUnavailable, match=r"plain\.gguf needs 1 MB of disk space to be made ready; 0 MB are free"):
        ready(plain, tmp_path / "models")
    assert maker.count == 0


@pytest.mark.parametrize("cut", [40, 3000, -20_000])
def test_a_file_that_is_cut_short_is_a_sentence(plain: Path, tmp_path: Path, maker: Maker, cut: int) -> None:
    plain.write_bytes(plain.read_bytes()[:cut])
    with pytest.raises(ModelUnavailable, match=r"The model file plain\.gguf does not load: a broken GGUF file\."):
        ready(plain, tmp_path / "models")
    assert maker.count == 0


def test_a_model_that_is_linked_is_made_ready_in_the_home_and_goes_with_it(
    plain: Path, studio: Studio, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "pathlib.Path(json.loads(pathlib.Path(sys.argv[1]).read_text())['folder'], 'made').write_bytes(bytes(10**8))"
    maker.do(code)
    monkeypatch.setattr(memory, "available", lambda: 10**8)
    name = studio.models.installer.install(str(plain), LOCAL)
    place = studio.settings.models_folder / name
    with pytest.raises(ModelUnavailable, match=r"plain needs about 0\.5 GB of memory, and 0\.1 GB are free"):
        list(studio.models.waiting(f"local:{name}"))
    assert (place / "ready-openvino" / "made").is_file()
    studio.models.installer.delete(name, LOCAL)
    assert plain.is_file() and not place.exists()
    assert [file.name for file in plain.parent.iterdir()] == ["plain.gguf"]
