"""How much memory there is, and how much of it is free: the machine's, or the container's where that has a limit.

Knows nothing about what it is for.
"""

from pathlib import Path

import psutil

# Where Linux tells a container its limit, in its second version and its first.
CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat", "inactive_file"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
        "total_inactive_file",
    ),
)


def total() -> int:
    """Return how many bytes of memory the machine or the container has."""
    limit = container()
    own = psutil.virtual_memory().total
    return min(own, limit[0]) if limit else own


def available() -> int:
    """Return how many bytes a program can still take without pushing others out."""
    limit = container()
    own = psutil.virtual_memory().available
    return max(0, min(own, limit[0] - limit[1])) if limit else own


def container() -> tuple[int, int] | None:
    """Return the container's limit and what it uses, in bytes, without files that are only kept for reading again."""
    for limit, usage, statistics, cached in CGROUPS:
        try:
            most = Path(limit).read_text(encoding="ascii").strip()
            used = int(Path(usage).read_text(encoding="ascii"))
            facts = dict(line.split() for line in Path(statistics).read_text(encoding="ascii").splitlines())
        except (OSError, ValueError):
            continue
        if most.isdigit():
            return int(most), used - int(facts.get(cached, 0))
    return None
