"""The model as it ships: half-precision weights in small shards, scheduler, word table and card.

Run ``python -m training.export --vae runs/vae/model --unet runs/unet/model --out starter``. The text encoder is not
copied: whoever loads the folder passes the embedder in (``training.sample.load_exported`` shows how).
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from diffusers import AutoencoderKL, UNet2DConditionModel

from training.backgrounds import BACKGROUNDS
from training.card import model_card
from training.chinese import TABLE_FILE
from training.sample import PROMPTS, generate, load_exported, new_scheduler
from training.sheet import contact_sheet
from training.vocabulary import load_things

SHARD = "9500KB"
FILE_LIMIT = 10_000_000  # bytes
TOTAL_LIMIT = 40_000_000  # bytes, weights only
WORDS = "words.json"
INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.1",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "BertModel"],
    "tokenizer": ["transformers", "BertTokenizerFast"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


class TooLarge(RuntimeError):
    """The weights do not fit what the repository accepts."""


def write_weights(vae: AutoencoderKL, unet: UNet2DConditionModel, folder: Path) -> None:
    """Weights, configs without the path they came from, and the index that diffusers starts from."""
    for name, model in (("vae", vae), ("unet", unet)):
        model.half().save_pretrained(folder / name, max_shard_size=SHARD)
        config = json.loads((folder / name / "config.json").read_text(encoding="utf-8"))
        config.pop("_name_or_path", None)
        (folder / name / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    new_scheduler().save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps(INDEX, indent=2) + "\n", encoding="utf-8")


def write_words(folder: Path) -> None:
    """What the model knows by name: for a page that offers it, and for prompts that count in Chinese."""
    words = {
        "objects": [thing.name for thing in load_things()],
        "plurals": {thing.name: thing.names[0].plural for thing in load_things()},
        "places": [background.phrases[0] for background in BACKGROUNDS],
    }
    (folder / WORDS).write_text(json.dumps(words, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def check_sizes(folder: Path) -> int:
    """Total bytes of the weights; raises TooLarge."""
    sizes = {file: file.stat().st_size for file in folder.rglob("*.safetensors")}
    for file, size in sizes.items():
        if size > FILE_LIMIT:
            raise TooLarge(f"{file.name} has {size:,} bytes, more than {FILE_LIMIT:,}.")
    if sum(sizes.values()) > TOTAL_LIMIT:
        raise TooLarge(f"The weights have {sum(sizes.values()):,} bytes, more than {TOTAL_LIMIT:,}.")
    return sum(sizes.values())


def write(options: argparse.Namespace) -> None:
    """Write the folder, draw the fixed prompts with it, and describe it."""
    vae, unet = AutoencoderKL.from_pretrained(options.vae), UNet2DConditionModel.from_pretrained(options.unet)
    write_weights(vae, unet, options.out)
    total = check_sizes(options.out)
    shutil.copy(TABLE_FILE, options.out / TABLE_FILE.name)
    write_words(options.out)
    pictures = generate(load_exported(options.out, options.embedder), list(PROMPTS))
    contact_sheet(pictures, list(PROMPTS)).save(options.out / "grid.png")
    report = json.loads(options.report.read_text(encoding="utf-8")) if options.report else {}
    logs = [_last_values(folder.parent / "log.jsonl") for folder in (options.vae, options.unet)]
    (options.out / "README.md").write_text(model_card(total, report, *logs), encoding="utf-8")
    print(f"{options.out}: {total:,} bytes of weights")


def _last_values(log: Path) -> dict:
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    return {key: value for line in lines for key, value in json.loads(line).items()}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument("--vae", type=Path, required=True)
    line.add_argument("--unet", type=Path, required=True)
    line.add_argument("--out", type=Path, required=True)
    line.add_argument("--embedder", type=Path)
    line.add_argument("--report", type=Path, help="what training.metric wrote: goes into the card")
    return line


if __name__ == "__main__":
    write(parser().parse_args())
