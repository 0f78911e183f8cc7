"""Which engine runs a model, and the sentence for one that none can run."""

import json
from pathlib import Path
from typing import Any

import gguf
import pytest
from langchain_core.messages import HumanMessage
from transformers.integrations.gguf import GGUF_ARCHS
from transformers.modeling_gguf_pytorch_utils import GGUF_SUPPORTED_ARCHITECTURES

from assistants import engines
from assistants.engines import echo, open_chat
from assistants.errors import ModelUnavailable
from assistants.models.files.contents import TRANSFORMERS, model_types, runner
from tests.engines import tiny_gguf
from tests.engines.opening import opened_file


def make_gguf(file: Path, architecture: str, tensor: str = "output.weight", **facts: Any) -> Path:
    """Write a GGUF with one tensor."""
    writer = gguf.GGUFWriter(file, architecture)
    plain = {"tokenizer__ggml__model": "gpt2", f"{architecture}__attention__head_count": 4}
    plain[f"{architecture}__embedding_length"] = 64
    tiny_gguf.facts(**plain | facts)(writer)
    writer.add_tensor(tensor, gguf.np.zeros((64, 64), dtype=gguf.np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def make_folder(folder: Path, config: Any, *files: str) -> Path:
    """Write a folder with empty weights."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    for file in files:
        (folder / file).touch()
    return folder


@pytest.mark.parametrize(
    ("architecture", "needs", "expected"),
    [
        ("llama", set(), "openvino"),
        ("qwen3", {"min_tokens", "json_schema"}, "openvino"),
        ("llama", {"top_logprobs"}, "transformers"),
        ("qwen2", {"score"}, "transformers"),
        ("gemma3", set(), "transformers"),
    ],
)
def test_a_gguf_runs_where_it_can(tmp_path: Path, architecture: str, needs: set[str], expected: str) -> None:
    assert runner(make_gguf(tmp_path / "model.gguf", architecture), frozenset(needs)) == expected


@pytest.mark.parametrize(
    "otherwise",
    [
        {"tokenizer__ggml__model": "llama"},
        {"llama__attention__head_count": [4, 2]},
        {"llama__rope__dimension_count": 8},
        {"llama__rope__scaling__type": "yarn"},
        {"tensor": "blk.0.ffn_gate_exps.weight"},
        {"tensor": "output.bias"},
    ],
)
def test_a_gguf_with_more_than_openvino_reads_runs_on_transformers(tmp_path: Path, otherwise: dict[str, Any]) -> None:
    assert runner(make_gguf(tmp_path / "model.gguf", "llama", **otherwise)) == "transformers"
    plain = {"llama__rope__dimension_count": 16, "llama__rope__scaling__type": "linear"}
    assert runner(make_gguf(tmp_path / "plain.gguf", "llama", "rope_freqs.weight", **plain)) == "openvino"


def test_without_openvino_transformers_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make_gguf(tmp_path / "model.gguf", "llama")
    monkeypatch.setattr("assistants.models.files.contents.find_spec", lambda name: None)
    assert runner(file) == "transformers"


@pytest.mark.parametrize("kind", ["llama", "gpt2", "qwen3", "gemma3"])
def test_a_folder_of_safetensors_runs_on_transformers(tmp_path: Path, kind: str) -> None:
    config = {"model_type": kind, "auto_map": {"AutoConfig": "own.Config"}}
    folder = make_folder(tmp_path / "model", config, "model-00001-of-00002.safetensors", "pytorch_model.bin")
    assert runner(folder) == "transformers"


@pytest.mark.parametrize("file", ["pytorch_model.bin", "model.ckpt", "model.pt"])
def test_a_pickle_is_refused(tmp_path: Path, file: str) -> None:
    folder = make_folder(tmp_path / "model", {"model_type": "llama"}, file)
    for path in (folder, folder / file):
        with pytest.raises(ModelUnavailable, match=rf"{path.name} is a pickle checkpoint"):
            runner(path)
        with pytest.raises(ModelUnavailable, match="pickle"):
            opened_file("local:model", path)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "nonsense"}, "model has the architecture nonsense, which no engine"),
        ({"model_type": "own", "auto_map": {}}, "model needs program code of its own"),
        ({}, "the architecture None"),
        ([], "model does not load: its config.json is no object"),
    ],
)
def test_a_folder_that_nothing_runs_is_a_sentence(tmp_path: Path, config: Any, said: str) -> None:
    with pytest.raises(ModelUnavailable, match=said):
        runner(make_folder(tmp_path / "model", config, "model.safetensors"))


def test_a_folder_that_lacks_something_is_a_sentence(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "model", {"model_type": "llama"}, "tokenizer.json")
    with pytest.raises(ModelUnavailable, match=r"model holds no model: \*\.safetensors is missing"):
        runner(folder)
    (folder / "model.safetensors").touch()
    (folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="model does not load: "):
        runner(folder)
    (folder / "config.json").unlink()
    with pytest.raises(ModelUnavailable, match=r"config\.json is missing"):
        runner(folder)
    with pytest.raises(ModelUnavailable, match="gone does not load: No such file"):
        runner(tmp_path / "gone")


@pytest.mark.parametrize("cut", [4, 40, -1])
def test_a_gguf_that_is_cut_short_is_a_sentence(tmp_path: Path, cut: int) -> None:
    file = make_gguf(tmp_path / "model.gguf", "llama")
    # The writer fills up the last block of the file.
    whole = file.read_bytes()
    file.write_bytes(whole[:cut])
    with pytest.raises(ModelUnavailable, match=r"model\.gguf does not load: a broken GGUF file"):
        runner(file)


def test_other_files_and_architectures_are_a_sentence(tmp_path: Path) -> None:
    for architecture in ("clip", "mistral", "mamba", "llama4"):
        with pytest.raises(ModelUnavailable, match=f"has the architecture {architecture}, which no engine"):
            runner(make_gguf(tmp_path / f"{architecture}.gguf", architecture))
    (tmp_path / "page.gguf").write_text("<html>", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="not a GGUF file"):
        runner(tmp_path / "page.gguf")


def test_what_is_said_of_transformers_is_true() -> None:
    # Its own names for what llama.cpp calls otherwise.
    renamed = {"qwen2moe": "qwen2_moe", "qwen3moe": "qwen3_moe", "gpt-oss": "gpt_oss"}
    assert {renamed.get(name, name) for name in TRANSFORMERS} <= {*GGUF_ARCHS, *GGUF_SUPPORTED_ARCHITECTURES}
    assert set(gguf.MODEL_ARCH_NAMES.values()) >= TRANSFORMERS
    assert {"llama", "gpt2", "mistral"} <= model_types()
    assert "bert-generation" in model_types()
    assert "clip" not in model_types()


def test_a_plugin_is_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "plugins", lambda taken: {"eliza": "entry"})
    asked: list[Any] = []
    monkeypatch.setattr(engines, "open_plugin", lambda *given: asked.append(given) or echo.open_chat(""))
    assert engines.is_plugin("eliza")
    assert not engines.is_plugin("openai")
    assert "".join(chunk.text for chunk in open_chat("eliza:doctor").stream([HumanMessage("Hello")])) == "Hello"
    assert asked == [("entry", "doctor", None)]
