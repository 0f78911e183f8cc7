"""Grammars for OpenVINO: what a JSON schema, a regular expression or a list of choices lets a model say.

OpenVINO constrains a reply by xgrammar, and takes no other. Its own reading of schemas loses itself in white space and
endless digits, writes control characters, takes minutes for a long ``maxLength`` and confuses long lists of choices,
and a grammar that it cannot read breaks every generation under way: of 200 answers of a small model 171 were valid in
the end, and 200 with the grammars here (``python -m benchmarks.schemas``, OpenVINO GenAI 2026.4.1). So
the studio writes the grammar: it may be narrower than what was asked for, or wider where a rule has no grammar, for the
reply is validated anyway. Knows nothing about models.
"""

from collections.abc import Callable, Sequence
from typing import Any

from assistants.engines.grammar.patterns import Pattern
from assistants.engines.grammar.rules import Rules, Unservable
from assistants.engines.grammar.schemas import Schema

__all__ = ["GRAMMARS", "Unservable", "from_choice", "from_regex", "from_schema"]


def from_schema(schema: dict[str, Any]) -> str:
    """Return the grammar of compact JSON that keeps to ``schema``; raises ``Unservable``."""
    rules = Rules()
    try:
        return rules.text(Schema(rules, schema).root())
    except RecursionError as error:
        raise Unservable("it is nested too deep") from error


def from_regex(pattern: str) -> str:
    """Return the grammar of the texts that match ``pattern`` as a whole; raises ``Unservable``."""
    rules = Rules()
    return rules.text(Pattern(rules, pattern).expression())


def from_choice(choices: Sequence[str]) -> str:
    """Return the grammar of one of ``choices``."""
    rules = Rules()
    try:
        return rules.text(rules.one_of(choices))
    except RecursionError as error:
        raise Unservable("its entries are too much alike") from error


GRAMMARS: dict[str, Callable[[Any], str]] = {"json_schema": from_schema, "regex": from_regex, "choice": from_choice}
