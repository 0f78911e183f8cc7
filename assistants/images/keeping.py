"""Keeping a picture: its file with the settings in it, labelled as made by AI, and its row in the gallery.

The PNG says how it was made twice: as the studio's own record, which restores everything, and as the ``parameters``
text that AUTOMATIC1111's web UI and many others read. Knows nothing about how it was drawn.
"""

import hashlib
import io
import json
import re
from typing import TYPE_CHECKING, Any

from assistants import provenance
from assistants.images.reading import A1111, OURS
from assistants.jobs import RunningJob
from assistants.store import now
from assistants.store.pictures import Made, Picture

if TYPE_CHECKING:
    from PIL.Image import Image

    from assistants.studio import Studio

NAMES = {"steps": "Steps", "scheduler": "Sampler", "guidance": "CFG scale", "seed": "Seed"}
THUMBNAIL = 320


def keep(
    studio: "Studio",
    job: RunningJob,
    picture: "Image",
    *,
    settings: dict[str, Any],
    sent: str,
    made_with: dict[str, str],
    kind: str = "picture",
    place: int = 0,
) -> Picture:
    """Keep a picture that a job made, and return its row."""
    record = {"settings": settings, "sent": sent, "made_with": made_with, "kind": kind}
    content = provenance.label("image/png", f"{job.id}-{place}", _png(picture, record))
    pixels = digest(picture)
    # Together or not at all: a job that goes on after a restart asks for what there is.
    with studio.history.store.write():
        file = studio.history.files.add(job.who, _name(settings, sent), io.BytesIO(content), job.id)
        row = Picture(
            id=file.id,
            job=job.id,
            kind=kind,
            place=place,
            width=picture.width,
            height=picture.height,
            seed=settings.get("seed"),
            prompt=settings.get("prompt", ""),
            model=settings.get("model", ""),
            starred=False,
            created=now(),
        )
        try:
            studio.history.pictures.add(job.owner, Made(row, settings, made_with, pixels))
        except BaseException:
            file.path.unlink(missing_ok=True)
            raise
    return row


def digest(picture: "Image") -> str:
    """Return the sha256 of a picture's pixels."""
    return hashlib.sha256(picture.convert("RGB").tobytes()).hexdigest()


def shown(picture: Picture) -> dict[str, Any]:
    """Return what a job tells of a picture that is ready."""
    data = {name: getattr(picture, name) for name in ("id", "width", "height", "seed")}
    return data | {"index": picture.place, "file": address(picture.id)}


def address(file: str) -> str:
    """Return the address of a file."""
    return f"/api/files/{file}"


def parameters(settings: dict[str, Any], sent: str) -> str:
    """Return the settings as AUTOMATIC1111's web UI writes them."""
    lines = [sent.replace("\n", " ")]
    if settings.get("negative"):
        lines.append(f"Negative prompt: {settings['negative']}")
    said = [f"{name}: {settings[key]}" for key, name in NAMES.items() if settings.get(key) is not None]
    said.append(f"Size: {settings['width']}x{settings['height']}")
    said.append(f"Model: {settings.get('model', '')}")
    if settings.get("strength") is not None:
        said.append(f"Denoising strength: {settings['strength']}")
    return "\n".join([*lines, ", ".join(said)])


def _png(picture: "Image", record: dict[str, Any]) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    if "width" in record["settings"]:
        info.add_text(A1111, parameters(record["settings"], record["sent"]))
    info.add_text(OURS, json.dumps(record, ensure_ascii=True))
    file = io.BytesIO()
    picture.save(file, "PNG", pnginfo=info)
    return file.getvalue()


def _name(settings: dict[str, Any], sent: str) -> str:
    words = "-".join(re.findall(r"\w+", sent)[:8])[:60] or "picture"
    return f"{words}-{settings['seed']}.png" if settings.get("seed") is not None else f"{words}.png"


def thumbnail(studio: "Studio", picture: str, owner: str) -> Any:
    """Return the path of a small WebP of a picture, made at the first call; raises ``NotFound``."""
    from PIL import Image

    studio.history.pictures.get(picture, owner)
    path = studio.history.pictures.thumbnail(picture)
    if not path.exists():
        with Image.open(studio.history.files.get(picture, owner).path) as whole:
            small = whole.convert("RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL))
        draft = path.with_suffix(".new")
        small.save(draft, "WEBP", quality=85)
        draft.replace(path)
    return path
