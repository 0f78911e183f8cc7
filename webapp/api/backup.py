"""The backup over HTTP, for the operator: taken while the studio runs, put by for its next start.

Knows how the bytes come and go; knows nothing about what is in them.
"""

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.requests import ClientDisconnect

from assistants.errors import InvalidInput
from assistants.history.backup import DAMAGED, TOO_LARGE, room
from assistants.principals import must_be_operator
from assistants.store import now
from webapp.api.dependencies import TheStudio, Who
from webapp.api.errors import answers
from webapp.api.history import ZIP, Shape, Words, zipped

router = APIRouter(tags=["history"])

ZIP_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class WaitingBackup(Shape):
    """A backup that takes the place of the history at the next start."""

    made: str = Field(description="When it was made")
    items: int
    files: int


@router.get("/backup", response_class=StreamingResponse, responses=ZIP | answers(401, 403, 503))
def download_backup(studio: TheStudio, who: Who) -> StreamingResponse:
    """Download the whole history of this studio, for its operator."""
    return zipped(studio, f"backup-{now()[:10]}.zip", lambda target: studio.history.backup(who, target))


@router.put("/backup", status_code=202, responses=answers(401, 403, 422, 503), openapi_extra=ZIP_BODY)
async def put_backup_by(
    studio: TheStudio,
    who: Who,
    request: Request,
    name: Annotated[Words, Query(description="What the file is called, for what is said of it")] = "backup.zip",
) -> WaitingBackup:
    """Check a backup and let it take the place of the whole history at the next start, for the operator."""
    must_be_operator(who)
    # As it comes, so that neither memory nor the limit of other bodies bounds it, and nobody else fills the disk.
    with tempfile.TemporaryDirectory(prefix="restore-", dir=studio.settings.home) as folder:
        archive = Path(folder) / "upload.zip"
        try:
            with archive.open("wb") as file:
                async for block in request.stream():
                    if len(block) > room(archive.parent):
                        raise InvalidInput("file", TOO_LARGE, file=name)
                    await run_in_threadpool(file.write, block)
        except ClientDisconnect as error:
            raise InvalidInput("file", DAMAGED, file=name) from error
        waiting = await run_in_threadpool(studio.history.stage_restore, who, archive, name)
    return WaitingBackup.model_validate(waiting)


@router.delete("/backup", status_code=204, responses=answers(401, 403, 503))
def forget_backup(studio: TheStudio, who: Who) -> None:
    """Let the next start go on with the history there is, for the operator."""
    studio.history.discard_staged(who)
