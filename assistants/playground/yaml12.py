"""YAML as other tools of today read it (1.2): yes, no, on and off are words, and a date is a text.

Knows one thing: what PyYAML, which reads 1.1, must not take for something else.
"""

import re
from typing import Any, ClassVar

import yaml


class Loader(yaml.SafeLoader):
    """PyYAML's reader with the truths of YAML 1.2 only, and without dates."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$", re.IGNORECASE), list("tTfF"))


def read_yaml(text: str) -> Any:
    """Return what a YAML text holds."""
    return yaml.load(text, Loader)
