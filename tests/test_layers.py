"""The arrows of the house point one way: this reads every import and fails on one that points back."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from assistants import ASSISTANTS
from webapp.tabs import ASSISTANT_TABS, OTHER_TABS

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


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def arrows() -> Iterator[tuple[str, str]]:
    """Yield (module, what it imports), for types alone, too."""
    for module, source in sources():
        for name in imports(source):
            yield module, name


def package(name: str) -> str:
    """Return the part of the library that a module or a name in it belongs to."""
    return ".".join(name.split(".")[:2])


def circle(links: Iterable[tuple[str, str]]) -> list[str]:
    """Return what leads back to where it began, if something does."""
    graph: dict[str, set[str]] = {}
    for one, other in links:
        if one != other:
            graph.setdefault(one, set()).add(other)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


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
    names = {package(assistant.__name__) for assistant in ASSISTANTS}
    crossing = [
        (module, name)
        for module, name in arrows()
        if package(name) in names - {package(module)} and within(module, "assistants") and module != "assistants"
    ]
    assert not crossing, "an assistant is used by the list of assistants and by its own files only"


def test_no_arrow_comes_back_to_where_it_began() -> None:
    modules = {module for module, _ in sources()}
    # A command opens the studio itself, as the app does.
    library = [
        (module, name if name in modules else name.rpartition(".")[0])
        for module, name in arrows()
        if within(module, "assistants") and within(name, "assistants") and not module.endswith(".__main__")
    ]
    assert not circle(library)
    assert not circle((package(module), package(name)) for module, name in library)
    assert set(circle([("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")])) == {"b", "c"}


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


def test_the_prompt_library_uses_no_model_library() -> None:
    assert not [arrow for arrow in arrows() if within(arrow[0], "prompts") and "langchain" in arrow[1]]


@pytest.mark.parametrize("tab", ASSISTANT_TABS, ids=basename)
def test_an_assistant_tab_has_its_files_under_one_name(tab: object) -> None:
    name = basename(tab)
    assert name in [basename(assistant) for assistant in ASSISTANTS]
    assert name in [assistant.ID for assistant in ASSISTANTS]
    (assistant,) = [one for one in ASSISTANTS if name == one.ID]
    if "template" in assistant.Request.model_fields:
        assert list(ROOT.glob(f"prompts/{name}/*.prompt.yml"))
    assert list(ROOT.glob(f"tests/**/test_{name}.py"))


@pytest.mark.parametrize("tab", [*ASSISTANT_TABS, *OTHER_TABS], ids=basename)
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
