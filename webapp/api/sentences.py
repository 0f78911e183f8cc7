"""Sentences of the library in the visitor's language.

Knows nothing about what they are about.
"""

from pydantic import BaseModel


class Sentence(BaseModel):
    """A sentence for the person."""

    text: str
