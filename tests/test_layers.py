"""The arrows of the house point one way: this reads every import and fails on one that points back."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistants import ASSISTANTS
from webapp.tabs import ASSISTANT_TABS, ROOMS

ROOT = Path(__file__).parent.parent
# From the inside out: each may import itself and what stands before it.
LAYERS = ("prompts", "assistants", "webapp", "app")
OUTSIDE = ("tests", "benchmarks", "training")
WEB = ("gradio", "gradio_client", "fastapi", "starlette", "uvicorn")
HEAVY = ("torch", "transformers", "diffusers", "openvino", "openvino_genai", "openvino_tokenizers")


def basename(module: object) -> str:
    return module.__name__.rpartition(".")[2]


def sources() -> Iterator[tuple[str, str]]:
    """Yield (dotted name, source) of every module of the product."""
    for layer in LAYERS:
        for path in [ROOT / f"{layer}.py", *ROOT.glob(f"{layer}/**/*.py")]:
            if path.exists():
                name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
                yield name.removesuffix(".__init__"), path.read_text(encoding="utf-8")


def imports(source: str) -> set[str]:
    """Return the dotted names that a source imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def at_run_time(source: str) -> str:
    """Return a source without what is imported for type checkers only."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = [ast.Pass()]
    return ast.unparse(tree)


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def arrows(*, types: bool = True) -> Iterator[tuple[str, str]]:
    """Yield (module, what it imports)."""
    for module, source in sources():
        for name in imports(source if types else at_run_time(source)):
            yield module, name


def test_the_reader_sees_every_import() -> None:
    source = """
import a.b
from c import d as e
if TYPE_CHECKING:
    import f
def later():
    from g.h import i
"""
    assert imports(source) == {"a.b", "c.d", "f", "g.h.i"}
    assert imports(at_run_time(source)) == {"a.b", "c.d", "g.h.i"}
    assert {"app", "webapp.page", "assistants.chat", "prompts.library"} <= {module for module, _ in sources()}


def test_layers_import_only_what_lies_below_them() -> None:
    back = [
        (module, name)
        for module, name in arrows()
        for layer, above in zip(LAYERS, (LAYERS[place + 1 :] for place in range(len(LAYERS))), strict=True)
        if within(module, layer) and within(name, *above, *OUTSIDE)
    ]
    assert not back


def test_assistants_do_not_know_each_other() -> None:
    names = [f"assistants.{basename(assistant)}" for assistant in ASSISTANTS]
    crossing = [
        (module, name)
        for module, name in arrows()
        if within(name, *names)
        and within(module, "assistants")
        and module != "assistants"
        and not any(within(module, own) and within(name, own) for own in names)
    ]
    assert not crossing, "an assistant is used by the list of assistants and by its own files only"


def test_only_the_webapp_speaks_http() -> None:
    assert not [arrow for arrow in arrows() if within(arrow[1], *WEB) and not within(arrow[0], "webapp")]


def test_only_the_engines_run_models() -> None:
    assert not [arrow for arrow in arrows() if within(arrow[1], *HEAVY) and not within(arrow[0], "assistants.engines")]


def test_the_programs_that_run_models_and_the_studio_do_not_import_each_other() -> None:
    programs = "assistants.engines.programs"
    inside = [arrow for arrow in arrows() if within(arrow[0], programs)]
    assert f"{programs}.worker_pipe" in {module for module, _ in inside}
    assert not [arrow for arrow in inside if within(arrow[1], *LAYERS)]
    names = [file.stem for file in (ROOT / "assistants/engines/programs").iterdir()]
    assert not [arrow for arrow in arrows() if within(arrow[1], programs, *names) and arrow not in inside]


def test_the_library_does_not_import_the_studio_that_holds_it() -> None:
    # A command opens the studio itself, as the app does.
    library = [arrow for arrow in arrows(types=False) if not arrow[0].endswith(".__main__")]
    upwards = [arrow for arrow in library if within(arrow[0], "assistants") and "studio" in arrow[1]]
    assert not [arrow for arrow in upwards if within(arrow[1], "assistants.studio")]


def test_the_prompt_library_uses_no_model_library() -> None:
    assert not [arrow for arrow in arrows() if within(arrow[0], "prompts") and "langchain" in arrow[1]]


@pytest.mark.parametrize("tab", ASSISTANT_TABS, ids=basename)
def test_an_assistant_tab_has_its_files_under_one_name(tab: object) -> None:
    name = basename(tab)
    assert name in [basename(assistant) for assistant in ASSISTANTS]
    assert name in [assistant.ID for assistant in ASSISTANTS]
    assert list(ROOT.glob(f"prompts/{name}/*.prompt.yml"))
    assert list(ROOT.glob(f"tests/**/test_{name}.py"))


@pytest.mark.parametrize("tab", [*ASSISTANT_TABS, *ROOMS], ids=basename)
def test_a_tab_has_a_title_and_a_way_to_build_it(tab: object) -> None:
    assert tab.TITLE
    assert callable(tab.build)


def test_importing_the_app_loads_no_model_library() -> None:
    program = "import app, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert "webapp" in loaded
    assert not {*HEAVY, "scipy", "sklearn"} & set(loaded)
    assert "gradio" not in loaded, "the server imports it, after it has sealed it"
