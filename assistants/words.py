"""Text to words, the same way for what is stored and for what is asked.

Latin words stay whole (with a tail of ``+`` or ``#``: c++, c#); Chinese, Japanese and Korean runs become overlapping
pairs of characters, because SQLite's own tokenizers take a run for one word or need three characters.
"""

import re
import unicodedata

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


def is_pair(word: str) -> bool:
    """Say whether ``word`` is two CJK characters."""
    return len(word) == 2 and IS_CJK.match(word) is not None
