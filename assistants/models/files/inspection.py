"""Looks at a model that is to be added: what would only show when it is loaded, or in the first conversation with it.

Reads heads and configurations, and lets a program try the chat template; reads no weights, and takes a second or a few.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from assistants.engines import openvino
from assistants.engines.process import PROGRAMS, Event, environment, unfit
from assistants.engines.transformers_chat import TransformersChat
from assistants.errors import ModelUnavailable
from assistants.models.files import rewriting
from assistants.models.files.contents import OPENVINO, PLAIN_TENSOR, TOKENIZERS, missing, runner
from assistants.models.files.gguf import Head, read_head

# Longer than any library takes to be imported; a template that runs for ever does not.
SECONDS = 120
BLOCK = re.compile(r"blk\.(\d+)\.")


def check(path: Path) -> None:
    """Raise ``ModelUnavailable`` unless an engine runs the model at ``path``, all of it is there and it can talk."""
    runner(path)
    if path.is_dir():
        if not any(any(path.glob(pattern)) for pattern in TOKENIZERS):
            raise missing(path, "tokenizer.json")
        ask(TransformersChat.program, {"model": str(path)})
    else:
        check_file(path, read_head(path))


def check_file(file: Path, head: Head) -> None:
    """Raise ``ModelUnavailable`` unless a GGUF is whole and holds what it says, a tokenizer and a usable template."""
    architecture = head.metadata["general.architecture"]
    if (pieces := head.metadata.get("split.count", 1)) > 1:
        template = "{file} is one of {count} pieces of a model: put them together first (llama-gguf-split --merge)."
        raise ModelUnavailable(template, file=file.name, count=pieces)
    rewriting.check_types(file, head)
    for name in head.tensors:
        if architecture in OPENVINO and not PLAIN_TENSOR.fullmatch(name):
            template = "{file} has weights named {name}, which {architecture} has for no engine of the studio."
            raise ModelUnavailable(template, file=file.name, name=name, architecture=architecture)
    blocks = [int(found[1]) for found in map(BLOCK.match, head.tensors) if found]
    said, held = head.metadata.get(f"{architecture}.block_count"), max(blocks, default=-1) + 1
    if said != held:
        raise ModelUnavailable("{file} says that it has {said} layers, and holds {held}.", file=file.name,
                               said=said or 0, held=held)  # fmt: skip
    if not head.metadata.get("tokenizer.ggml.tokens"):
        raise ModelUnavailable("{file} has no tokenizer, without which no text is read.", file=file.name)
    described = openvino.describe(head.metadata)
    if described["template"]:
        first = {"model": str(file), "template": described["template"], "tokens": described["tokens"]}
        ask(PROGRAMS / "chat_template.py", first)


def ask(program: Path, first: Event) -> None:
    """Let a program look at what its first line says; raises ``ModelUnavailable``."""
    command = [sys.executable, "-P", str(program)]
    line = json.dumps(first).encode() + b"\n"
    try:
        done = subprocess.run(
            command, input=line, stdout=subprocess.PIPE, env=environment(os.environ), timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise unfit(Path(first["model"]), {"broken": f"it took more than {SECONDS} seconds to look at"}) from None
    event = json.loads(done.stdout or "{}")
    if not event.get("ready"):
        raise unfit(Path(first["model"]), event, done.returncode)
