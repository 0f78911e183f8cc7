"""Pictures in and out: the initial one and its mask, and the PNG of a finished one. Knows no model."""

import io
from dataclasses import dataclass
from typing import Any

from errors import Refused
from PIL import Image


@dataclass(frozen=True)
class Canvas:
    """What a drawing begins from, if it does not begin from nothing; ``mask`` is white where it is painted anew."""

    picture: Image.Image
    mask: Image.Image | None = None

    def keep(self, drawn: Image.Image) -> Image.Image:
        """Return what was drawn where the mask is white, and the initial picture elsewhere, to the pixel."""
        return Image.composite(drawn, self.picture, self.mask) if self.mask else drawn


def open_canvas(drawing: dict[str, Any]) -> Canvas | None:
    """Open the files that a drawing names, in the size of the drawing; raises ``Refused``."""
    if not drawing["init_image"]:
        return None
    picture = opened("init_image", drawing["init_image"], "RGB")
    mask = opened("mask", drawing["mask"], "L") if drawing["mask"] else None
    if mask and mask.size != picture.size:
        raise Refused("mask", "{field} has another size than the picture it is laid on.")
    size = (drawing["width"], drawing["height"])
    return Canvas(fitted(picture, size), mask and fitted(mask, size))


def opened(field: str, path: str, mode: str) -> Image.Image:
    """Open a picture; raises ``Refused``."""
    try:
        return Image.open(path).convert(mode)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refused(
            field, "{field} cannot be read: {cause}.", cause=getattr(error, "strerror", None) or "it is no picture"
        ) from None


def fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return a picture in a size."""
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def png(picture: Image.Image) -> bytes:
    """Return a PNG without metadata; whoever keeps it writes its own."""
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()
