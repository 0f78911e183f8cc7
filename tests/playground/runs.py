"""How the tests of the playground run a matrix on the stand-in."""

from typing import Any

from assistants.principals import LOCAL
from assistants.store.jobs import JobRow
from assistants.studio import Studio

OWNER = LOCAL
ECHO = [{"role": "user", "content": "{{text}}"}]


def run(studio: Studio, **request: Any) -> JobRow:
    """Run a request to its end; by default the stand-in says what each row says."""
    job = studio.jobs.submit("playground", {"messages": ECHO, **request}, OWNER)
    return studio.jobs.wait(job.id, OWNER.id, 60)


def cells(job: JobRow, *names: str) -> list[Any]:
    """Return these of each cell, in order; of a single name its values."""
    assert job.status == "done", job.error
    found = [tuple(cell[name] for name in names) for cell in job.result["cells"]]
    return [values[0] for values in found] if len(names) == 1 else found


def rows(*texts: str, **more: str) -> list[dict[str, str]]:
    """Return rows with these texts."""
    return [{"text": text, **more} for text in texts]
