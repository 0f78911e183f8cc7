"""The AI label read back as another program would read it."""

import hashlib
import json

import yaml

from assistants import provenance

FIELDS = [
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
]


def check(fields: dict[str, str], content: str) -> None:
    assert list(fields) == FIELDS
    assert fields["Label"] == "1"
    assert fields["ProduceID"] == fields["PropagateID"] == "0123abc"
    assert fields["ReservedCode1"] == hashlib.sha256(content.encode()).hexdigest()
    assert all(isinstance(value, str) and value.isascii() and " " not in value for value in fields.values())


def test_markdown_carries_a_visible_line_and_front_matter() -> None:
    text = "# Title\n\n---\n\nAIGC: no\n"
    _, front, rest = provenance.label_markdown("0123abc", text).decode().split("---\n", 2)
    check(yaml.safe_load(front)["AIGC"], text)
    notice, body = rest.lstrip("\n").split("\n\n", 1)
    assert "AI" in notice and "生成" in notice
    assert body == text


def test_json_carries_the_label_first_and_the_data_whole() -> None:
    data = {"title": "退款", "messages": [{"text": "x"}]}
    labelled = json.loads(provenance.label_json("0123abc", data))
    assert next(iter(labelled)) == "AIGC"
    check(labelled.pop("AIGC"), json.dumps(data, ensure_ascii=False))
    assert "AI" in labelled.pop("notice")
    assert labelled == data
