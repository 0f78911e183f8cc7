"""The program that makes a picture larger: a command comes in, events go out, each one line of JSON.

It is a process of its own because native code may crash, and because the memory of a model returns only with its
process. It is run by its path and imports nothing of the studio. The picture is worked on in tiles that overlap, so
that its size does not matter.

In    {"model": path}                              the first line: safetensors
      {"id", "picture": PNG in base64, "scale"}    make it so many times as large
Out   {"ready": true, "scale"}                     the model is loaded; how many times as large its own result is
      {"id", "done": tiles, "total": tiles}        a tile is done
      {"id", "picture": PNG in base64}             the larger picture
      {"id", "error": cause}                       this request is over
      {"broken": cause}                            everything is over
"""

import io
from base64 import b64decode, b64encode
from typing import Any

from worker_pipe import Event, Report, answer_each, first_line, stand_back

TILE, OVERLAP = 256, 16


class Worker:
    """The model, and what it answers."""

    def __init__(self, path: str) -> None:
        import torch
        from spandrel import ImageModelDescriptor, ModelLoader

        self._torch = torch
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model = ModelLoader(self._device).load_from_file(path)
        if not isinstance(self._model, ImageModelDescriptor):
            raise ValueError("it does not make pictures larger")
        self._model.eval()
        self._scale = self._model.scale
        self.facts = {"scale": self._scale}

    def answer(self, report: Report, picture: str, scale: int) -> Event:
        """Return the picture, ``scale`` times as large."""
        from PIL import Image

        made = self._enlarge(Image.open(io.BytesIO(b64decode(picture))).convert("RGB"), scale, report)
        file = io.BytesIO()
        made.save(file, "PNG", compress_level=1)
        return {"picture": b64encode(file.getvalue()).decode()}

    def _enlarge(self, picture: Any, scale: int, report: Report) -> Any:
        from PIL import Image

        boxes = [
            (left, top, min(left + TILE, picture.width), min(top + TILE, picture.height))
            for top in range(0, picture.height, TILE)
            for left in range(0, picture.width, TILE)
        ]
        large = Image.new("RGB", (picture.width * self._scale, picture.height * self._scale))
        for number, box in enumerate(boxes, 1):
            self._paste(large, picture, box)
            report(done=number, total=len(boxes))
        return large.resize((picture.width * scale, picture.height * scale), Image.Resampling.LANCZOS)

    def _paste(self, large: Any, picture: Any, box: tuple[int, int, int, int]) -> None:
        left, top, right, bottom = box
        outer = (
            max(0, left - OVERLAP), max(0, top - OVERLAP),
            min(picture.width, right + OVERLAP), min(picture.height, bottom + OVERLAP),
        )  # fmt: skip
        made = self._run(picture.crop(outer))
        corner = ((left - outer[0]) * self._scale, (top - outer[1]) * self._scale)
        size = ((right - left) * self._scale, (bottom - top) * self._scale)
        piece = made.crop((*corner, corner[0] + size[0], corner[1] + size[1]))
        large.paste(piece, (left * self._scale, top * self._scale))

    def _run(self, tile: Any) -> Any:
        import numpy
        from PIL import Image

        values = self._torch.from_numpy(numpy.asarray(tile).copy()).to(self._device).float().div(255)
        with self._torch.inference_mode():
            made = self._model(values.permute(2, 0, 1)[None])[0]
        pixels = made.clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).cpu().numpy()
        return Image.fromarray(pixels)


if __name__ == "__main__":
    stand_back()
    # A file can be wrong in more ways than the library has errors for.
    answer_each(Worker, unloadable=Exception, failing=(RuntimeError, MemoryError), cause=first_line)
