"""A document of the corpus and what it says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """A document: ``phrases`` must be found, ``absent`` must not; ``said`` are the notes' beginnings, in order."""

    name: str
    about: str
    data: bytes
    phrases: tuple[str, ...]
    absent: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    charset: str = ""
