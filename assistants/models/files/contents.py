"""What a model's file or folder holds, and which engine runs it.

Looks at names and heads of files only, which takes milliseconds; loads no model and imports no engine.
"""

import ast
import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from assistants.engines import MARK, Runner, engine_of
from assistants.errors import ModelUnavailable
from assistants.models.files.gguf import Head, read_head, read_metadata

PICKLES = {".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"}
# The architectures of GGUF files, as llama.cpp names them: those that OpenVINO GenAI reads, and those that transformers
# converts to models whose layers have keys and values. Mistral's models are llamas there.
OPENVINO = frozenset({"llama", "qwen2", "qwen3"})
TRANSFORMERS = OPENVINO | {
    "bloom", "falcon", "gemma2", "gemma3", "gemma4", "gpt-oss", "gpt2", "nemotron", "phi3", "qwen2moe", "qwen3moe",
    "stablelm", "starcoder2",
}  # fmt: skip
PLAIN_TENSOR = re.compile(
    r"(token_embd|output|output_norm|rope_freqs)\.weight"
    r"|blk\.\d+\.((attn_(q|k|v|output)|ffn_(gate|up|down))\.(weight|bias)|(attn|ffn|attn_q|attn_k)_norm\.weight)"
)
# Models that read in both directions: they tell labels apart, once they have some, and write no text.
ENCODERS = ("ForSequenceClassification", "ForMaskedLM", "ForPreTraining")
BARE_ENCODERS = frozenset({
    "AlbertModel", "BertModel", "DebertaV2Model", "DistilBertModel", "ElectraModel", "ModernBertModel", "RobertaModel",
    "XLMRobertaModel",
})  # fmt: skip
# What tokenizers are kept in, one of which has to be there.
TOKENIZERS = ("tokenizer.json", "*.model", "*.tiktoken", "vocab.*", "tekken.json")
IMAGE_INDEX = "model_index.json"
# How the names of weights begin in single files of models that draw, and how long the list of names may be.
CHECKPOINTS = ("model.diffusion_model.", "first_stage_model.", "double_blocks.", "joint_blocks.")
HEADER_BYTES = 100_000_000
# What OpenVINO GenAI cannot do: it tells the log-probability of the token that was chosen, and of no other.
BEYOND_OPENVINO = frozenset({"guidance", "inspect", "score", "top_logprobs", "words"})


def runner(path: Path, needs: frozenset[str] = frozenset()) -> Runner:
    """Return which local engine runs the model at ``path`` and can do what is needed; raises ``ModelUnavailable``."""
    try:
        return _folder_runner(path) if path.is_dir() else _file_runner(path, needs)
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnavailable("The model file {file} does not load: {cause}.", file=path.name, cause=error) from error


def chat_template(path: Path) -> str:
    """Return the chat template of the model at ``path``; empty where there is none, or it cannot be read."""
    try:
        if path.is_file():
            return str(read_metadata(path).get("tokenizer.chat_template") or "")
        if (apart := path / "chat_template.jinja").is_file():
            return apart.read_text(encoding="utf-8")
        said = json.loads((path / "tokenizer_config.json").read_text(encoding="utf-8")).get("chat_template")
    except (OSError, ValueError, AttributeError):
        return ""
    return said if isinstance(said, str) else ""


def _file_runner(file: Path, needs: frozenset[str]) -> Runner:
    if file.suffix in PICKLES:
        raise _pickled(file)
    head = read_head(file)
    architecture = head.metadata.get("general.architecture")
    if architecture not in TRANSFORMERS:
        raise _unknown(file, architecture)
    can = not needs & BEYOND_OPENVINO and find_spec("openvino_genai")
    return "openvino" if can and architecture in OPENVINO and _is_plain(head) else "transformers"


def _is_plain(head: Head) -> bool:
    """Say whether OpenVINO GenAI reads all that a model of its architectures has, and leaves nothing out unsaid.

    The tokenizer is of one kind, and every dimension of a key or query is turned by its place.
    """
    said, architecture = head.metadata, head.metadata["general.architecture"]
    heads = said.get(f"{architecture}.attention.head_count")
    if not isinstance(heads, int) or said.get("tokenizer.ggml.model") != "gpt2":
        return False
    width = said.get(f"{architecture}.attention.key_length") or said[f"{architecture}.embedding_length"] // heads
    turned = said.get(f"{architecture}.rope.dimension_count", width) == width
    scaling = said.get(f"{architecture}.rope.scaling.type", "none")
    return turned and scaling in ("none", "linear") and all(map(PLAIN_TENSOR.fullmatch, head.tensors))


def _folder_runner(folder: Path) -> Runner:
    if (folder / MARK).is_file():
        return engine_of(folder)
    if not any(folder.glob("*.safetensors")):
        if any(file.suffix in PICKLES for file in folder.iterdir()):
            raise _pickled(folder)
        raise missing(folder, "*.safetensors")
    if not (folder / "config.json").is_file():
        raise missing(folder, "config.json")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if not isinstance(config, dict):
        raise ValueError("its config.json is no object")
    if config.get("model_type") not in model_types():
        if "auto_map" in config:
            template = "{file} needs program code of its own (trust_remote_code), which the studio does not run."
            raise ModelUnavailable(template, file=folder.name)
        raise _unknown(folder, config.get("model_type"))
    return "transformers"


def is_encoder(folder: Path) -> bool:
    """Say whether a folder holds a classifier, or an encoder such as BERT that can become one."""
    try:
        names = json.loads((folder / "config.json").read_text(encoding="utf-8"))["architectures"]
        return any(name.endswith(ENCODERS) or name in BARE_ENCODERS for name in names)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def is_reranker(folder: Path) -> bool:
    """Say whether a folder holds a cross-encoder: a classifier with one label, which is a score."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        is_classifier = any(name.endswith("ForSequenceClassification") for name in config["architectures"])
        return is_classifier and len(config["id2label"]) == 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def is_image_model(path: Path) -> bool:
    """Say whether a folder or a single file holds a model that draws."""
    try:
        return isinstance(_image_index(path).get("_class_name"), str) if path.is_dir() else _is_checkpoint(path)
    except (OSError, ValueError, AttributeError):
        return False


def check_image_model(path: Path) -> None:
    """Raise ``ModelUnavailable`` unless ``path`` holds a model that draws, without pickles or programs."""
    if path.suffix in PICKLES:
        raise _pickled(path)
    try:
        if path.is_dir():
            _check_image_folder(path)
        elif not _is_checkpoint(path):
            raise ModelUnavailable("{file} holds no model that draws.", file=path.name)
    except (OSError, ValueError) as error:
        raise ModelUnavailable("The model file {file} does not load: {cause}.", file=path.name, cause=error) from error


def _check_image_folder(folder: Path) -> None:
    if not (folder / IMAGE_INDEX).is_file():
        raise missing(folder, IMAGE_INDEX)
    index = _image_index(folder)
    if not isinstance(index.get("_class_name"), str):
        template = "{file} needs program code of its own (trust_remote_code), which the studio does not run."
        raise ModelUnavailable(template, file=folder.name)
    if not any(folder.glob("*/*.safetensors")):
        if any(file.suffix in PICKLES for file in folder.glob("*/*")):
            raise _pickled(folder)
        raise missing(folder, "*.safetensors")


def _image_index(folder: Path) -> dict[str, Any]:
    index = json.loads((folder / IMAGE_INDEX).read_text(encoding="utf-8"))
    if not isinstance(index, dict):
        raise ValueError(f"its {IMAGE_INDEX} is no object")
    return index


def _is_checkpoint(file: Path) -> bool:
    """Say whether a file of safetensors has the weights of a whole model that draws; an adapter (LoRA) has not."""
    if file.suffix != ".safetensors":
        return False
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if not 0 < length <= HEADER_BYTES:
            raise ValueError("it is no safetensors file")
        names = json.loads(opened.read(length))
    return any(name.startswith(CHECKPOINTS) for name in names) and not any("lora" in name for name in names)


@cache
def model_types() -> frozenset[str]:
    """Return the architectures that transformers writes text with, from its source: to import it takes a second."""
    found = find_spec("transformers")
    for package in (found and found.submodule_search_locations) or ():
        source = Path(package, "models", "auto", "modeling_auto.py").read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            match node:
                case ast.Assign([ast.Name("MODEL_FOR_CAUSAL_LM_MAPPING_NAMES")], ast.Call(args=[names, *_])):
                    return frozenset(name for name, _ in ast.literal_eval(names))
    raise ValueError("this version of transformers does not say what it knows")


def _pickled(path: Path) -> ModelUnavailable:
    template = "{file} is a pickle checkpoint, which can run any program when it is opened: take safetensors or GGUF."
    return ModelUnavailable(template, file=path.name)


def missing(folder: Path, what: str) -> ModelUnavailable:
    """Return the error about a folder that lacks a file."""
    return ModelUnavailable("The folder {file} holds no model: {missing} is missing.", file=folder.name, missing=what)


def _unknown(path: Path, architecture: Any) -> ModelUnavailable:
    template = "{file} has the architecture {architecture}, which no engine of the studio runs."
    return ModelUnavailable(template, file=path.name, architecture=architecture)
