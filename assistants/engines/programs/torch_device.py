"""Where models of torch run, in what precision, and on how many threads.

Knows this machine; knows nothing about models.
"""

import os

import psutil
import torch


def use_cores() -> None:
    """Let torch use a thread for each core: two threads of one core only get in each other's way."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(max(min(usable, psutil.cpu_count(logical=False) or 1), 1))


def pick_device() -> str:
    """Return where models run."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def pick_dtype(device: str, metal: torch.dtype = torch.bfloat16) -> torch.dtype:
    """Return 16 bits where the hardware has them, as ``metal`` on "mps"; elsewhere they are emulated and slow."""
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device == "mps":
        return metal
    has = torch.cpu.get_capabilities()
    native = torch.backends.cpu.get_cpu_capability() == "AVX512" and (has["avx512_bf16"] or has["amx_bf16"])
    return torch.bfloat16 if native else torch.float32
