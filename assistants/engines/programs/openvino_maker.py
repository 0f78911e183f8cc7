"""The program that makes a GGUF ready for OpenVINO GenAI, once: in types that it reads exactly, saved in its own form.

It is run by its path and imports nothing of the studio. Tensor after tensor is read and written a few megabytes at a
time, behind all other work of the machine. Its one argument is a file of JSON:

{"source": the GGUF, "folder": where the heads of the new one and of its tokenizer lie and the model is written,
 "tensors": [{"place", "size", "kind", "target", "columns"}],
 "places": {"count": of frequencies by which places turn, "base", "divisor": of all of them,
            "divisors": {"place", "size", "kind"} of each, or null}}
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, dequantize, quantize
from worker_pipe import keep_quiet, last_line, stand_back

# Numbers that are rewritten at a time.
CHUNK = 4_000_000
ALIGNMENT = 32
GROUP, STEPS = 32, 15
# How much less than its whole range a group may be spread over: what is cut off costs less than it brings.
SPREADS = (1.0, 0.95, 0.9, 0.85, 0.8)
# Of the cache of keys and values, which is not used here.
BLOCKS = 8


def rewrite(source: Path, target: Path, tensors: list[dict[str, Any]]) -> None:
    """Write the tensors of a GGUF behind the head of another one, in other types."""
    with source.open("rb") as old, target.open("ab") as new:
        for tensor in tensors:
            for piece in rewritten(old, tensor):
                new.write(piece)
            new.write(bytes(-new.tell() % ALIGNMENT))


def rewritten(old: BinaryIO, tensor: dict[str, Any]) -> Iterator[bytes]:
    """Yield the bytes of a tensor in its new type, some rows at a time."""
    kind, target, columns = GGMLQuantizationType(tensor["kind"]), tensor["target"], tensor["columns"]
    weights, size = GGML_QUANT_SIZES[kind]
    row = columns // weights * size
    step = max(1, CHUNK // columns) * row
    old.seek(tensor["place"])
    for place in range(0, tensor["size"], step):
        data = old.read(min(step, tensor["size"] - place))
        yield data if kind == target else converted(np.frombuffer(data, np.uint8).reshape(-1, row), kind, target)


def converted(rows: np.ndarray, kind: GGMLQuantizationType, target: int) -> bytes:
    """Return rows of a type as bytes of another one."""
    # Of what its maker left to chance, nothing is worse than a number that is none.
    with np.errstate(all="ignore"):
        numbers = np.nan_to_num(dequantize(rows, kind))
        if target == GGMLQuantizationType.Q4_1:
            return in_four_bits(numbers).tobytes()
        limit = np.finfo(np.float16).max if target == GGMLQuantizationType.F16 else np.inf
        return quantize(numbers.clip(-limit, limit), GGMLQuantizationType(target)).tobytes()


def in_four_bits(numbers: np.ndarray) -> np.ndarray:
    """Return numbers as Q4_1, each group with an offset that is a whole number of its steps: no other is read rightly.

    Of some spreads each group gets the one with the least square error.
    """
    groups = numbers.reshape(-1, GROUP)
    low, high = groups.min(1).clip(max=0), groups.max(1).clip(min=0)
    best: tuple[np.ndarray, ...] | None = None
    for spread in SPREADS:
        scale = ((high - low) * (spread / STEPS)).astype(np.float16).astype(np.float32)
        step = np.where(scale > 0, 1 / np.where(scale > 0, scale, 1), 0)
        offset = np.rint(-low * spread * step).clip(0, STEPS)
        steps = (np.rint(groups * step[:, None]) + offset[:, None]).clip(0, STEPS)
        error = np.square((steps - offset[:, None]) * scale[:, None] - groups).sum(1)
        tried = (error, scale, offset, steps)
        if best is None:
            best = tried
        else:
            better = error < best[0]
            pairs = zip(tried, best, strict=True)
            best = tuple(np.where(better[:, None] if new.ndim > 1 else better, new, old) for new, old in pairs)
    assert best, "there is at least one spread"
    _, scale, offset, steps = best
    steps = steps.astype(np.uint8)
    blocks = np.empty((len(groups), 20), np.uint8)
    blocks[:, 0:2] = scale.astype(np.float16)[:, None].view(np.uint8)
    blocks[:, 2:4] = (-offset * scale).astype(np.float16)[:, None].view(np.uint8)
    blocks[:, 4:] = steps[:, : GROUP // 2] | (steps[:, GROUP // 2 :] << 4)
    return blocks


def frequencies(source: Path, count: int, base: float, divisor: float, divisors: dict[str, int] | None) -> np.ndarray:
    """Return the frequencies by which places turn keys and queries, each divided by what the file says."""
    turned = base ** -(np.arange(count, dtype=np.float64) / count) / divisor
    if divisors is None:
        return turned
    with source.open("rb") as file:
        file.seek(divisors["place"])
        return turned / np.frombuffer(file.read(divisors["size"]), np.float32)


def set_frequencies(folder: Path, frequencies: np.ndarray) -> None:
    """Write the frequencies by which places turn keys and queries into what the library has saved.

    It rounds them to 16 bits, with which far places are no longer told apart, and reads no divisors of them. Raises
    ``ValueError`` unless there is just one constant that can be them.
    """
    description, weights = folder / "openvino_model.xml", folder / "openvino_model.bin"
    shape = rf'element_type="f(?:16|32)" shape="1, {frequencies.size}, 1" offset="\d+" size="\d+"'
    constant = re.compile(rf'{shape}( />.*?<port id="0" precision=")FP(?:16|32)"', re.DOTALL)
    place, data = weights.stat().st_size, frequencies.astype(np.float32).tobytes()
    exact = f'element_type="f32" shape="1, {frequencies.size}, 1" offset="{place}" size="{len(data)}"'
    words, found = constant.subn(rf'{exact}\1FP32"', description.read_text(encoding="utf-8"))
    if found != 1:
        raise ValueError("its frequencies of places are not found")
    with weights.open("ab") as file:
        file.write(data)
    description.write_text(words, encoding="utf-8")


def save(folder: Path) -> None:
    """Let the library read what lies in the folder and write it down in its own form."""
    keep_quiet()
    import openvino_genai

    # Of a file without tensors: the library reads them all for a tokenizer, too.
    tokenizer = openvino_genai.Tokenizer(folder / "tokenizer.gguf", enable_save_ov_model=True)
    scheduler = openvino_genai.SchedulerConfig()
    scheduler.num_kv_blocks = BLOCKS
    openvino_genai.ContinuousBatchingPipeline(
        folder / "model.gguf", tokenizer, scheduler, "CPU", enable_save_ov_model=True
    )


def main(orders: Path) -> None:
    """Make a model ready."""
    stand_back()
    asked = json.loads(orders.read_text(encoding="utf-8"))
    source, folder = Path(asked["source"]), Path(asked["folder"])
    rewrite(source, folder / "model.gguf", asked["tensors"])
    save(folder)
    set_frequencies(folder, frequencies(source, **asked["places"]))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except (OSError, RuntimeError, ValueError, IndexError, MemoryError) as error:
        sys.exit(last_line(error))
