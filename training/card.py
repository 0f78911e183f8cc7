"""The model card: what the starter model is, draws, cannot draw, was made of and scored.

Text in, text out; the numbers come from the logs and the metric's report, never from memory.
"""

from __future__ import annotations

from training.backgrounds import BACKGROUNDS
from training.scenes import NUMBERS
from training.vocabulary import load_things

CARD = """---
license: apache-2.0
language: en
pipeline_tag: text-to-image
library_name: diffusers
---

# The starter image model

A small latent-diffusion model in the layout of Stable Diffusion, trained from nothing on rendered pictures by the
scripts in `training/`. It draws {objects} objects on {places} backgrounds at 128 x 128 pixels, in the style of emoji.
It exists so that the image studio draws at once, offline, on two cores. It is not a model of the world.

![{prompts} fixed prompts, seeds 0 to {last}, first try, not picked](grid.png)

## Use

The text encoder is all-MiniLM-L6-v2 and is not in this folder; pass it in:

```python
from diffusers import StableDiffusionPipeline
from transformers import AutoTokenizer, BertModel

tokenizer = AutoTokenizer.from_pretrained(EMBEDDER, model_max_length=32)
encoder = BertModel.from_pretrained(EMBEDDER)
encoder.config.use_attention_mask = True
pipeline = StableDiffusionPipeline.from_pretrained(FOLDER, tokenizer=tokenizer, text_encoder=encoder)
picture = pipeline("a penguin in the snow", height=128, width=128, num_inference_steps=20, guidance_scale=3).images[0]
```

Weights: {megabytes:.1f} MB, float16. Prompts are English, 32 tokens at most; `zh_en.json` maps Chinese words to the
English ones that it knows.

## What it draws

**Objects**: {object_list}.

**Backgrounds**: {place_list}.

Numbers up to {most}, two objects beside each other, riders, sizes and colours are taught in the second lesson only; see
the grid for how well they came out.

## What it cannot draw

Anything that is not in the list above, faces of real people, text, photographs, fine detail, more than {most} things.
A word that it does not know gives the nearest thing that it does.

## Measured

{measured}

"Named" means that a small network taught on held-in renders (`training/namer.py`) names every object that was asked
for, and nothing else, as its first choices; prompts and seeds are drawn uniformly and are not picked.

## Training

{training}

## Data and licences

* Pictures: glyphs of **Noto Color Emoji**, copyright Google Inc. and contributors (graphics Apache License 2.0, font
  SIL Open Font License 1.1), composed with painted backgrounds by `training/scenes.py`. No photograph, nothing
  scraped.
* Chinese names: **Unicode CLDR** annotations (Unicode License v3), with a hand-written supplement.
* Text encoder: **all-MiniLM-L6-v2** (Apache License 2.0), frozen, not included.
* These weights: Apache License 2.0.
"""


def model_card(size: int, report: dict, vae_log: dict, unet_log: dict) -> str:
    """The card's text; ``report`` is what ``training.metric`` wrote, the logs are the last values of each run."""
    from training.sample import PROMPTS

    things = load_things()
    return CARD.format(
        objects=len(things),
        places=len(BACKGROUNDS),
        prompts=len(PROMPTS),
        last=len(PROMPTS) - 1,
        megabytes=size / 1e6,
        object_list=", ".join(thing.name for thing in things),
        place_list=", ".join(background.name for background in BACKGROUNDS),
        most=max(NUMBERS),
        measured=_measured(report),
        training=_training(vae_log, unet_log),
    )


def _measured(report: dict) -> str:
    lines = []
    for kind, title in (("single", "one object"), ("pairs", "two objects")):
        if kind in report:
            part = report[kind]
            lines.append(
                f"* {title}: objects named in {part['objects']:.1%}, background in {part['backgrounds']:.1%} "
                f"of {part['pictures']} pictures (the judge names {part['ceiling']:.1%} of their renders)"
            )
            worst = sorted(part["by_object"].items(), key=lambda item: item[1][0] / item[1][1])
            missed = [f"{name} ({right}/{asked})" for name, (right, asked) in worst if right < asked][:20]
            lines.append(f"  * missed most often: {', '.join(missed) or 'none'}")
            confusions = [f"{wanted} seen as {seen}" for wanted, seen, _ in part["confusions"][:20]]
            lines += [f"  * confusions: {', '.join(confusions)}"] if confusions else []
    return "\n".join(lines) or "Not measured yet."


def _training(vae_log: dict, unet_log: dict) -> str:
    lines = []
    if "psnr" in vae_log:
        lines.append(
            f"* Autoencoder: {vae_log['step']} steps; PSNR {vae_log['psnr']} dB on "
            f"{vae_log['pictures']} held-out pictures (level {vae_log['level']})."
        )
    if "loss" in unet_log:
        hours = unet_log["seconds"] / 3600
        lines.append(f"* UNet, last lesson: {unet_log['step']} steps in {hours:.1f} h; loss {unet_log['loss']}.")
    return "\n".join(lines) or "No log was found."
