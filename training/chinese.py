"""The Chinese-to-English table that ships with the model, from Unicode CLDR and a hand-written supplement.

Run ``python -m training.chinese --cldr FOLDER`` with the unpacked npm package ``cldr-annotations-full``. The model's
text encoder reads English only, so a Chinese prompt is translated word by word. Knows words, no grammar.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

from training.vocabulary import load_things

SUPPLEMENT_FILE = Path(__file__).with_name("chinese.tsv")
TABLE_FILE = Path(__file__).with_name("zh_en.json")
NUMBERS = {"一": "a", "两": "two", "二": "two", "三": "three", "四": "four"}
MEASURES = "个只条匹头辆艘座棵朵位名架栋把块片颗本杯盆台"
SELECTOR = "\ufe0f"  # asks for the coloured form; CLDR leaves it out


def read_annotations(cldr: Path) -> dict[str, dict[str, list[str]]]:
    """CLDR's Chinese names ("tts") and keywords ("default") by emoji."""
    files = sorted(cldr.glob("**/zh/annotations.json"))
    if not files:
        raise FileNotFoundError(f"No zh/annotations.json under {cldr}.")
    tree = json.loads(files[0].read_text(encoding="utf-8"))
    return tree["annotations"]["annotations"]


def read_supplement() -> dict[str, str]:
    """Places, colours, numbers with what counts, relations and common words, by hand."""
    lines = SUPPLEMENT_FILE.read_text(encoding="utf-8").splitlines()
    counted = {number + measure: english for number, english in NUMBERS.items() for measure in MEASURES}
    return counted | dict(line.split("\t") for line in lines if line and not line.startswith("#"))


def build_table(annotations: dict[str, dict[str, list[str]]]) -> dict[str, str]:
    """Chinese word to English words; the supplement wins over names, names over keywords."""
    names, keywords = {}, defaultdict(set)
    for thing in load_things():
        entry = annotations.get(thing.emoji.replace(SELECTOR, ""), {})
        for name in entry.get("tts", ()):
            names[name] = thing.name
            for keyword in filter(lambda word: is_synonym(word, name), entry.get("default", ())):
                keywords[keyword].add(thing.name)
    alone = {word: found.pop() for word, found in keywords.items() if len(found) == 1}
    return dict(sorted((alone | names | read_supplement()).items()))


def is_synonym(keyword: str, name: str) -> bool:
    """CLDR's keywords are associations ("casual" for jeans); one that extends the name's characters is a synonym."""
    return len(keyword) >= len(name) and bool(set(keyword) & set(name))


def main() -> None:
    """Write the table."""
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument("--cldr", type=Path, required=True)
    line.add_argument("--out", type=Path, default=TABLE_FILE)
    options = line.parse_args()
    table = build_table(read_annotations(options.cldr))
    options.out.write_text(json.dumps(table, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print(f"{options.out}: {len(table)} words")


if __name__ == "__main__":
    main()
