"""The studio as a whole: one at a time on a home folder, and what it says where the folder is no good."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistants.errors import StoreError
from assistants.opening import open_studio
from assistants.principals import LOCAL
from assistants.settings import Settings
from assistants.studio import Studio
from tests.conftest import ROOT, Server


def test_a_second_studio_on_the_same_home_refuses_and_harms_nothing(studio: Studio, settings: Settings) -> None:
    job = studio.jobs.submit("chat", {"message": "hello"}, LOCAL)
    with pytest.raises(StoreError, match="Another studio uses"):
        open_studio(settings)
    assert studio.jobs.wait(job.id, "local", 10).status == "done"


def test_a_second_server_on_the_same_home_ends_with_one_sentence(server: Server) -> None:
    environment = os.environ | {"STUDIO_HOME": str(server.home), "STUDIO_PORT": "0"}
    environment["STUDIO_PORT"] = str(server.port + 1 if server.port < 65535 else server.port - 1)
    second = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=60
    )
    assert second.returncode == 1
    assert second.stderr.strip().splitlines() == [
        f"Another studio uses {server.home}. Close it, or set STUDIO_HOME to another folder."
    ]
    assert server.answers()


def test_the_home_is_given_back(settings: Settings) -> None:
    open_studio(settings).close()
    open_studio(settings).close()


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="file/home"):
        open_studio(Settings(home=tmp_path / "file" / "home", text_model="echo:"))


def test_a_broken_database_does_not_keep_the_home(settings: Settings) -> None:
    settings.home.mkdir()
    database = settings.home / "studio.db"
    database.write_text("no database " * 100, encoding="utf-8")
    with pytest.raises(StoreError, match=r"studio\.db"):
        open_studio(settings)
    database.unlink()
    open_studio(settings).close()
