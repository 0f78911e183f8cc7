"""The rows that people have of images: pictures, and the boards that they put them on."""

from collections.abc import Iterable
from typing import Any

from assistants.history.search import TITLE
from assistants.store.pictures import Wanted
from assistants.store.row_kinds import Hit, Part, RowKind


def _find(studio: Any, owner: str, q: str, limit: int) -> Iterable[Hit]:
    """Find the owner's pictures by prompt."""
    found = studio.history.pictures.page(owner, Wanted(query=q, limit=limit)).pictures
    return [Hit(one.id, one.prompt[:TITLE], time=one.created) for one in found]


ROWS = (
    RowKind(
        "picture",
        "pictures",
        tab="images",
        parameters=("image",),
        icon="image",
        find=_find,
        order=6,
        title="prompt",
        path="thumbnails/{id}.webp",
        parts=(
            Part("pictures", "job", "jobs"),
            Part("files", "id", "pictures"),
            Part("board_pictures", "picture", "pictures"),
        ),
    ),
    RowKind("board", "boards", parts=(Part("board_pictures", "board", "boards"),)),
)
