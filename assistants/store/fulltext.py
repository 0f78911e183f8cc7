"""Text to words, the same way for what is stored and for what is asked.

Latin words stay whole (with a tail of ``+`` or ``#``: c++, c#); Chinese, Japanese and Korean runs become overlapping
pairs of characters, because SQLite's own tokenizers take a run for one word or need three characters. Knows nothing
about tables.
"""

import re
import unicodedata
from itertools import pairwise

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
WORDS = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+[+#]*")
IS_CJK = re.compile(rf"[{CJK}]")


def tokens(text: str) -> list[str]:
    """Return the words of ``text`` in order: folded, CJK runs as bigrams (a lone character as itself)."""
    found: list[str] = []
    for run in WORDS.findall(unicodedata.normalize("NFKC", text).casefold()):
        if IS_CJK.match(run) and len(run) > 1:
            found += [run[i : i + 2] for i in range(len(run) - 1)]
        else:
            found.append(run)
    return found


def indexable(*texts: str) -> str:
    """Return the words of all ``texts`` as the one string that is stored in the index.

    The last character of a CJK run stands by itself too, so that each one begins some word of the index.
    """
    found = [word for text in texts for word in tokens(text)]
    ends = [word[-1] for word, after in pairwise([*found, ""]) if is_pair(word) and after[:1] != word[-1]]
    return " ".join([*found, *dict.fromkeys(ends)])


def is_pair(word: str) -> bool:
    """Say whether ``word`` is two CJK characters."""
    return len(word) == 2 and IS_CJK.match(word) is not None


def queries(text: str) -> tuple[str, str]:
    """Return two FTS5 queries: for every word of ``text`` (the last may go on) and for any of them.

    Both are empty where there is no word, only signs. The second is empty for a single word.
    """
    words = tokens(text)
    if not words:
        return "", ""
    quoted = [f'"{word}"' for word in words]
    unfinished = not is_pair(words[-1]) and not text[-1].isspace()
    every = " ".join([*quoted[:-1], quoted[-1] + ("*" if unfinished else "")])
    return every, " OR ".join(dict.fromkeys(quoted)) if len(words) > 1 else ""


def escape_like(text: str) -> str:
    r"""Return ``text`` for a LIKE pattern with ``\`` as its escape character."""
    return re.sub(r"([\\%_])", r"\\\1", text)
