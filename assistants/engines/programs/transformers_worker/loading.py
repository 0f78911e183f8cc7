"""Opens a model, which is a folder of safetensors, or converts a GGUF file to such a folder.

Knows files, devices and number formats; knows nothing about generating. No code of a model's own is run, and nothing
that was pickled is read.
"""

import re
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from chat_template import check
from text import Prompts
from torch_device import pick_device, pick_dtype, use_cores
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache, GgufConfig, PreTrainedModel
from transformers.cache_utils import DummyLayer, DynamicLayer, DynamicSlidingWindowLayer
from transformers.utils import logging
from worker_pipe import Unfit, first_line

SAFE = {"trust_remote_code": False, "local_files_only": True}
# The number of a layer in the name of its weights.
LAYER = re.compile(r"(?<=\.)\d+(?=\.)")


class Network:
    """A model in memory, and the calls it takes."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = model
        self._accepted = signature(model.forward).parameters
        self.device = model.device
        self.dtype = str(model.dtype).removeprefix("torch.")
        self.vocabulary = model.get_output_embeddings().weight.shape[0]
        self.layers = own_layers(model)

    def __call__(self, *, logits_to_keep: int, **inputs: Any) -> torch.Tensor:
        """Return the logits of the last tokens, as [texts, logits_to_keep, vocabulary] of float32."""
        inputs["logits_to_keep"] = logits_to_keep
        accepted = {name: value for name, value in inputs.items() if name in self._accepted}
        return self._model(**accepted).logits[:, -logits_to_keep:].float()


def own_layers(model: PreTrainedModel) -> list[bool]:
    """Say of each layer whether it has keys and values of its own.

    Raises ``ValueError`` if one remembers in another way: what it remembers of one text cannot be shared or padded.
    """
    kinds = [type(layer) for layer in DynamicCache(config=model.config).layers]
    if not set(kinds) <= {DynamicLayer, DynamicSlidingWindowLayer, DummyLayer}:
        raise ValueError(f"the architecture {model.config.model_type} has layers that remember without keys and values")
    return [kind is not DummyLayer for kind in kinds]


def load(folder: Path) -> tuple[PreTrainedModel, Any]:
    """Return the model and its tokenizer; raises what the libraries raise."""
    logging.disable_progress_bar()
    use_cores()
    device = pick_device()
    tokenizer = read_tokenizer(folder)
    return read_weights(in_folder(folder), dtype=pick_dtype(device)).eval().to(device), tokenizer


def look(folder: Path) -> None:
    """Raise ``Unfit``, or what the libraries raise, if a model could not be loaded or asked; reads no weights."""
    logging.disable_progress_bar()
    prompts = Prompts(read_tokenizer(folder))
    read_weights(in_folder(folder), device_map="meta")
    if not prompts.is_base:
        check(prompts.apply)


def read_tokenizer(folder: Path) -> Any:
    """Return the tokenizer of a model; raises ``Unfit``."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **SAFE)
    except Exception as error:  # the library's parts raise what they like
        raise Unfit("{file} has no tokenizer that can be read: {cause}.", cause=first_line(error)) from error
    if not len(tokenizer):
        raise Unfit("{file} has no tokenizer that can be read: {cause}.", cause="it knows no token")
    return tokenizer


def read_weights(where: dict[str, Any], **how: Any) -> PreTrainedModel:
    """Return a model; raises ``Unfit`` unless its files hold just the weights that its configuration asks for.

    The library would fill up what is absent by chance.
    """
    # It would say at length what is said here in a sentence.
    logging.set_verbosity_error()
    model, told = AutoModelForCausalLM.from_pretrained(
        **where, **how, **SAFE, ignore_mismatched_sizes=True, output_loading_info=True
    )
    for name, held, asked in sorted(told["mismatched_keys"]):
        template = "{file} does not fit its configuration: {name} is {held} in it, and should be {asked}."
        raise Unfit(template, name=name, held=times(held), asked=times(asked))
    if missing := sorted(told["missing_keys"]):
        template = "{file} lacks {count} of the weights that its configuration asks for, such as {name}."
        raise Unfit(template, count=len(missing), name=missing[0])
    known = {LAYER.sub("", name) for name in model.state_dict()}
    if more := sorted(name for name in told["unexpected_keys"] if LAYER.sub("", name) in known):
        template = "{file} holds {count} weights of layers that its configuration leaves out, such as {name}."
        raise Unfit(template, count=len(more), name=more[0])
    return model


def in_folder(folder: Path) -> dict[str, Any]:
    """Return where the library finds a model of safetensors."""
    return {"pretrained_model_name_or_path": folder, "use_safetensors": True}


def times(shape: Any) -> str:
    """Return a shape as people write it."""
    return " × ".join(map(str, shape)) or "1"


def free_memory(model: PreTrainedModel, memory: int) -> int:
    """Return how many bytes are free beside ``model``; there were ``memory`` of them before it was loaded."""
    if model.device.type == "cuda":
        return torch.cuda.mem_get_info()[0]
    return max(memory - sum(weights.nbytes for weights in model.parameters()), 0)


def convert(file: Path, folder: Path) -> None:
    """Write the model of a GGUF ``file`` into ``folder``, as bfloat16."""
    where = {"pretrained_model_name_or_path": file.parent, "gguf_file": file.name}
    tokenizer = AutoTokenizer.from_pretrained(**where, **SAFE)
    model = read_weights(where, dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True))
    # It is not quantized any more, but would be refused as if it were.
    model.hf_quantizer = None
    vars(model.config).pop("quantization_config", None)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
