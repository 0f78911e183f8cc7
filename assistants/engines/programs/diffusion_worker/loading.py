"""Opens a model: a folder of diffusers, or a single file of safetensors whose configuration is on this machine.

Knows files, devices and number formats; knows nothing about drawing. No code of a model's own is run, and nothing that
was pickled is read.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from casting import cast_denoiser, cast_vae
from huggingface_hub import snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError
from torch_device import pick_device, pick_dtype, use_cores

SAFE = {"local_files_only": True, "use_safetensors": True}
INDEX = "model_index.json"
DENOISERS = ("unet", "transformer")
# Weights in half precision have this in their names.
HALF = "fp16"
# On a processor a text encoder up to this size computes in float32: it is run once a picture.
SMALL = 1_000_000_000
# Of the memory of a graphics processor, for weights; beyond it they wait in the machine's memory until they are needed.
WEIGHTS_SHARE = 0.7
CONFIGURATION = ["*.json", "**/*.json", "*.txt", "**/*.txt", "**/*.model"]


@dataclass(frozen=True)
class Model:
    """A pipeline in memory, and what it was made of."""

    pipeline: diffusers.DiffusionPipeline
    device: str
    dtype: torch.dtype
    identity: str

    @property
    def denoiser(self) -> torch.nn.Module:
        """The part that is run at every step."""
        return next(getattr(self.pipeline, name) for name in DENOISERS if getattr(self.pipeline, name, None))

    @property
    def encoders(self) -> list[tuple[Any, Any]]:
        """The text encoders, each with its tokenizer."""
        parts = self.pipeline.components
        names = [name for name in parts if name.startswith("text_encoder") and parts[name] is not None]
        return [(parts[name.replace("text_encoder", "tokenizer")], parts[name]) for name in names]


def load(path: Path, text_encoder: Path | None) -> Model:
    """Return the model at ``path``, ready to draw; raises what the libraries raise."""
    for library in (diffusers, transformers):
        library.utils.logging.disable_progress_bar()
        # They warn of what is meant here, such as a text encoder of another kind, in the terminal of whoever began.
        library.utils.logging.set_verbosity_error()
    use_cores()
    device = pick_device()
    dtype = pick_dtype(device, metal=torch.float16)
    parts = encoder_parts(text_encoder) if text_encoder else {}
    pipeline = (
        from_folder(path, device, dtype, parts)
        if path.is_dir()
        else from_file(path, None if device == "cpu" else dtype)
    )
    pipeline.set_progress_bar_config(disable=True)
    check_pipeline(pipeline)
    prepare(pipeline, device, dtype)
    return Model(pipeline, device, dtype, identity(path, text_encoder))


def check_pipeline(pipeline: diffusers.DiffusionPipeline) -> None:
    """Raise ``ValueError`` unless a pipeline draws as the others do: from a text, through latents, step by step."""
    takes, parts = signature(pipeline.__call__).parameters, pipeline.components
    listens = "callback_on_step_end" in takes or "callback" in takes
    if not (listens and "prompt" in takes and parts.get("vae") and any(parts.get(name) for name in DENOISERS)):
        raise ValueError(f"the studio cannot draw with a {type(pipeline).__name__}")


def encoder_parts(folder: Path) -> dict[str, Any]:
    """Return the text encoder in ``folder`` as what a pipeline lacks; it reads a short prompt, masked."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    tokenizer.model_max_length = min(tokenizer.model_max_length, 32)
    encoder = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32, **SAFE)
    encoder.config.use_attention_mask = True
    return {"tokenizer": tokenizer, "text_encoder": encoder}


def from_folder(folder: Path, device: str, dtype: torch.dtype, parts: dict[str, Any]) -> diffusers.DiffusionPipeline:
    """Load a folder; on a processor, only what is run at every step is of half precision."""
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    check_index(index)
    kinds: torch.dtype | dict[str, torch.dtype] = dtype
    if device == "cpu":
        large = {name for name in index if name.startswith("text_encoder") and weight_bytes(folder / name) > SMALL}
        kinds = {"default": torch.float32} | dict.fromkeys((*DENOISERS, *large), dtype)
    kind = getattr(diffusers, index["_class_name"])
    # Some are handed on without their largest text encoder.
    names = (name for name in signature(kind.__init__).parameters if name.startswith(("text_encoder", "tokenizer")))
    absent = {name: None for name in names if not (index.get(name) or [None])[0]}
    # The studio fetches no others where there are these.
    variant = HALF if any(folder.glob(f"*/*.{HALF}*.safetensors")) else None
    return kind.from_pretrained(folder, dtype=kinds, variant=variant, **absent | parts, **SAFE)


def check_index(index: dict[str, Any]) -> None:
    """Raise ``ValueError`` unless every part is of a class that the libraries have: others may be any program."""
    if not hasattr(diffusers, str(index.get("_class_name"))):
        raise ValueError(f"this version of diffusers does not know {index.get('_class_name')}")
    for name, value in index.items():
        if name.startswith("_") or not isinstance(value, list):
            continue
        library = value[0]
        known = library in (None, "diffusers", "transformers") or (
            str(library).isidentifier() and find_spec(f"diffusers.pipelines.{library}")
        )
        if not known:
            raise ValueError(f"its {name} needs program code of its own, which the studio does not run")


def from_file(file: Path, dtype: torch.dtype | None) -> diffusers.DiffusionPipeline:
    """Load a single file with the configuration of its model, as ``dtype`` or as it is in the file."""
    folder = configuration(file)
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    check_index(index)
    kind = getattr(diffusers, index["_class_name"])
    without = {"safety_checker": None} if "safety_checker" in index else {}
    return kind.from_single_file(str(file), config=str(folder), torch_dtype=dtype, local_files_only=True, **without)


def configuration(file: Path) -> Path:
    """Return the folder with a single file's configuration: one of its name beside it, else the hub's on this machine.

    Raises ``ValueError`` if there is none.
    """
    beside = file.with_suffix("")
    if (beside / INDEX).is_file():
        return beside
    from diffusers.loaders.single_file_utils import fetch_diffusers_config, load_single_file_checkpoint

    name = fetch_diffusers_config(load_single_file_checkpoint(str(file), local_files_only=True))
    repository = name["pretrained_model_name_or_path"]
    try:
        return Path(snapshot_download(repository, allow_patterns=CONFIGURATION, local_files_only=True))
    except LocalEntryNotFoundError:
        raise ValueError(
            f"a single file has only weights, and the configuration of {repository} is not on this machine; install"
            f" that model, or put its configuration into a folder {beside.name} beside the file"
        ) from None


def prepare(pipeline: diffusers.DiffusionPipeline, device: str, dtype: torch.dtype) -> None:
    """Put every part where it runs, in the layout that is fastest there."""
    modules = {name: part for name, part in pipeline.components.items() if isinstance(part, torch.nn.Module)}
    for module in modules.values():
        module.eval().requires_grad_(False)
    for name in ("unet", "vae"):
        if name in modules:
            modules[name].to(memory_format=torch.channels_last)
    if device == "cuda" and not fits(modules):
        pipeline.enable_model_cpu_offload()
    else:
        pipeline.to(device)
    if device == "cpu":
        prepare_for_processor(modules, dtype)


def prepare_for_processor(modules: dict[str, torch.nn.Module], dtype: torch.dtype) -> None:
    """Bring every part to its precision: ``dtype`` for what is run at every step and what is large."""
    if dtype != torch.float32:
        # What stays float32 is multiplied so: twice as fast, and more exact than half precision throughout.
        torch.backends.mkldnn.conv.fp32_precision = torch.backends.mkldnn.matmul.fp32_precision = "bf16"
    for name, module in modules.items():
        if name in DENOISERS:
            cast_denoiser(turned(module, dtype))
        elif name == "vae":
            cast_vae(turned(module, torch.float32))
        elif name.startswith("text_encoder"):
            is_small = parameter_bytes(module, torch.float32) <= 2 * SMALL
            turned(module, torch.float32 if is_small else dtype)


def turned(module: torch.nn.Module, dtype: torch.dtype) -> torch.nn.Module:
    """Return a module in a precision; diffusers warns of a change, even where there is none."""
    return module if module.dtype == dtype else module.to(dtype)


def fits(modules: dict[str, torch.nn.Module]) -> bool:
    """Say whether the weights leave room on the graphics processor."""
    needed = sum(parameter_bytes(module) for module in modules.values())
    return needed <= torch.cuda.mem_get_info()[0] * WEIGHTS_SHARE


def parameter_bytes(module: torch.nn.Module, dtype: torch.dtype | None = None) -> int:
    """Return the size of a module's weights, as they are or as ``dtype``."""
    return sum(one.numel() * (dtype.itemsize if dtype else one.element_size()) for one in module.parameters())


def weight_bytes(folder: Path) -> int:
    """Return the size of the weights in a folder."""
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def identity(path: Path, text_encoder: Path | None) -> str:
    """Return what tells models apart without reading all of them: their configuration, and the sizes of the weights."""
    digest = sha256()
    for root in (path, text_encoder):
        if root is None:
            continue
        for file in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if file.suffix in (".json", ".safetensors") and not file.name.startswith("."):
                name = file.relative_to(root).as_posix()
                digest.update(f"{name} {file.stat().st_size}\n".encode())
                if file.suffix == ".json":
                    digest.update(file.read_bytes())
    return digest.hexdigest()
