"""The AI label: the one place that every exported file goes through.

A visible line and machine-readable metadata: for Markdown, YAML front matter with the seven ``AIGC`` fields of GB
45438-2025 annex E (TC260-PG-20258A); for JSON, the same mapping as its first key. Knows nothing about where the
content came from.
"""

import hashlib
import json
from typing import Any

import yaml

PRODUCER = "AIGC-Studio"
NOTICE = "AI-generated content · AI生成内容"


def aigc_fields(content_id: str, content: str) -> dict[str, str]:
    """Return the seven fields for generated ``content``; on first writing the propagator is the producer.

    ``ReservedCode1`` holds the sha256 of the content, so that a change can be seen.
    """
    digest = hashlib.sha256(content.encode()).hexdigest()
    return {
        "Label": "1",
        "ContentProducer": PRODUCER,
        "ProduceID": content_id,
        "ReservedCode1": digest,
        "ContentPropagator": PRODUCER,
        "PropagateID": content_id,
        "ReservedCode2": "",
    }


def label_markdown(content_id: str, text: str) -> bytes:
    """Return ``text`` as a Markdown file that says, for people and for machines, that AI made it."""
    front = yaml.safe_dump({"AIGC": aigc_fields(content_id, text)}, sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n> {NOTICE}\n\n{text}".encode()


def label_json(content_id: str, data: dict[str, Any]) -> bytes:
    """Return ``data`` as a JSON file with the label in front."""
    content = json.dumps(data, ensure_ascii=False)
    labelled = {"AIGC": aigc_fields(content_id, content), "notice": NOTICE, **data}
    return json.dumps(labelled, ensure_ascii=False, indent=2).encode()
