"""The machine's processor: its name, the units it has, and how many of them this process may use.

Knows nothing about what it is for.
"""

import os
import platform
from pathlib import Path


def usable() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def described() -> tuple[str, set[str]]:
    """Return the name of the processor and the names of its units, of which other systems than Linux tell none."""
    name = platform.processor() or platform.machine()
    units: set[str] = set()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return name, units
    for key, _, value in (line.partition(":") for line in lines):
        if key.strip() == "model name":
            name = value.strip()
        elif key.strip() == "flags":
            units |= set(value.split())
    return name, units
