"""Packages as pip would install them, of one module or a few, with their entry points."""

import tomllib
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def install(folder: Path, package: str, modules: dict[str, str], groups: dict[str, dict[str, str]]) -> None:
    """Put the modules of a package, by name, into ``folder`` with its entry points by group."""
    for module, source in modules.items():
        folder.joinpath(f"{module}.py").write_text(source, encoding="utf-8")
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in own.items())
        for group, own in groups.items()
    ]
    info.joinpath("entry_points.txt").write_text("\n".join(lines), encoding="utf-8")


def install_example(folder: Path, example: str) -> None:
    """Put an example of the documentation into ``folder``."""
    source = DOCS / example
    project = tomllib.loads(source.joinpath("pyproject.toml").read_text(encoding="utf-8"))["project"]
    modules = {path.stem: path.read_text(encoding="utf-8") for path in source.glob("*.py")}
    install(folder, project["name"], modules, project["entry-points"])
