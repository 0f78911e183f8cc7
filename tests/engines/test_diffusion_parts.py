"""The parts of the program that draws which can be tried without a process: weights of words, previews, files."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel
from PIL import Image
from safetensors.torch import save_file

from assistants.engines.diffusion import PROGRAM
from assistants.engines.drawing import SCHEDULERS
from tests.engines import tiny, tiny_images

PARTS = ("adapters", "casting", "emphasis", "errors", "facts", "previews", "loading", "pictures", "schedules", "worker")


@pytest.fixture(autouse=True)
def program(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Import from the folder of the program, as it does itself."""
    tiny.take_one_thread()
    monkeypatch.syspath_prepend(PROGRAM)
    before = {name: sys.modules.pop(name) for name in PARTS if name in sys.modules}
    yield
    for name in PARTS:
        sys.modules.pop(name, None)
    sys.modules.update(before)


@pytest.mark.parametrize(
    ("prompt", "text", "weighed"),
    [
        ("a red cat", "a red cat", {}),
        ("a (red:1.3) cat", "a red cat", {"red": 1.3}),
        ("a (red) [cat]", "a red cat", {"red": 1.1, "cat": 1 / 1.1}),
        ("((big)) dog", "big dog", {"big": 1.21}),
        ("(a (b:1.5) c:0.5)", "a b c", {"a ": 0.5, "b": 0.75, " c": 0.5}),
        (r"a \(b\) c", "a (b) c", {}),
        ("smile :) and (x", "smile :) and (x", {}),
        ("at 12:30 [", "at 12:30 [", {}),
        ("(cat:99)", "cat", {"cat": 3.0}),
    ],
)
def test_words_count_more_or_less(prompt: str, text: str, weighed: dict[str, float]) -> None:
    from emphasis import parse

    found, spans = parse(prompt)
    assert found == text
    assert {text[first:last]: weight for first, last, weight in spans} == pytest.approx(weighed)


def test_a_weight_holds_for_its_word_and_the_whole_keeps_its_length() -> None:
    from emphasis import Emphasis

    tokenizer, encoder = tiny_images.make_tokenizer(), tiny_images.make_clip().eval()
    emphasis = Emphasis([(tokenizer, encoder)])
    assert emphasis.possible

    def read(prompt: str) -> torch.Tensor:
        with emphasis.reading(prompt, "") as (text, _), torch.no_grad():
            words = tokenizer(text, padding="max_length", max_length=tiny_images.TOKENS, return_tensors="pt")
            return encoder(words.input_ids)[0][0]

    plain, strong = read("the cat sat"), read("the (cat:2) sat")
    ratio = strong.norm(dim=-1) / plain.norm(dim=-1)
    changed = (ratio > ratio.median() * 1.5).nonzero().flatten().tolist()
    pieces = tokenizer.convert_ids_to_tokens(tokenizer("the cat sat").input_ids)
    assert "".join(pieces[place] for place in changed).strip("Ġ") == "cat"
    assert strong.norm() == pytest.approx(plain.norm().item(), rel=1e-4)
    assert torch.equal(read("the cat sat"), plain)
    assert not Emphasis([(tokenizer, SimpleNamespace())]).possible


def test_a_glimpse_has_the_colours_of_the_picture() -> None:
    from previews import Previews, samples

    class Vae(torch.nn.Module):
        """Colours turned and stretched, with a channel too many: what a matrix can undo."""

        config = {"scaling_factor": 0.5, "shift_factor": 0.25}
        device, dtype = torch.device("cpu"), torch.float32

        def encode(self, pictures: torch.Tensor) -> SimpleNamespace:
            small = torch.nn.functional.interpolate(pictures, scale_factor=1 / 8, mode="area")
            latents = torch.stack([small[:, 0] * 3 + 1, small[:, 1] - small[:, 2], small[:, 2] * 2, small[:, 0] * 0], 1)
            return SimpleNamespace(latents=latents)

    pipeline = SimpleNamespace(vae=Vae(), vae_scale_factor=8, _execution_device="cpu")
    picture = samples(8)[:1]
    latents = (pipeline.vae.encode(picture).latents - 0.25) * 0.5
    jpeg = Previews(pipeline).jpeg(latents, 128, 128)
    shown = torch.tensor(list(Image.open(io.BytesIO(jpeg)).resize((16, 16), Image.Resampling.BOX).tobytes()))
    wanted = (torch.nn.functional.interpolate(picture, (16, 16), mode="area")[0].movedim(0, -1) + 1) * 127.5
    assert (shown.view(16, 16, 3) - wanted).abs().mean() < 12
    assert Previews(SimpleNamespace(vae=None)).jpeg(latents, 128, 128) is None


def test_only_parts_that_the_libraries_have_are_opened() -> None:
    from loading import check_index

    check_index({"_class_name": "FluxPipeline", "unet": ["diffusers", "x"], "vae": [None, None], "other": True})
    check_index({"_class_name": "FluxPipeline", "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"]})
    with pytest.raises(ValueError, match="does not know MinePipeline"):
        check_index({"_class_name": "MinePipeline"})
    for library in ("antigravity", "os.path", "..", ["a"]):
        with pytest.raises(ValueError, match="its unet needs program code of its own"):
            check_index({"_class_name": "FluxPipeline", "unet": [library, "Model"]})


def test_a_model_is_opened_if_it_draws_as_the_others_do() -> None:
    from loading import check_pipeline

    check_pipeline(tiny_images.make_sd1(None))
    upscaler = DDPMPipeline(UNet2DModel(**tiny_images.PLAIN_UNET), DDPMScheduler())
    with pytest.raises(ValueError, match="the studio cannot draw with a DDPMPipeline"):
        check_pipeline(upscaler)


@pytest.mark.parametrize(
    ("channels", "tasks"), [(4, {"text", "image", "inpaint"}), (12, {"text", "image"}), (9, {"inpaint"})]
)
def test_a_model_does_what_it_has_pipelines_for(channels: int, tasks: set[str]) -> None:
    import facts
    from diffusers import StableDiffusionInpaintPipeline
    from loading import Model

    pipeline = tiny_images.make_sd1(None, in_channels=channels)
    if channels == 9:
        pipeline = StableDiffusionInpaintPipeline(**pipeline.components)
    found = facts.pipelines(Model(pipeline, "cpu", torch.float32, ""))
    assert found.keys() == tasks
    assert all(one.unet is pipeline.unet for one in found.values())


def test_a_single_file_needs_a_configuration_on_this_machine(tmp_path: Path) -> None:
    from loading import configuration

    file = tmp_path / "lonely.safetensors"
    save_file({"first_stage_model.decoder.conv_in.weight": torch.zeros(1)}, file)
    with pytest.raises(ValueError, match=r"configuration of stable-diffusion-v1-5/.* into a folder lonely beside"):
        configuration(file)
    (tmp_path / "lonely").mkdir()
    (tmp_path / "lonely" / "model_index.json").write_text("{}", encoding="utf-8")
    assert configuration(file) == tmp_path / "lonely"


def test_a_lack_of_memory_is_called_so() -> None:
    from errors import cause

    lacks = [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")]
    lacks += [torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")]
    assert {cause(error) for error in lacks} == {"out of memory"}
    assert cause(ValueError("One.\nTwo.")) == "One"
    assert cause(KeyError()) == "KeyError"


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
def test_every_scheduler_that_is_named_exists() -> None:
    from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler
    from schedules import Schedules

    own = Schedules(DDIMScheduler(beta_schedule="scaled_linear"), SCHEDULERS)
    assert set(own.names) == SCHEDULERS.keys() - {"flow_euler"}
    assert own.own == "ddim"
    assert [Schedules(own.make(name), SCHEDULERS).own for name in own.names] == own.names
    assert Schedules(FlowMatchEulerDiscreteScheduler(), SCHEDULERS).own in {None, "flow_euler"}
