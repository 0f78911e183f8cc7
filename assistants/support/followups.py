"""A question that leans on the one before it, made whole: what it leaves out is carried over.

Computed, so that it works without a model and the same every time. Knows nothing about searching.
"""

import re

from assistants.knowledge.terms import terms

# "And to France?", "what about …", "how long does it take", "那…呢", "它…": words that point back.
POINTS_BACK = re.compile(
    r"^(?:and|but|or|so|then|also|what about|how about|what if)\b|"
    r"\b(?:it|its|they|them|their|those|these|that|this|one|ones|he|she|same|other|instead|else|too)\b|"
    r"(?<!\bis )(?<!\bare )\bthere\b|"
    r"^(?:那么?|还有|另外|如果|要是|以及|而)|[它其这那]|呢[？?]?$|同样|上述|前面",
    re.IGNORECASE,
)
# A question with so many words that tell something stands by itself, whatever it points to.
LONG = 4


def whole(question: str, earlier: list[str]) -> str:
    """Return ``question`` with the telling words of the last of ``earlier``, where it needs them.

    The last one is as it was made whole itself, so that a third question still knows of the first.
    """
    if not earlier:
        return question
    own = terms(question)
    if own and (len(own) >= LONG or not POINTS_BACK.search(question)):
        return question
    carried = [term for term in terms(earlier[-1]) if term not in own]
    words = [word for word in _words(earlier[-1]) if any(term in carried for term in terms(word))]
    return f"{question} ({' '.join(words)})" if words else question


def _words(text: str) -> list[str]:
    """Return the words of ``text`` as they stand there, a run of Chinese as one."""
    return re.findall(r"[\w+#'-]+", text)
