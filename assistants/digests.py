"""Digests: what tells a file from every other one."""

import hashlib
from pathlib import Path


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file, as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
