"""Draws: one picture at a time, with a look at the commands after each step.

Knows pipelines and what a drawing says; knows nothing about pipes or files.
"""

import logging
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import facts
import torch
from adapters import Adapters
from emphasis import Emphasis
from errors import Refused, Stopped, cause
from loading import Model
from pictures import Canvas, open_canvas, png
from PIL import Image
from previews import Previews
from schedules import Schedules, Watch
from worker_pipe import Event, Inbox, Say

# Above this side the VAE works in tiles: a whole large picture takes it gigabytes.
TILED_SIDE = 1536


class Commands:
    """What the studio wants, in the order in which it came."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._waiting: deque[Event] = deque()
        self._ended = False

    def next(self) -> Event | None:
        """Wait for a drawing; None at the end."""
        while not self._waiting and not self._ended:
            self._take(self._inbox.get())
        return None if self._ended else self._waiting.popleft()

    def cancelled(self, id: int) -> bool:
        """Say whether the drawing that is under way is not wanted any more."""
        found = False
        while not self._inbox.empty():
            command = self._inbox.get()
            found = found or (command is not None and "drawing" not in command and command["id"] == id)
            self._take(command)
        return found or self._ended

    def _take(self, command: Event | None) -> None:
        if command is None:
            self._ended = True
        elif "drawing" in command:
            self._waiting.append(command)
        else:
            self._waiting = deque(one for one in self._waiting if one["id"] != command["id"])


class Worker:
    """A model and what it is asked for."""

    def __init__(self, model: Model, schedulers: dict[str, str], previews: float, say: Say) -> None:
        self._model, self._say, self._pause = model, say, previews
        pipeline = model.pipeline
        self._pipelines = facts.pipelines(model)
        self._schedules = Schedules(pipeline.scheduler, schedulers)
        self._previews = Previews(pipeline)
        self._emphasis = Emphasis(model.encoders)
        self._adapters = Adapters(pipeline)

    @property
    def facts(self) -> Event:
        """What the studio has to know about the model."""
        every: tuple[str, ...] = ("text", "image", "inpaint")
        tasks = [task for task in every if task in self._pipelines]
        if "image" in tasks and "inpaint" not in tasks:
            tasks.append("inpaint")
        return facts.read(self._model, tasks, self._schedules, weighted=self._emphasis.possible)

    def run(self, commands: Commands) -> None:
        """Draw until there is nothing more to come."""
        while command := commands.next():
            id = command["id"]
            try:
                with torch.inference_mode():
                    self._draw(id, command["drawing"], partial(commands.cancelled, id))
                self._say({"id": id, "end": True})
            except Stopped:
                pass
            except Refused as refusal:
                self._say({"id": id, "refused": refusal.told})
            except (BrokenPipeError, KeyboardInterrupt):
                raise
            except Exception as error:
                logging.exception("a drawing broke")
                self._say({"id": id, "error": cause(error)})
            self._clear()

    def _clear(self) -> None:
        if self._model.device == "cuda":
            torch.cuda.empty_cache()

    def _draw(self, id: int, drawing: Event, cancelled: Callable[[], bool]) -> None:
        canvas = open_canvas(drawing)
        self._tile(drawing)
        self._adapters.use(drawing["loras"])
        with self._emphasis.reading(drawing["prompt"], drawing["negative"]) as (prompt, negative):
            drawing = drawing | {"prompt": prompt, "negative": negative}
            for index, seed in enumerate(drawing["seeds"]):
                if cancelled():
                    raise Stopped
                picture = Picture(self._pipelines, self._schedules, drawing, seed, canvas)
                course = Course(id, index, len(drawing["seeds"]), self._say, cancelled, self._preview(drawing))
                drawn = picture.draw(course)
                self._say({"id": id, "index": index, "seed": seed, "picture": b64encode(png(drawn)).decode()})

    def _tile(self, drawing: Event) -> None:
        vae = self._model.pipeline.vae
        if hasattr(vae, "enable_tiling"):
            is_large = max(drawing["width"], drawing["height"]) > TILED_SIDE
            (vae.enable_tiling if is_large else vae.disable_tiling)()

    def _preview(self, drawing: Event) -> Callable[[torch.Tensor], bytes | None]:
        """Return what makes a small picture of latents, at most every so many seconds."""
        shown = time.monotonic()

        def preview(latents: torch.Tensor) -> bytes | None:
            nonlocal shown
            if time.monotonic() - shown < self._pause:
                return None
            shown = time.monotonic()
            return self._previews.jpeg(latents, drawing["width"], drawing["height"])

        return preview


class Course:
    """Tells how a picture comes along, and ends it when nobody wants it."""

    def __init__(
        self,
        id: int,
        index: int,
        count: int,
        say: Say,
        cancelled: Callable[[], bool],
        preview: Callable[[torch.Tensor], bytes | None],
    ) -> None:
        self._id, self._index, self._count = id, index, count
        self._say, self._cancelled, self._preview = say, cancelled, preview

    def step(self, step: int, steps: int, latents: torch.Tensor) -> None:
        """Say that a step is done; raises ``Stopped``."""
        if self._cancelled():
            raise Stopped
        self._say({"id": self._id, "done": self._index * steps + step + 1, "total": self._count * steps})
        if jpeg := self._preview(latents):
            self._say({"id": self._id, "index": self._index, "preview": b64encode(jpeg).decode()})


class Picture:
    """One picture: its pipeline, scheduler and noise."""

    def __init__(
        self, pipelines: dict[str, Any], schedules: Schedules, drawing: Event, seed: int, canvas: Canvas | None
    ) -> None:
        self._drawing, self._canvas = drawing, canvas
        masked = canvas is not None and canvas.mask is not None
        # Without a pipeline of its own for painting over, a model paints all, and the rest is put back at each step.
        self._blends = masked and "inpaint" not in pipelines
        task = "text" if canvas is None else "inpaint" if masked and not self._blends else "image"
        self._pipeline = pipelines[task]
        self._pipeline.scheduler = schedules.make(drawing["scheduler"])
        self._watch = Watch(self._pipeline.scheduler)
        self._generator = torch.Generator("cpu").manual_seed(seed)
        self._keep: torch.Tensor | None = None

    def draw(self, course: Course) -> Any:
        """Return the finished picture; raises ``Stopped``."""

        def told(step: int, steps: int, latents: torch.Tensor) -> None:
            guess = self._watch.guess
            course.step(step, steps, latents if guess is None else guess)

        def step(pipeline: Any, step: int, time: Any, values: Event) -> Event:
            if self._blends:
                values["latents"] = self._blended(values["latents"], time)
            told(step, pipeline.num_timesteps, values["latents"])
            return values

        def old_step(step: int, time: Any, latents: torch.Tensor) -> None:
            told(step, self._drawing["steps"], latents)

        is_old = "callback_on_step_end" not in facts.options(self._pipeline)
        listening = {"callback": old_step} if is_old else {"callback_on_step_end": step}
        output = self._pipeline(**self._options(), **listening)
        if any(getattr(output, "nsfw_content_detected", None) or ()):
            raise Refused(
                "prompt", "The model's own check withheld this picture as unsafe. Try other words or another seed."
            )
        (drawn,) = output.images
        return self._canvas.keep(drawn) if self._canvas else drawn

    def _options(self) -> Event:
        drawing, takes = self._drawing, facts.options(self._pipeline)
        given = {
            "prompt": drawing["prompt"],
            "num_inference_steps": drawing["steps"],
            "guidance_scale": drawing["guidance"],
            "generator": self._generator,
            "width": drawing["width"],
            "height": drawing["height"],
            # Else it draws in a size near to the one asked for, and cuts that.
            "use_resolution_binning": False,
        }
        # Without one, some take nothing at all instead of an empty text, as they were trained.
        given |= {"negative_prompt": drawing["negative"]} if drawing["negative"] else {}
        if self._canvas:
            given |= {"image": self._canvas.picture, "mask_image": self._canvas.mask}
            given |= {"strength": drawing["strength"]} if drawing["strength"] else {}
        return {name: value for name, value in given.items() if name in takes}

    def _blended(self, latents: torch.Tensor, time: Any) -> torch.Tensor:
        if self._keep is None:
            assert self._canvas and self._canvas.mask, "only a part of a picture is painted anew"
            small = self._canvas.mask.resize((latents.shape[-1], latents.shape[-2]), Image.Resampling.BOX)
            # A latent that has any part in what is painted anew is free: the rest is put back at the end, to the pixel.
            self._keep = torch.tensor(list(small.tobytes())).view(1, 1, *latents.shape[-2:]).to(latents.device) == 0
        noisy = self._watch.noisy(time).to(latents)
        return torch.where(self._keep, noisy, latents)
