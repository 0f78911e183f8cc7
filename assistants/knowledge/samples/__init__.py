"""The bases that come with the studio, one for each language, so that the first question has an answer.

A made-up shop for outdoor gear. A start makes them where there is no base at all: who has one of their own may delete
them for good.
"""

import hashlib
from pathlib import Path

from assistants.knowledge import reading
from assistants.knowledge.chunking import compose
from assistants.knowledge.rows import Rows
from assistants.visibility import ALL

ENGLISH = "sample"
CHINESE = "sample-zh"
# A question with more Chinese letters than this is asked of the Chinese one.
MOSTLY = 0.3

FOLDER = Path(__file__).parent
NAMES = {ENGLISH: ("handbook.en.md", "faq.en.csv"), CHINESE: ("handbook.zh.md", "faq.zh.csv")}


def add(rows: Rows) -> None:
    """Make the bases, ready to answer."""
    for base, files in NAMES.items():
        rows.create(base, ALL)
        for name in files:
            data = FOLDER.joinpath(name).read_bytes()
            source = rows.expect(base, name, hashlib.sha256(data).hexdigest(), job=None)
            rows.fill(source, *compose(reading.read(name, data).parts))
            rows.publish(source)
