"""Files over HTTP: give one in, get one out.

Whatever a file says it is, only pictures, plain text and PDF are shown; all else is a download. Knows nothing about
what files are for.
"""

from urllib.parse import quote

from fastapi import APIRouter, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel

from webapp.api.dependencies import Id, Owner, TheStudio, Who
from webapp.api.errors import Answers, answers

router = APIRouter(tags=["files"])

SHOWN = {
    "image/png": "image/png",
    "image/jpeg": "image/jpeg",
    "image/gif": "image/gif",
    "image/webp": "image/webp",
    "text/plain": "text/plain; charset=utf-8",
    "application/pdf": "application/pdf",
}
DOWNLOAD = "application/octet-stream"
KINDS = [kind.split(";")[0] for kind in (*SHOWN.values(), DOWNLOAD)]
FILE: Answers = {200: {"content": {kind: {} for kind in KINDS}, "description": "The file"}}


class Kept(BaseModel):
    """A file that was taken in."""

    id: str


def disposition(name: str, kind: str = "attachment") -> str:
    """Return a Content-Disposition with ``name`` in any script (RFC 6266 and 5987)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


@router.post("/files", responses=answers(401, 413, 422, 503), form_limits={"max_files": 1, "max_fields": 8})
def upload_file(studio: TheStudio, who: Who, file: UploadFile) -> Kept:
    """Take in a file, for requests that name it by its id."""
    return Kept(id=studio.history.files.add(who, file.filename or "file", file.file).id)


@router.get("/files/{id}", response_class=FileResponse, responses=FILE | answers(401, 404, 422, 503))
def download_file(studio: TheStudio, owner: Owner, id: Id) -> FileResponse:
    """Return a file."""
    file = studio.history.files.get(id, owner)
    headers = {
        "Content-Disposition": disposition(file.name, "inline" if file.type in SHOWN else "attachment"),
        "Cache-Control": "private, max-age=86400, immutable",
    }
    return FileResponse(file.path, media_type=SHOWN.get(file.type, DOWNLOAD), headers=headers)
