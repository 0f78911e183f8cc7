"""A studio with a tiny real model of its own, shared by the tests of the lab."""

from collections.abc import Iterator
from typing import Any

import pytest

from assistants.opening import open_studio
from assistants.principals import LOCAL
from assistants.settings import Settings
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from tests.engines import tiny

TINY = "local:tiny"


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("lab")
    tiny.take_one_thread()
    tiny.make_llama(folder / "tiny")
    with pytest.MonkeyPatch.context() as patch:
        # Without the instructions for bfloat16, the engine computes in float32, as the tests do.
        patch.setenv("ATEN_CPU_CAPABILITY", "avx2")
        settings = Settings(home=folder / "home", text_model="echo:", image_model="echo:")
        studio = open_studio(settings)
        name = studio.models.installer.install(str(folder / "tiny"), LOCAL)
        assert [*studio.models.waiting(name)] and name == TINY.removeprefix("local:")
        studio.close()
        studio = open_studio(settings.model_copy(update={"text_model": TINY}))
        yield studio
        studio.close()


def done(studio: Studio, assistant: str, **request: Any) -> JobRow:
    """Run a job to its end and return it, which must be a good one."""
    row = ended(studio, assistant, **request)
    assert row.status == "done", row.failure
    return row


def ended(studio: Studio, assistant: str, **request: Any) -> JobRow:
    """Run a job to its end and return it."""
    return studio.jobs.wait(studio.jobs.submit(assistant, request, LOCAL).id, LOCAL.id, 60)


def look(studio: Studio, part: str, **request: Any) -> dict[str, Any]:
    """Return what a look finds."""
    return done(studio, "lab", part=part, **request).result or {}
