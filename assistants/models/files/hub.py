"""The model hub: what is in a repository, and which of its files make a model that runs here.

Knows names and sizes; fetches nothing but lists. Weights are GGUF or safetensors, never pickle; code is never taken.
"""

import errno
import os
import re
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

from assistants.errors import InvalidInput, without_paths
from assistants.models.files import hub_download
from assistants.models.files.catalog import FILE_NAME, GGUF, Entry, File, Hub
from assistants.models.files.downloads import CutOff, SourceFailed, Unreachable, last_line
from assistants.storable import from_json

HUB = "https://huggingface.co"
UNREACHABLE = "The model hub ({host}) can't be reached."
# The hub answers at all within this, name look-up and the start of a process included.
HUB_SECONDS = 15
# Where there is another source, nobody waits so long.
HASTY_SECONDS = 8
# Mirrors of the hub have no Xet storage, and a file that comes by HTTP can be seen to grow.
HUB_SETTINGS = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_XET": "1"}

# From the most wanted on: small enough for a CPU and good enough to read.
QUANTIZATIONS = ("q4_k_m", "q4_k_s", "q4_0", "q4_1", "q5_k_m", "q5_k_s", "q8_0", "q6_k", "q3_k_m", "f16", "bf16")
# Not a language model of its own: one part of several, a projector for images, what a quantizer leaves behind.
PIECE = re.compile(r"-\d{5}-of-\d{5}\.gguf$|(^|/)mmproj|imatrix|(^|/)mtp-", re.IGNORECASE)
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
# What transformers and sentence-transformers read beside the weights.
COMPANIONS = re.compile(
    r"(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|modules"
    r"|sentence_bert_config|config_sentence_transformers|preprocessor_config)\.json"
    r"|vocab\.txt|merges\.txt|tokenizer\.model|sentencepiece\.bpe\.model|spiece\.model|chat_template\.(jinja|json)"
    r"|model[\w.-]*\.safetensors(\.index\.json)?"
    r"|\d+_\w+/(config\.json|model\.safetensors)"
)


# What diffusers reads of an image model, which is several models in folders of their own; filters for what is drawn,
# and weights of the training, are left where they are.
PARTS = re.compile(
    r"model_index\.json"
    r"|(?!safety_checker/)\w+/("
    r"(config|scheduler_config|generation_config|preprocessor_config|tokenizer|tokenizer_config|special_tokens_map"
    r"|added_tokens|vocab)\.json"
    r"|vocab\.txt|merges\.txt|spiece\.model|tokenizer\.model"
    r"|(diffusion_pytorch_model|model)(?!\.non_ema)[\w.-]*\.safetensors|[\w.-]+\.safetensors\.index[\w.]*\.json)"
)
HALF = ".fp16"


def host() -> str:
    """Return the hub's address as a person writes it, without a name and password in it."""
    return urlsplit(os.environ.get("HF_ENDPOINT") or HUB).netloc.rpartition("@")[2]


def failure(repo: str, log: str) -> SourceFailed:
    """Return the sentence for how the program that asks the hub has ended, given all it said.

    Raises ``OSError`` if the disk is full.
    """
    word = last_line(log)
    if word == hub_download.FULL:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    templates = {
        hub_download.GATED: "{repo} is given only to those who have accepted its terms: do so on its page, and set"
        " HF_TOKEN to a token of yours before the start.",
        hub_download.ABSENT: "The model hub has no {repo}, or it is private: then set HF_TOKEN before the start.",
        hub_download.NO_REVISION: "{repo} has no such revision.",
        hub_download.NO_FILE: "{repo} has no such file.",
        hub_download.OFFLINE: "HF_HUB_OFFLINE is set, so the model hub isn't asked.",
    }
    if word in templates:
        return SourceFailed(templates[word], repo=repo)
    if word == hub_download.UNREACHABLE:
        return Unreachable(UNREACHABLE, host=host())
    if word == hub_download.CUT:
        return CutOff("The connection to the model hub ({host}) was lost.", host=host())
    if word.startswith(hub_download.STATUS):
        template = "The model hub ({host}) answered with an error (HTTP {status})."
        return SourceFailed(template, host=host(), status=word.removeprefix(hub_download.STATUS))
    return SourceFailed("The model hub ({host}) couldn't be used ({cause}).", host=host(), cause=without_paths(word))


def look(hub: Hub) -> dict[str, Any]:
    """Ask the hub what is in a repository; blocks. Raises ``SourceFailed``."""
    command = [sys.executable, "-P", hub_download.__file__, "look", hub.repo, hub.revision]
    environment, none = os.environ | HUB_SETTINGS, subprocess.DEVNULL
    try:
        done = subprocess.run(
            command, env=environment, stdin=none, capture_output=True, timeout=HUB_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unreachable(UNREACHABLE, host=host()) from None
    if done.returncode:
        raise failure(hub.repo, done.stderr.decode("utf-8", "replace"))
    return from_json(done.stdout)


def entry_from(hub: Hub, listing: dict[str, Any], file: str | None = None) -> Entry:
    """Return the record of a model in a repository: the ``file`` of it, or what there is to choose.

    Raises ``InvalidInput`` for one that cannot run here.
    """
    known = {one["name"]: one for one in listing["files"] if re.fullmatch(FILE_NAME, one["name"])}
    names = [file] if file else chosen(hub.repo, list(known))
    if file and file not in known:
        raise InvalidInput("spec", "{repo} has no file {file}.", repo=hub.repo, file=file)
    if file and not file.endswith(GGUF):
        raise InvalidInput("spec", "{file} is not a GGUF file; without a file, all of {repo} is taken.", file=file,
                           repo=hub.repo)  # fmt: skip
    files = tuple(File(name=name, size=known[name]["size"], sha256=known[name]["sha256"]) for name in names)
    is_gguf = names[0].endswith(GGUF)
    license = listing.get("license_name") if listing.get("license") == "other" else listing.get("license")
    return Entry(
        title=names[0].removesuffix(GGUF).rpartition("/")[2] if is_gguf else hub.repo.partition("/")[2],
        kind="image" if "model_index.json" in names else "embed" if "modules.json" in names else "chat",
        license=license if isinstance(license, str) else None,
        languages=languages(listing.get("language")),
        context=listing["gguf"].get("context_length") if is_gguf else None,
        hub=hub.model_copy(update={"revision": listing["commit"] or hub.revision}),
        files=files,
    )


def languages(said: Any) -> tuple[str, ...]:
    """Return the languages of a card that have a code of two letters."""
    listed = said if isinstance(said, list) else [said]
    return tuple(one for one in listed if isinstance(one, str) and re.fullmatch("[a-z]{2}", one))


def chosen(repo: str, names: list[str]) -> list[str]:
    """Return the files that make a model: one GGUF, or configuration, tokenizer and safetensors."""
    if ggufs := [name for name in names if name.lower().endswith(GGUF) and not PIECE.search(name)]:
        return [min(ggufs, key=rank)]
    if "model_index.json" in names:
        return image_files(repo, names)
    taken = [name for name in names if COMPANIONS.fullmatch(name)]
    if "config.json" in taken and any(name.endswith(".safetensors") for name in taken):
        return sorted(taken)
    if any(name.endswith(PICKLES) for name in names):
        template = "{repo} has its weights as pickle files only, which can run code. Look for safetensors or GGUF."
        raise InvalidInput("spec", template, repo=repo)
    raise InvalidInput("spec", "{repo} has neither a GGUF file nor safetensors with a config.json.", repo=repo)


def image_files(repo: str, names: list[str]) -> list[str]:
    """Return the files of an image model: of each part the weights in half precision, where there are such."""
    taken = sorted(name for name in names if PARTS.fullmatch(name))
    halved = {name.partition("/")[0] for name in taken if HALF in name}
    if not any(name.endswith(".safetensors") for name in taken):
        template = "{repo} has its weights as pickle files only, which can run code. Look for safetensors or GGUF."
        raise InvalidInput("spec", template, repo=repo)
    return [name for name in taken if HALF in name or not (".safetensors" in name and name.partition("/")[0] in halved)]


def rank(name: str) -> tuple[int, int, str]:
    """Return how far a GGUF file stands from the most wanted one."""
    found = [place for place, quantization in enumerate(QUANTIZATIONS) if quantization in name.lower()]
    return min(found, default=len(QUANTIZATIONS)), len(name), name
