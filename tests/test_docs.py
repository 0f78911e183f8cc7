"""The README cannot lie: what it lists is what there is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from assistants.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FRONT, _, TEXT = README.removeprefix("---\n").partition("\n---\n")
REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8")
COMMANDS = ("pip install -r requirements.txt && python app.py", "pip install -r requirements-dev.txt && pytest")


def tree() -> list[str]:
    """Return the paths of the annotated tree."""
    block = re.search(r"```\n(app\.py .*?)```", TEXT, re.DOTALL)
    assert block, "the README has no annotated tree"
    paths, parents = [], [""]
    for line in block[1].splitlines():
        depth, name = (len(line) - len(line.lstrip())) // 2, line.split()[0]
        del parents[depth + 1 :]
        paths.append(parents[depth] + name)
        parents.append(parents[depth] + name)
    return paths


def test_the_settings_table_is_the_settings() -> None:
    rows = re.findall(r"^\| `STUDIO_(\w+)` \| (.*?) \| (.*) \|$", TEXT, re.MULTILINE)
    assert [(name.lower(), meaning) for name, _, meaning in rows] == [
        (name, field.description) for name, field in Settings.model_fields.items()
    ]
    for name, default, _ in rows:
        field = Settings.model_fields[name.lower()]
        if field.default_factory is None:
            assert default == ("" if field.default in ("", (), None) else f"`{field.default}`"), name


def test_no_other_variable_is_named() -> None:
    named = {name.lower() for name in re.findall(r"STUDIO_([A-Z_]+)", TEXT)}
    assert named == set(Settings.model_fields)


@pytest.mark.parametrize("path", tree())
def test_what_the_tree_shows_is_there(path: str) -> None:
    assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file()


def test_the_tree_shows_every_folder_and_program_at_the_top() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    tops = {f"{first}/" if rest else first for first, _, rest in (line.partition("/") for line in tracked.splitlines())}
    visible = {name for name in tops if name.endswith(("/", ".py")) and not name.startswith(".")}
    assert visible <= set(tree())


def test_the_purposes_in_the_tree_are_aligned() -> None:
    block = re.search(r"```\n(app\.py .*?)```", TEXT, re.DOTALL)[1]
    assert {re.match(r" *\S+ +", line).end() for line in block.splitlines()} == {20}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_two_commands_are_said_as_they_are(command: str) -> None:
    assert command in TEXT


def test_links_and_pictures_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert targets
    assert not [target for target in targets if "://" not in target and not (ROOT / target).exists()]


def test_the_front_matter_fits_hugging_face_spaces() -> None:
    front = yaml.safe_load(FRONT)
    assert front["sdk"] == "gradio"
    assert f"gradio=={front['sdk_version']}\n" in REQUIREMENTS
    assert (ROOT / front["app_file"]).is_file()
    assert front["python_version"] in ("3.11", "3.12", "3.13", "3.14")
    assert len(front["short_description"]) <= 60, "Spaces shows no more"


def test_a_space_is_served_where_spaces_looks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/aigc-studio")
    settings = Settings()
    assert (settings.host, settings.port, settings.is_local) == ("0.0.0.0", 7860, False)


def test_the_torch_line_has_the_pinned_version() -> None:
    said = re.search(r"pip install (torch==\S+) --index-url https://download\.pytorch\.org/whl/cpu", TEXT)
    assert said
    assert f"{said[1]}\n" in REQUIREMENTS


def test_the_fetch_command_explains_itself() -> None:
    assert "python -m assistants.models fetch mini" in TEXT
    run = subprocess.run(
        [sys.executable, "-m", "assistants.models", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "fetch" in run.stdout
