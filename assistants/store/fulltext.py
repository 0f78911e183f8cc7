"""Words as FTS5 has them: what is stored in its index, and queries for it. Knows nothing about tables."""

import re
from itertools import pairwise

from assistants.words import is_pair, tokens


def indexable(*texts: str) -> str:
    """Return the words of all ``texts`` as the one string that is stored in the index.

    The last character of a CJK run stands by itself too, so that each one begins some word of the index.
    """
    found = [word for text in texts for word in tokens(text)]
    ends = [word[-1] for word, after in pairwise([*found, ""]) if is_pair(word) and after[:1] != word[-1]]
    return " ".join([*found, *dict.fromkeys(ends)])


def queries(text: str) -> tuple[str, str]:
    """Return two FTS5 queries: for every word of ``text`` (the last may go on) and for any of them.

    Both are empty where there is no word, only signs. The second is empty for a single word.
    """
    words = tokens(text)
    if not words:
        return "", ""
    quoted = [f'"{word}"' for word in words]
    unfinished = not is_pair(words[-1]) and not text[-1].isspace()
    # Each once: of a word that comes a hundred times, every place would be looked at as often.
    every = " ".join([*dict.fromkeys(quoted[:-1]), quoted[-1] + ("*" if unfinished else "")])
    return every, " OR ".join(dict.fromkeys(quoted)) if len(words) > 1 else ""


def escape_like(text: str) -> str:
    r"""Return ``text`` for a LIKE pattern with ``\`` as its escape character."""
    return re.sub(r"([\\%_])", r"\\\1", text)
