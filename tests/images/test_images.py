"""Images at its public door: jobs submitted on the stand-in, pictures read back."""

import asyncio
import io
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assistants import provenance
from assistants.errors import InvalidInput, NotFound, StoreError
from assistants.images import Request
from assistants.images.planning import Planner
from assistants.images.preflight import preflight
from assistants.jobs import Part, Progress, note, room
from assistants.opening import open_studio
from assistants.principals import LOCAL, of_owner
from assistants.settings import Settings
from assistants.store.jobs import JobRow
from assistants.store.pictures import Made, Wanted
from assistants.studio import Studio
from tests.images.conftest import Draw

SLOW = "echo:delay=0.05"


def parts(studio: Studio, job: JobRow, name: str) -> list[Any]:
    return [
        data["data"] for _, kind, data in studio.history.jobs.events(job.id) if kind == "part" and data["name"] == name
    ]


def picture(studio: Studio, job: JobRow, place: int = 0) -> Image.Image:
    return Image.open(io.BytesIO(studio.history.files.get(file_of(job, place), job.owner).path.read_bytes()))


def file_of(job: JobRow, place: int = 0) -> str:
    return job.result["images"][place]["file"].removeprefix("/api/files/")


def upload(studio: Studio, size: tuple[int, int], colour: str = "red", owner: str = "local") -> str:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return studio.history.files.add(of_owner(owner), "mine.png", io.BytesIO(file.getvalue())).id


def follow_until(studio: Studio, job: JobRow, wanted: Any) -> None:
    async def seen() -> None:
        async for _, event in studio.jobs.follow(job.id, job.owner):
            if wanted(event):
                return

    asyncio.run(asyncio.wait_for(seen(), 20))


def test_pictures_are_drawn_with_seeds_that_follow_each_other(studio: Studio, draw: Draw) -> None:
    job = draw(prompt="a cat", count=3, seed=7, width=128, height=64)
    assert job.status == "done", job.error
    assert [(one["width"], one["height"], one["seed"]) for one in job.result["images"]] == [
        (128, 64, seed) for seed in (7, 8, 9)
    ]
    assert picture(studio, job).size == (128, 64)
    assert [part["text"] for part in parts(studio, job, "prompt")] == ["a cat"] * 3
    assert job.usage["steps"] == 24 and job.usage["seconds"] > 0


def test_a_seed_that_nobody_chose_is_kept(studio: Studio, draw: Draw) -> None:
    job = draw(prompt="a cat")
    assert job.request["seed"] == job.result["images"][0]["seed"]
    again = studio.jobs.wait(studio.jobs.again(job.id, LOCAL).id, "local", 20)
    assert picture(studio, again).tobytes() == picture(studio, job).tobytes()


def test_a_picture_says_how_it_was_made_and_by_whom(studio: Studio, draw: Draw) -> None:
    job = draw(prompt="a cat", negative="dogs", seed=3, steps=4)
    found = picture(studio, job)
    assert found.info["parameters"].startswith(
        "a cat\nNegative prompt: dogs\nSteps: 4, Sampler: euler, CFG scale: 5.0, Seed: 3"
    )
    record = json.loads(found.info["aigc-studio"])
    assert record["settings"]["steps"] == 4 and record["made_with"]["engine"] == "echo"
    content = studio.history.files.get(file_of(job), "local").path.read_bytes()
    assert provenance.read(content)["ProduceID"] == f"{job.id}-0"
    assert provenance.label("image/png", "other", content) == content


def test_a_style_is_put_around_the_prompt(studio: Studio, draw: Draw) -> None:
    job = draw(prompt="a fox", style="images/watercolour")
    (sent,) = parts(studio, job, "prompt")
    assert sent["text"].startswith("a fox, watercolour painting")
    made = studio.history.pictures.get(file_of(job), "local")
    assert (made.picture.prompt, made.settings["style"]) == ("a fox", "images/watercolour")
    assert made.settings["style_version"]


def test_wildcards_are_kept_as_what_they_became(studio: Studio, settings: Settings, draw: Draw) -> None:
    (settings.home / "wildcards").mkdir()
    (settings.home / "wildcards" / "animals.txt").write_text("# mine\nan owl\n", encoding="utf-8")
    job = draw(prompt="__animals__ on a {red|blue} chair", count=8, seed=1)
    prompts = {studio.history.pictures.get(file_of(job, place), "local").picture.prompt for place in range(8)}
    assert prompts == {"an owl on a red chair", "an owl on a blue chair"}


def test_a_picture_from_a_picture_has_its_shape(studio: Studio, draw: Draw) -> None:
    job = draw(prompt="a cat", init_image=upload(studio, (300, 150)), seed=1)
    image = job.result["images"][0]
    assert (image["width"] / image["height"], image["width"] % 8) == (pytest.approx(2, rel=0.1), 0)
    assert studio.history.pictures.get(file_of(job), "local").settings["strength"] == 0.6


def test_a_plot_is_a_grid_of_pictures(studio: Studio, draw: Draw) -> None:
    plot = {"x": {"field": "steps", "values": [2, 4]}, "y": {"field": "prompt", "values": ["cat", "dog", "owl"]}}
    job = draw(prompt="a cat", plot=plot, seed=5)
    assert len(job.result["images"]) == 6
    (grid,) = parts(studio, job, "grid")
    assert grid["width"] > 2 * 256 and grid["height"] > 3 * 256
    sent = [(part["text"]) for part in parts(studio, job, "prompt")]
    assert sent == ["a cat", "a cat", "a dog", "a dog", "a owl", "a owl"]
    assert {studio.history.pictures.get(file_of(job, place), "local").settings["seed"] for place in range(6)} == {5}


def test_drawn_again_it_is_the_same_picture(studio: Studio, draw: Draw) -> None:
    first = draw(prompt="a {red|blue} cat", count=2)
    again = draw(repeat=file_of(first, 1))
    assert parts(studio, again, "note")[0]["template"] == "The same picture came out, pixel for pixel."


def test_drawn_again_with_something_else_it_says_what(studio: Studio, draw: Draw) -> None:
    first = file_of(draw(prompt="a cat"))
    with studio.history.store.write() as db:
        made_with = json.dumps({"engine": "echo", "seeds": "same", "torch": "1.0"})
        db.execute("UPDATE pictures SET made_with = ?, pixels = 'other' WHERE id = ?", (made_with, first))
    again = draw(repeat=first)
    (note,) = parts(studio, again, "note")
    assert note["values"]["changes"] == "torch: 1.0 → -"


def test_stop_keeps_what_was_last_seen(studio: Studio) -> None:
    job = studio.jobs.submit("images", {"prompt": "a cat", "model": "echo:delay=0.3", "count": 2}, LOCAL)
    follow_until(studio, job, lambda event: event.kind == "preview")
    assert studio.jobs.preview(job.id, "local")[:3] == b"\xff\xd8\xff"
    studio.jobs.stop(job.id, "local")
    job = studio.jobs.wait(job.id, "local", 20)
    assert job.status == "stopped"
    (shown,) = parts(studio, job, "picture")
    assert shown["unfinished"] and picture(studio, job).size == (256, 256)
    assert studio.history.pictures.get(shown["id"], "local").picture.kind == "unfinished"
    with pytest.raises(NotFound):
        studio.jobs.preview(job.id, "local")


def test_a_picture_is_skipped_and_the_next_one_drawn(studio: Studio) -> None:
    job = studio.jobs.submit("images", {"prompt": "a cat", "model": SLOW, "count": 2, "seed": 1}, LOCAL)
    follow_until(studio, job, lambda event: event.kind == "progress" and event.note == "Drawing the picture")
    studio.jobs.skip(job.id, "local")
    job = studio.jobs.wait(job.id, "local", 20)
    assert job.status == "done"
    assert parts(studio, job, "skipped") == [{"index": 0}]
    assert [one["seed"] for one in job.result["images"]] == [2]


def test_a_model_that_breaks_keeps_the_pictures_before_it(studio: Studio, draw: Draw) -> None:
    job = draw(prompt="a cat", model="echo:fail=6", plot={"x": {"field": "steps", "values": [4, 8]}})
    assert job.status == "failed" and "stand-in broke" in job.error
    assert [one.kind for one in studio.history.pictures.of_job(job.id)] == ["picture", "unfinished"]


def test_owners_do_not_see_each_others_pictures(studio: Studio, draw: Draw) -> None:
    mine, theirs = draw(prompt="a cat", seed=1), draw("you", prompt="a cat", seed=1)
    assert studio.history.pictures.page("you", Wanted()).pictures[0].id == file_of(theirs)
    for action in (
        lambda: studio.history.pictures.get(file_of(mine), "you"),
        lambda: studio.history.pictures.trash([file_of(mine)], "you"),
        lambda: draw("you", repeat=file_of(mine)),
        lambda: draw("you", prompt="a dog", init_image=file_of(mine)),
    ):
        with pytest.raises(NotFound):
            action()


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"prompt": " "}, "prompt is empty."),
        ({"prompt": "a", "width": 100}, "width must be a multiple of 8."),
        ({"prompt": "a", "width": 10_000}, "width may be at most 4096."),
        ({"prompt": "a", "steps": 0}, "steps must be at least 1."),
        ({"prompt": "a", "count": 17}, "count may be at most 16."),
        ({"prompt": "a", "seed": -1}, "seed must be at least 0."),
        ({"prompt": "a", "guidance": float("nan")}, "guidance must be a finite number."),
        ({"prompt": "a {b"}, "prompt: the braces of a choice such as {a|b} do not match."),
        ({"prompt": "__none__"}, "There are no wildcards named none"),
        ({"prompt": "a", "mask": "x"}, "mask needs an initial picture."),
        ({"prompt": "a", "loras": [{"name": "../x"}]}, "There is no LoRA named ../x."),
        ({"prompt": "a", "style": "chat/tutor"}, "chat/tutor is no style"),
        ({"prompt": "a", "style": "none"}, "There is no prompt template none"),
        ({"prompt": "a", "model": "starter"}, "local:mini writes text; it draws no pictures."),
        ({"prompt": "a", "plot": {"x": {"field": "steps", "values": ["many"]}}}, "many is no value for steps."),
        ({"prompt": "a", "plot": {"x": {"field": "prompt", "values": ["b", "c"]}}}, "The prompt does not hold b"),
        ({"prompt": "a", "count": 2, "plot": {"x": {"field": "steps", "values": [1]}}}, "set count to 1"),
    ],
)
def test_bad_requests_get_one_sentence(draw: Draw, request_: dict[str, Any], said: str) -> None:
    with pytest.raises((InvalidInput, NotFound)) as caught:
        job = draw(**request_)
        raise InvalidInput("job", "{told}", told=job.error)
    assert said in str(caught.value)


def test_a_mask_must_fit_its_picture(studio: Studio, draw: Draw) -> None:
    with pytest.raises(InvalidInput, match="mask has 64 x 64 pixels; the picture it is laid on has 128 x 64"):
        draw(prompt="a", init_image=upload(studio, (128, 64)), mask=upload(studio, (64, 64)))


def test_pictures_that_are_none_or_too_large_are_refused_unopened(studio: Studio, draw: Draw) -> None:
    text = studio.history.files.add(LOCAL, "a.png", io.BytesIO(b"no picture")).id
    with pytest.raises(InvalidInput, match="not a picture"):
        draw(prompt="a", init_image=text)
    file = io.BytesIO()
    Image.new("1", (20_000, 15_000)).save(file, "PNG")
    bomb = studio.history.files.add(LOCAL, "a.png", io.BytesIO(file.getvalue())).id
    with pytest.raises(InvalidInput, match="more than 40 million pixels"):
        draw(prompt="a", init_image=bomb)


def test_two_owners_at_once_keep_their_own_seeds(studio: Studio) -> None:
    jobs = [
        studio.jobs.submit(
            "images", {"prompt": owner, "model": "echo:delay=0.01", "seed": seed, "count": 4}, of_owner(owner)
        )
        for owner, seed in (("me", 10), ("you", 20))
    ]
    for job, seed in zip(jobs, (10, 20), strict=True):
        row = studio.jobs.wait(job.id, job.owner, 30)
        assert [one["seed"] for one in row.result["images"]] == [seed + place for place in range(4)]


def test_an_interrupted_job_draws_only_what_is_missing(settings: Settings) -> None:
    studio = open_studio(settings)
    job = studio.jobs.submit("images", {"prompt": "a cat", "model": "echo:delay=0.2", "count": 3, "seed": 1}, LOCAL)
    follow_until(studio, job, lambda event: isinstance(event, Part) and event.name == "picture")
    follow_until(studio, job, lambda event: event.kind == "progress" and event.done >= 14)
    studio.close()
    studio = open_studio(settings)
    try:
        row = studio.jobs.wait(job.id, "local", 30)
        assert row.status == "done"
        assert [one["seed"] for one in row.result["images"]] == [1, 2, 3]
        assert [one.kind for one in studio.history.pictures.of_job(job.id)] == ["picture"] * 3
    finally:
        studio.close()


def forget(studio: Studio, job: JobRow, name: str) -> int:
    """Take what a job told of ``name`` from the disk, and its end: as if it had been killed before it could tell."""
    with studio.history.store.write() as db:
        told = db.execute("SELECT number, kind, data FROM events WHERE job = ? ORDER BY number", (job.id,)).fetchall()
        gone = [number for number, kind, data in told if kind == "part" and json.loads(data)["name"] == name]
        gone += [number for number, kind, _ in told if kind in ("status", "result") and number > gone[0]]
        db.conn.executemany("DELETE FROM events WHERE job = ? AND number = ?", [(job.id, number) for number in gone])
        db.execute("UPDATE jobs SET status = 'running', result = NULL, output = '' WHERE id = ?", (job.id,))
    return len(gone)


@pytest.mark.parametrize("name", ["picture", "grid"])
@pytest.mark.parametrize("trashed", [False, True])
def test_what_a_killed_job_has_kept_and_did_not_come_to_tell_is_not_made_twice(
    settings: Settings, name: str, trashed: bool
) -> None:
    plot = {"x": {"field": "seed", "values": [1, 2]}}
    with closing(open_studio(settings)) as studio:
        job = studio.jobs.submit("images", {"prompt": "a cat", "model": "echo:", "plot": plot}, LOCAL)
        before = studio.jobs.wait(job.id, "local", 30)
        assert before.status == "done", before.error
        made = [(one.id, one.kind, one.place) for one in studio.history.pictures.of_job(job.id)]
        files = sorted(path.name for path in studio.history.files.folder.iterdir())
        assert forget(studio, job, name) > 1
        if trashed:
            studio.history.pictures.trash([made[0][0]], "local")
    with closing(open_studio(settings)) as studio:
        after = studio.jobs.wait(job.id, "local", 30)
        assert after.status == "done" and studio.jobs.wait(job.id, "local").result == after.result
        assert [(one.id, one.kind, one.place) for one in studio.history.pictures.of_job(job.id, trashed=True)] == made
        assert sorted(path.name for path in studio.history.files.folder.iterdir()) == files
        told = [part["index"] for part in parts(studio, after, "picture")]
        assert told == [0, 1] and len(parts(studio, after, "grid")) == 1
        assert len(after.result["images"]) == 2 - trashed


def test_a_note_is_told_once_however_often_a_job_goes_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Planner, "notes", staticmethod(lambda _shots: [note("They were left out.", words="a")]))
    with closing(open_studio(settings)) as studio:
        job = studio.jobs.submit("images", {"prompt": "a cat", "model": "echo:delay=0.1", "count": 2}, LOCAL)
        follow_until(studio, job, lambda event: isinstance(event, Part) and event.name == "picture")
    with closing(open_studio(settings)) as studio:
        after = studio.jobs.wait(job.id, "local", 30)
        assert after.status == "done"
        assert len(parts(studio, after, "note")) == 1
        assert sorted(part["index"] for part in parts(studio, after, "prompt")) == [0, 1]


def test_a_model_that_breaks_off_keeps_what_was_seen(studio: Studio, draw: Draw) -> None:
    job = draw(prompt="a cat", model="echo:delay=0.05&fail=6")
    assert job.status == "failed" and "broke" in job.error
    assert [part["unfinished"] for part in parts(studio, job, "picture")] == [True]
    assert [one.kind for one in studio.history.pictures.of_job(job.id)] == ["unfinished"]


@pytest.mark.parametrize("plot", [None, {"x": {"field": "seed", "values": [1]}}])
def test_a_picture_waits_for_room_and_is_kept_with_its_file_or_not_at_all(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, plot: Any
) -> None:
    monkeypatch.setattr(room, "TRY_SECONDS", 0.02)
    add, refusals = studio.history.pictures.add, []

    def refuse_twice(owner: str, made: Made) -> None:
        if refusals.count(made.picture.kind) < 2:
            refusals.append(made.picture.kind)
            raise StoreError("The database {path} cannot be used: {cause}.", path="x", cause="disk full")
        add(owner, made)

    monkeypatch.setattr(studio.history.pictures, "add", refuse_twice)
    job = studio.jobs.submit("images", {"prompt": "a cat", "model": "echo:", "plot": plot}, LOCAL)
    follow_until(studio, job, lambda event: event == Progress(0, None, "Waiting for room on the disk"))
    job = studio.jobs.wait(job.id, "local", 30)
    assert job.status == "done"
    made = studio.history.pictures.of_job(job.id)
    assert [one.kind for one in made] == ["picture", "grid"][: 1 + bool(plot)]
    assert {path.name for path in studio.history.files.folder.iterdir()} == {one.id for one in made}


def test_whoever_waits_for_room_can_be_stopped(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("The database {path} cannot be used: {cause}.", path="x", cause="disk full")

    monkeypatch.setattr(studio.history.pictures, "add", refuse)
    job = studio.jobs.submit("images", {"prompt": "a cat", "model": "echo:"}, LOCAL)
    follow_until(studio, job, lambda event: event == Progress(0, None, "Waiting for room on the disk"))
    studio.jobs.stop(job.id, "local")
    assert studio.jobs.wait(job.id, "local", 10).status == "stopped"
    assert list(studio.history.files.folder.iterdir()) == []


def test_upscaling_by_lanczos_says_so(studio: Studio, draw: Draw) -> None:
    source = file_of(draw(prompt="a cat", width=128, height=64))
    row = studio.jobs.submit("upscale", {"image": source, "scale": 4}, LOCAL)
    row = studio.jobs.wait(row.id, "local", 20)
    assert (row.status, row.model, picture(studio, row).size) == ("done", "upscale:lanczos", (512, 256))
    made = studio.history.pictures.get(file_of(row), "local")
    assert (made.picture.kind, made.made_with) == ("upscaled", {"upscaler": "lanczos"})
    with pytest.raises(InvalidInput, match="no upscaler named x"):
        studio.jobs.submit("upscale", {"image": source, "model": "x"}, LOCAL)


def test_thumbnails_are_small_and_go_with_their_picture(studio: Studio, settings: Settings, draw: Draw) -> None:
    from assistants.images.keeping import thumbnail

    source = file_of(draw(prompt="a cat", width=512, height=256))
    path: Path = thumbnail(studio, source, "local")
    with Image.open(path) as small:
        assert (small.format, small.size) == ("WEBP", (320, 160))
    studio.history.pictures.trash([source], "local")
    with pytest.raises(NotFound):
        thumbnail(studio, source, "local")
    assert studio.history.trash.empty("local") == 1
    assert not path.exists() and not (settings.home / "files" / source).exists()


def test_what_does_not_fit_comes_with_advice(studio: Studio) -> None:
    request = Request(prompt="a", width=4096, height=4096)
    found = preflight(studio, request, "local:z-image-turbo")
    assert not found.fits and found.need > found.free
    assert [one["values"] for one in found.advice] == [
        {"width": 1024, "height": 1024},
        {"model": "local:starter-image"},
        {},
    ]


def test_braces_that_were_meant_stay(studio: Studio, draw: Draw) -> None:
    first = draw(prompt=r"a \{b\} sign", seed=2)
    assert [part["text"] for part in parts(studio, first, "prompt")] == ["a {b} sign"]
    again = draw(repeat=file_of(first))
    assert parts(studio, again, "note")[0]["template"] == "The same picture came out, pixel for pixel."
