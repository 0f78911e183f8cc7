"""Tuning: how OpenVINO GenAI runs a model best on this machine, found once and remembered beside it.

A processor with units for 16 bits computes in these by default, which reads long prompts sooner; in 32 bits, weights of
4 and 8 bits meet activations of 8, and tokens are written up to 1.6 times as fast. Which is better depends on machine
and model. So does how much of a long prompt may be read at a time without letting others wait for their next token.
Knows what may be chosen and how it is judged; what measures it is the program ``openvino_prober``.
"""

import json
from pathlib import Path
from typing import Any

from assistants import processor

Properties = dict[str, Any]
# The choice is beside what was made ready, for the machine and the versions that it was made on.
FILE = "tuned.json"
# Units of a processor without which there is nothing to choose.
UNITS = ("amx_bf16", "amx_int8", "avx512_bf16", "avx512_fp16")
# By python -m benchmarks.tuning nothing else makes a difference beyond the noise, or makes one for the better.
CHOICES: tuple[Properties, ...] = ({"INFERENCE_PRECISION_HINT": "bf16"}, {"INFERENCE_PRECISION_HINT": "f32"})
# What there is where nothing has to be chosen.
PLAIN: Properties = {}
# Others wait about so many seconds for a part of a prompt; parts, in tokens, are a multiple of a step. Of the 1.5B on
# two cores, parts of 64 are read at three quarters of the speed, and let others write almost four times as much.
WAIT, STEP, LEAST, MOST = 0.5, 32, 64, 256
# Tokens of what a person asks and gets, new to the model: the choice is for them.
READ, WRITTEN = 300, 150


def chosen(folder: Path) -> dict[str, Any]:
    """Return what was chosen for a folder: ``properties`` of the library, and the ``part`` of a prompt, in tokens."""
    said = known(folder) or {}
    return {"properties": said.get("properties", PLAIN), "part": said.get("part", MOST)}


def known(folder: Path) -> dict[str, Any] | None:
    """Return what was found on this machine, as it is now."""
    try:
        said = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return said if said["machine"] == machine() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(folder: Path, figures: list[dict[str, float]]) -> None:
    """Choose by the tokens that were read and written a second under each choice, and remember that."""
    said: dict[str, Any] = {"machine": machine(), "figures": figures}
    if figures:
        costs = [READ / one["reads"] + WRITTEN / one["writes"] for one in figures]
        best = costs.index(min(costs))
        part = int(figures[best]["reads"] * WAIT) // STEP * STEP
        said |= {"properties": choices()[best], "part": min(max(part, LEAST), MOST)}
    (folder / FILE).write_text(json.dumps(said), encoding="utf-8")


def choices() -> tuple[Properties, ...]:
    """Return what there is to choose from on this machine."""
    return CHOICES if machine()["units"] else (PLAIN,)


def machine() -> dict[str, Any]:
    """Return what tells this machine from another: its processor, its units, and how many of them may be used."""
    name, units = processor.described()
    return {"processor": name, "units": sorted(units.intersection(UNITS)), "usable": processor.usable()}
