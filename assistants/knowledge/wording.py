"""The wording of a base: what it says, what it offers to ask, which words mean the same, who may show it, what helps.

Most are texts of lines, as an operator types them. Knows what is wrong with one; knows nothing about how they are used.
"""

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from assistants.errors import InvalidInput
from assistants.visibility import VISIBILITIES

MAX_NOT_FOUND = 1000
MAX_SUGGESTED, MAX_SUGGESTION = 8, 200
MAX_SYNONYMS, MAX_GROUP = 500, 500
MAX_ORIGINS = 50
MAX_RERANKER = 200
MODEL_HELP = ("auto", "always", "never")
COMMA = re.compile("[,，、]")
# Ways to ask the same thing; each is a search of its own.
VARIANTS = 4


def lines_of(text: str) -> list[str]:
    """Return the lines of a text that hold something."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def groups(synonyms: str) -> list[list[str]]:
    """Return the words of each line that mean the same."""
    return [[word.strip() for word in COMMA.split(line) if word.strip()] for line in lines_of(synonyms)]


def variants(question: str, synonyms: str) -> list[str]:
    """Return a question as it was asked, and with words that mean the same in place of some."""
    found = [question]
    for group in groups(synonyms):
        for word in sorted(group, key=len, reverse=True):
            pattern = _whole(word)
            if pattern.search(question):
                # A word is no template of a substitution.
                found += [pattern.sub(other.replace("\\", r"\\"), question) for other in group if other != word]
                break
    return list(dict.fromkeys(found))[:VARIANTS]


def _whole(word: str) -> re.Pattern[str]:
    """Return a pattern for a word that stands by itself; Chinese has no spaces around one."""
    before, after = (r"(?<!\w)" if word[0].isascii() else ""), (r"(?!\w)" if word[-1].isascii() else "")
    return re.compile(before + re.escape(word) + after, re.IGNORECASE)


def checked(**texts: str) -> dict[str, str]:
    """Return the texts as they are kept, or raise ``InvalidInput`` about the first that is wrong."""
    return {field: CHECKS[field](text) for field, text in texts.items()}


def _not_found(text: str) -> str:
    if len(text) > MAX_NOT_FOUND:
        template = "{field} may hold at most {max_length} characters."
        raise InvalidInput("not_found", template, max_length=MAX_NOT_FOUND)
    return text.strip()


def _suggested(text: str) -> str:
    lines = lines_of(text)
    if len(lines) > MAX_SUGGESTED or any(len(line) > MAX_SUGGESTION for line in lines):
        template = "{field} may hold at most {count} lines of {limit} characters each."
        raise InvalidInput("suggested", template, count=MAX_SUGGESTED, limit=MAX_SUGGESTION)
    return "\n".join(lines)


def _synonyms(text: str) -> str:
    lines = lines_of(text)
    if len(lines) > MAX_SYNONYMS or any(len(line) > MAX_GROUP for line in lines):
        template = "{field} may hold at most {count} lines of {limit} characters each."
        raise InvalidInput("synonyms", template, count=MAX_SYNONYMS, limit=MAX_GROUP)
    for number, group in enumerate(groups(text), 1):
        if len(group) < 2:
            raise InvalidInput("synonyms", "{field}: line {line} needs two words with a comma between.", line=number)
    return "\n".join(lines)


def _origins(text: str) -> str:
    lines = lines_of(text.lower())
    if len(lines) > MAX_ORIGINS:
        raise InvalidInput("origins", "{field} may hold at most {max_length} entries.", max_length=MAX_ORIGINS)
    for line in lines:
        if not is_origin(line):
            template = "{field}: {line} is not an address such as https://shop.example, without a path."
            raise InvalidInput("origins", template, line=line)
    return "\n".join(line.rstrip("/") for line in lines)


def _reranker(name: str) -> str:
    if len(name) > MAX_RERANKER:
        raise InvalidInput("reranker", "{field} may hold at most {max_length} characters.", max_length=MAX_RERANKER)
    return name.strip()


def _one_of(field: str, known: Sequence[str]) -> Callable[[str], str]:
    def check(word: str) -> str:
        if word not in known:
            raise InvalidInput(field, "{field} must be one of: {known}.", known=", ".join(known))
        return word

    return check


def is_origin(line: str) -> bool:
    """Say whether a line is the address of a site: it becomes part of a header, so nothing else may be in it."""
    if not re.fullmatch(r"https?://(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::\d{1,5})?/?", line):
        return False
    try:
        return urlsplit(line).port != 0
    except ValueError:
        return False


CHECKS: dict[str, Callable[[str], str]] = {
    "not_found": _not_found,
    "suggested": _suggested,
    "synonyms": _synonyms,
    "origins": _origins,
    "reranker": _reranker,
    "model_help": _one_of("model_help", MODEL_HELP),
    "visibility": _one_of("visibility", VISIBILITIES),
}
