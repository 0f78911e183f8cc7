"""How much memory there is: the machine's, or the container's where that has less."""

from pathlib import Path

import psutil
import pytest

from assistants import memory

GB = 10**9


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = ("max", "current", "stat")
    monkeypatch.setattr(memory, "CGROUPS", [(*(str(tmp_path / name) for name in files), "inactive_file")])
    tmp_path.joinpath("current").write_text(f"{GB}\n", encoding="ascii")
    tmp_path.joinpath("stat").write_text(f"anon 5\ninactive_file {GB // 2}\n", encoding="ascii")
    return tmp_path


def test_without_a_container_it_is_the_machines(cgroup: Path) -> None:
    assert memory.total() == psutil.virtual_memory().total
    cgroup.joinpath("max").write_text("max\n", encoding="ascii")
    assert memory.total() == psutil.virtual_memory().total
    assert 0 < memory.available() <= memory.total()


def test_a_container_has_its_limit_less_what_it_cannot_give_back(cgroup: Path) -> None:
    cgroup.joinpath("max").write_text(f"{GB}\n", encoding="ascii")
    assert memory.total() == GB
    assert memory.available() == GB // 2
    cgroup.joinpath("current").write_text(f"{3 * GB}\n", encoding="ascii")
    assert memory.available() == 0


def test_a_limit_above_what_there_is_changes_nothing(cgroup: Path) -> None:
    cgroup.joinpath("max").write_text(f"{psutil.virtual_memory().total * 2}\n", encoding="ascii")
    assert memory.total() == psutil.virtual_memory().total
