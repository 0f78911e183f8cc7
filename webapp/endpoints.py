"""Which of Gradio's own endpoints answer, whom, and how much they take; every other one is 404 to everybody.

``PAGE`` is what the page is made of. What is on the page adds the rest: an event that goes through Gradio's queue adds
``QUEUE``, an event with a name that programs may call (``api_visibility`` other than private) adds ``NAMED`` and its
own ``run/<name>``. Files of Gradio's components do not go through Gradio at all (``webapp.transfers``). Knows nothing
about what passes, nor how it is looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradio import Blocks

MB = 1024 * 1024
GET, POST = ("GET",), ("POST",)
# Whoever may ask: anybody, or those with a cookie or a key.
ANYBODY, VISITOR = "anybody", "visitor"


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of Gradio.

    ``path`` is a pattern, ``limit`` how many bytes a body may have. An ``event`` is looked at before it passes, with
    the name that its path may hold; one that is ``queued`` takes none but events that wait. Of what has a ``session``
    in its query, it is the asker's own.
    """

    path: str
    methods: tuple[str, ...] = GET
    who: str = ANYBODY
    limit: int = 0
    event: bool = False
    queued: bool = False
    session: bool = False


FILE = r"\w[\w.-]*"

# The page itself, the parts of Gradio that it is made of, and what its events answer at once. Strangers' events come as
# far as the handlers, which tell them to open the page first.
PAGE = (
    Endpoint("/", ("GET", "HEAD")),
    Endpoint(f"/assets/{FILE}"),
    Endpoint(f"/static/(?:{FILE}/){{0,3}}{FILE}"),
    Endpoint("/theme.css"),
    Endpoint("/favicon.ico"),
    Endpoint("/manifest.json"),
    Endpoint("/pwa_icon"),
    # What the page itself holds, as data: by it a program knows the numbers of the events.
    Endpoint("/config"),
    Endpoint("/gradio_api/run/predict", POST, ANYBODY, 8 * MB, event=True),
)
# Events that wait for their turn, and the stream of their answers.
QUEUE = (
    Endpoint("/gradio_api/queue/join", POST, VISITOR, MB, event=True, queued=True),
    Endpoint("/gradio_api/queue/data", GET, VISITOR, session=True),
)
# What gradio_client asks for before it calls an event by its name.
NAMED = (Endpoint("/gradio_api/info", GET, VISITOR),)


def needed(blocks: "Blocks") -> list[tuple[re.Pattern[str], Endpoint]]:
    """Return the endpoints that a page needs, each with the pattern of its path."""
    return [(re.compile(f"{one.path}/?" if one.event else one.path), one) for one in _needed(blocks)]


def _needed(blocks: "Blocks") -> Iterator[Endpoint]:
    events = [fn for fn in blocks.fns.values() if fn.fn is not None]
    named = sorted({fn.api_name for fn in events if fn.api_visibility != "private" and fn.api_name})
    yield from PAGE
    if any(fn.queue for fn in events):
        yield from QUEUE
    if named:
        yield from NAMED
    for name in named:
        yield Endpoint(f"/gradio_api/run/(?P<name>{re.escape(name)})", POST, ANYBODY, MB, event=True)
