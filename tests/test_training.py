"""The scripts that make the starter image model: renderer, words, one tiny run of everything."""
# ruff: noqa: E402 (what may be absent is looked for first)

import argparse
import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

for package in ("diffusers", "transformers", "safetensors", "torch", "numpy", "PIL"):
    pytest.importorskip(package, reason=f"training needs {package}")

import numpy as np
import torch
from diffusers import UNet2DConditionModel

from training import chinese, export, metric, namer, pool, sample, unet, vae
from training.backgrounds import BACKGROUNDS, paint
from training.scenes import LEVELS, draw, pair
from training.sprites import FontMissing, emoji_font
from training.text import EmbedderMissing, embedder_folder
from training.vocabulary import load_things, things_by_name

try:
    emoji_font()
except FontMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def embedder() -> Path:
    try:
        return embedder_folder()
    except EmbedderMissing as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("level", LEVELS)
def test_a_seed_gives_the_same_picture_and_caption(level):
    first, again, other = draw(level, 7), draw(level, 7), draw(level, 8)
    assert first.caption == again.caption
    assert np.array_equal(first.picture, again.picture)
    assert not np.array_equal(first.picture, other.picture)
    assert first.picture.size == (128, 128)


def test_vocabulary_is_large_and_unambiguous():
    things = load_things()
    names = [name.text for thing in things for name in thing.names]
    assert len(things) >= 200 and len(BACKGROUNDS) >= 20
    assert len(names) == len(set(names))
    assert len({thing.emoji for thing in things}) == len(things)


@pytest.mark.parametrize(
    ("name", "adjective", "phrase"),
    [
        ("owl", "", "an owl"),
        ("owl", "small", "a small owl"),
        ("horse", "orange", "an orange horse"),
        ("fries", "", "fries"),
        ("sun", "big", "the big sun"),
        ("unicorn", "", "a unicorn"),
    ],
)
def test_articles(name, adjective, phrase):
    assert things_by_name()[name].names[0].phrase(adjective) == phrase


def test_plurals():
    plurals = {name: things_by_name()[name].names[0].plural for name in ("mouse", "fox", "strawberry", "fries")}
    assert plurals == {"mouse": "mice", "fox": "foxes", "strawberry": "strawberries", "fries": "portions of fries"}


def test_captions_name_what_is_in_the_picture():
    for seed in range(60):
        scene = draw("single", seed)
        thing = things_by_name()[scene.things[0]]
        assert any(name.text in scene.caption for name in thing.names), scene.caption


def test_backgrounds_can_be_told_apart():
    pictures = np.stack([np.asarray(paint(background.name), dtype=np.float32) for background in BACKGROUNDS])
    for index, picture in enumerate(pictures):
        distances = np.abs(pictures - picture).mean((1, 2, 3))
        assert np.delete(distances, index).min() > 8, BACKGROUNDS[index].name


def test_chinese_table_covers_every_object():
    table = json.loads(chinese.TABLE_FILE.read_text(encoding="utf-8"))
    english = {words.removeprefix("the ") for words in table.values()}
    assert {thing.name for thing in load_things()} <= english
    assert table["火星"] == "on mars"


def tiny_vae():
    return vae.new_vae(channels=(8, 8, 8, 16), latent_channels=4)


def tiny_unet():
    return unet.new_unet(latent_channels=4, channels=(32, 64))


def vae_options(out, steps):
    return vae.parser().parse_args([
        "--out",
        str(out),
        "--steps",
        str(steps),
        "--batch",
        "2",
        "--workers",
        "0",
        "--measure",
        "4",
    ])


def unet_options(out, vae_folder, steps):
    line = [
        "--out",
        str(out),
        "--vae",
        str(vae_folder),
        "--steps",
        str(steps),
        "--batch",
        "2",
        "--pool",
        "6",
        "--workers",
        "0",
    ]
    return unet.parser().parse_args(line)


def test_the_untrained_autoencoder_passes_colours():
    model = vae.new_vae()
    pictures = next(vae.batches(("single",), 0, 4, 4, workers=0))
    _, quality = vae.reconstruct(model, pictures)
    assert quality.mean() > 15


def test_normalising_changes_latents_but_not_pictures():
    model = tiny_vae()
    pictures = next(vae.batches(("single",), 0, 8, 8, workers=0))
    before, _ = vae.reconstruct(model, pictures)
    vae.normalise(model, pictures)
    after, _ = vae.reconstruct(model, pictures)
    latents = vae.encode(model, pictures)
    assert torch.allclose(before, after, atol=1e-3)
    assert torch.allclose(latents.std((0, 2, 3)), torch.ones(4), atol=1e-2)


def test_a_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("training.loop.rate_factor", lambda step, steps: 1.0)

    def weights(folder):
        return torch.load(folder / "checkpoint.pt", weights_only=True)["averaged"]

    model = tiny_vae()
    vae.train(vae_options(tmp_path / "whole", 2), copy.deepcopy(model))
    vae.train(vae_options(tmp_path / "halved", 1), model)
    vae.train(vae_options(tmp_path / "halved", 2), tiny_vae())
    whole, halved = weights(tmp_path / "whole"), weights(tmp_path / "halved")
    assert all(torch.allclose(whole[name], halved[name], atol=1e-5) for name in whole)


@pytest.mark.slow
def test_one_step_of_everything_exports_a_pipeline_that_draws(tmp_path, monkeypatch, embedder):
    monkeypatch.setattr(unet, "PROMPTS", ("a dog on mars",))
    monkeypatch.setattr(export, "PROMPTS", ("a dog on mars",))
    vae_folder = vae.train(vae_options(tmp_path / "vae", 1), tiny_vae())
    unet_folder = unet.train(unet_options(tmp_path / "unet", vae_folder, 1), tiny_unet())
    options = argparse.Namespace(
        vae=vae_folder, unet=unet_folder, out=tmp_path / "starter", embedder=embedder, report=None
    )
    export.write(options)
    files = [file for file in options.out.rglob("*") if file.is_file()]
    assert max(file.stat().st_size for file in files) < export.FILE_LIMIT
    assert "Noto Color Emoji" in (options.out / "README.md").read_text(encoding="utf-8")
    pipeline = sample.load_exported(options.out, embedder)
    first, again = (sample.generate(pipeline, ["a dog"], num_inference_steps=2)[0] for _ in range(2))
    assert first.size == (128, 128)
    assert np.array_equal(first, again)


def test_pool_batches_are_a_permutation_per_epoch():
    numbers = np.arange(6, dtype=np.float16)
    lessons = pool.Pool(numbers.reshape(6, 1, 1, 1), numbers.reshape(6, 1, 1))
    epoch = [int(value) for step in range(3) for value in lessons.batch(step, 2)[0].flatten()]
    assert sorted(epoch) == [0, 1, 2, 3, 4, 5]
    assert torch.equal(lessons.batch(1, 2)[0], lessons.batch(1, 2)[0])


def test_timesteps_are_spread_evenly_and_weights_bounded():
    lesson = unet.Lesson(torch.zeros(1, 32, 384), torch.device("cpu"))
    assert lesson.weight.min() >= unet.LEAST_WEIGHT
    assert lesson.signal[-1] < 0.02


def test_the_judge_counts_only_what_is_right():
    shares = torch.zeros(2, len(namer.OBJECTS))
    shares[0, 3] = 1
    shares[1, [4, 5]] = 0.5
    scores = shares.clone()
    scores[1, 6] = 0.6
    counts = namer.Accuracy()
    counts.add((scores, torch.eye(len(namer.PLACES))[:2]), shares, torch.tensor([0, namer.UNKNOWN]))
    assert counts.shares() == {"objects": 0.5, "places": 1.0, "pictures": 2}


def test_weights_of_the_real_size_fit(tmp_path):
    model = unet.new_unet(vae.LATENT_CHANNELS)
    export.write_weights(vae.new_vae(), model, tmp_path)
    assert export.check_sizes(tmp_path) <= export.TOTAL_LIMIT
    assert UNet2DConditionModel.from_pretrained(tmp_path / "unet").config.in_channels == vae.LATENT_CHANNELS


def test_the_object_named_first_is_on_the_left():
    first, second = things_by_name()["tomato"], things_by_name()["snowman"]
    white = next(background for background in BACKGROUNDS if background.name == "white")
    left, right = (
        np.asarray(pair((first, second), white, "").picture)[:, half].mean((0, 1))
        for half in (slice(64), slice(64, 128))
    )
    assert left[0] - left[2] > 60 > abs(int(right[0]) - int(right[2]))


def test_wishes_can_be_rendered():
    for wish in (*metric.single_wishes(2), *metric.pair_wishes(2)):
        assert np.asarray(wish.render()).std() > 10


def test_wishes_are_reproducible_and_the_summary_counts():
    wishes = metric.single_wishes(40)
    assert wishes == metric.single_wishes(40)
    assert len({wish.background for wish in wishes}) > 10
    picture = paint("white")
    judged = [metric.Answer(wish, wish.objects, wish.background, picture) for wish in wishes[1:]]
    judged.append(metric.Answer(wishes[0], ("nothing",), "nowhere", picture))
    report = metric.summary(judged)
    assert report["objects"] == report["backgrounds"] == 0.975
    assert report["confusions"] == [[wishes[0].objects[0], "nothing", 1]]


# Each as `python -m` runs it, all in one process; of the prompts that they draw, two.
COMMANDS = """
import json, runpy, sys
from training import sample
sample.PROMPTS = sample.PROMPTS[:2]
for module, *line in json.loads(sys.argv[1]):
    sys.argv = [module, *line]
    runpy.run_module(f"training.{module}", run_name="__main__", alter_sys=True)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_three_commands_of_the_readme(tmp_path, embedder):
    lines = [
        ["vae", "--out", "vae", "--steps", "2", "--batch", "2", "--measure", "8"],
        ["unet", "--vae", "vae/model", "--out", "unet", "--steps", "2", "--batch", "2", "--pool", "8"],
        ["export", "--vae", "vae/model", "--unet", "unet/model", "--out", "starter"],
    ]
    lines[1] += ["--embedder", str(embedder)]
    command = [sys.executable, "-c", COMMANDS, json.dumps(lines)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "HF_HUB_OFFLINE": "1"}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "unet" / "grid_000002.png").is_file()
    assert (tmp_path / "starter" / "grid.png").is_file()
    assert "psnr" in (tmp_path / "vae" / "log.jsonl").read_text(encoding="utf-8")
