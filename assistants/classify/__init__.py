"""Classification: which of somebody's own labels a text belongs to, learned from a few examples of each.

    examples.py  texts with their labels, as they are pasted
    features.py  a text as numbers: what it means, and which words it has
    head.py      the weights that were learned on these, and what they guess
    report.py    how good they are, on examples they had not seen
    training.py  how a head is learned, or an encoder (BERT) fine-tuned

A confidence is calibrated: of the guesses with 0.8 about four in five are right, as far as the examples are like what
is asked. Support and the playground use it. Knows nothing about what labels are for or where they are kept.
"""

from assistants.classify.examples import MAX_LABELS, Example, check, parsed
from assistants.classify.head import Guess, Head, guess
from assistants.classify.report import Report, compared
from assistants.classify.training import Trained, guess_by_model, train, tune

__all__ = [
    "MAX_LABELS",
    "Example",
    "Guess",
    "Head",
    "Report",
    "Trained",
    "check",
    "compared",
    "guess",
    "guess_by_model",
    "parsed",
    "train",
    "tune",
]
