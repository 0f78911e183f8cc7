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
import json
import os
import signal
import sys
from base64 import b64decode, b64encode
from typing import Any, BinaryIO

# Threads that wait in a loop for each other hardly get on where other programs want the processors, too. Read when
# torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

TILE, OVERLAP = 256, 16
NICE = 10


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
        self.scale = self._model.scale

    def enlarge(self, picture: Any, scale: int, told: Any) -> Any:
        """Return the picture ``scale`` times as large; calls ``told(done, total)`` after each tile."""
        from PIL import Image

        boxes = [
            (left, top, min(left + TILE, picture.width), min(top + TILE, picture.height))
            for top in range(0, picture.height, TILE)
            for left in range(0, picture.width, TILE)
        ]
        large = Image.new("RGB", (picture.width * self.scale, picture.height * self.scale))
        for number, box in enumerate(boxes, 1):
            self._paste(large, picture, box)
            told(number, len(boxes))
        return large.resize((picture.width * scale, picture.height * scale), Image.Resampling.LANCZOS)

    def _paste(self, large: Any, picture: Any, box: tuple[int, int, int, int]) -> None:
        left, top, right, bottom = box
        outer = (
            max(0, left - OVERLAP), max(0, top - OVERLAP),
            min(picture.width, right + OVERLAP), min(picture.height, bottom + OVERLAP),
        )  # fmt: skip
        made = self._run(picture.crop(outer))
        corner = ((left - outer[0]) * self.scale, (top - outer[1]) * self.scale)
        size = ((right - left) * self.scale, (bottom - top) * self.scale)
        piece = made.crop((*corner, corner[0] + size[0], corner[1] + size[1]))
        large.paste(piece, (left * self.scale, top * self.scale))

    def _run(self, tile: Any) -> Any:
        import numpy
        from PIL import Image

        values = self._torch.from_numpy(numpy.asarray(tile).copy()).to(self._device).float().div(255)
        with self._torch.inference_mode():
            made = self._model(values.permute(2, 0, 1)[None])[0]
        pixels = made.clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).cpu().numpy()
        return Image.fromarray(pixels)


def answer(worker: Worker, command: dict[str, Any], say: Any) -> None:
    """Do what a command asks for."""
    from PIL import Image

    number = command["id"]
    picture = Image.open(io.BytesIO(b64decode(command["picture"]))).convert("RGB")
    try:
        made = worker.enlarge(
            picture, command["scale"], lambda done, total: say({"id": number, "done": done, "total": total})
        )
    except (RuntimeError, MemoryError) as error:
        say({"id": number, "error": (str(error).splitlines() or [type(error).__name__])[0]})
        return
    file = io.BytesIO()
    made.save(file, "PNG", compress_level=1)
    say({"id": number, "picture": b64encode(file.getvalue()).decode()})


def own_output() -> BinaryIO:
    """Return standard output for events alone; what libraries print goes to standard error."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return output


def main() -> int:
    """Run until standard input ends; returns the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(NICE)
    output = own_output()

    def say(event: dict[str, Any]) -> None:
        output.write(json.dumps(event).encode() + b"\n")
        output.flush()

    first = json.loads(sys.stdin.buffer.readline())
    try:
        worker = Worker(first["model"])
    except Exception as error:  # noqa: BLE001 (a file can be wrong in more ways than the library has errors for)
        say({"broken": (str(error).splitlines() or [type(error).__name__])[0]})
        return 1
    say({"ready": True, "scale": worker.scale})
    for line in sys.stdin.buffer:
        command = json.loads(line)
        if "picture" in command:
            answer(worker, command, say)
    return 0


if __name__ == "__main__":
    sys.exit(main())
