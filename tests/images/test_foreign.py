"""What other programs write into PNG, JPEG and WebP: restored, or named, and never taken for a prompt."""

import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assistants.errors import InvalidInput
from assistants.images.reading import Found, read

A1111 = "a red fox\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 64x96, Model: m"
CHINESE = (
    "一只红狐，水墨\nNegative prompt: 模糊\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 64x96, Model: m"
)
FOX = {"prompt": "a red fox", "negative": "blurry", "steps": 20, "guidance": 7.0, "seed": 5, "width": 64, "height": 96}


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def text(name: str, said: str | bytes) -> bytes:
    return chunk(b"tEXt", name.encode() + b"\0" + (said.encode() if isinstance(said, str) else said))


def packed(name: str, said: bytes) -> bytes:
    return chunk(b"zTXt", name.encode() + b"\0\0" + zlib.compress(said))


def international(name: str, said: bytes, *, compressed: bool = False) -> bytes:
    body = zlib.compress(said) if compressed else said
    return chunk(b"iTXt", name.encode() + b"\0" + bytes([compressed, 0]) + b"en\0name\0" + body)


def png(folder: Path, *chunks: bytes, after: bool = False) -> Path:
    """Write a picture with these chunks, before or after its pixels."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    content = file.getvalue()
    place = content.index(b"IEND" if after else b"IDAT") - 4
    path = folder / "a.png"
    path.write_bytes(content[:place] + b"".join(chunks) + content[place:])
    return path


def exif(tags: dict[int, Any], *, inner: bool = True) -> bytes:
    found = Image.Exif()
    for tag, value in tags.items():
        if inner and tag in (0x9286, 0x927C):
            found.get_ifd(0x8769)[tag] = value
        else:
            found[tag] = value
    return found.tobytes()


def pictured(folder: Path, form: str, tags: bytes) -> Path:
    path = folder / f"a.{form.lower()}"
    Image.new("RGB", (8, 8)).save(path, form, exif=tags)
    return path


def told(found: Found) -> list[str]:
    return [f"{one['values']['name']}={one['values']['value']}" for one in found.missing]


# Where the texts stand


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("write", [
    lambda said: text("parameters", said),
    lambda said: packed("parameters", said.encode()),
    lambda said: international("parameters", said.encode()),
    lambda said: international("parameters", said.encode(), compressed=True),
    lambda said: chunk(b"eXIf", exif({0x9286: b"UNICODE\0" + said.encode("utf-16-be")})),
])  # fmt: skip
def test_a_png_says_it_before_and_after_its_pixels(tmp_path: Path, write: Any, after: bool) -> None:
    for said, prompt in ((A1111, "a red fox"), (CHINESE, "一只红狐，水墨")):
        found = read(png(tmp_path, write(said), after=after))
        assert (found.source, found.settings["prompt"], found.settings["scheduler"]) == ("a1111", prompt, "euler_a")


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
@pytest.mark.parametrize("said", [A1111, CHINESE], ids=["en", "zh"])
@pytest.mark.parametrize("write", [
    lambda said: exif({0x9286: b"UNICODE\0" + said.encode("utf-16-be")}),
    lambda said: exif({0x9286: b"UNICODE\0" + said.encode("utf-16-le")}),
    lambda said: exif({0x9286: b"UNICODE\0" + said.encode("utf-16")}),
    lambda said: exif({0x9286: b"UNICODE\0" + b"\xfe\xff" + said.encode("utf-16-be")}),
    lambda said: exif({0x9286: b"ASCII\0\0\0" + said.encode()}),
    lambda said: exif({0x9286: b"\0" * 8 + said.encode()}),
    lambda said: exif({0x9286: b"\0" * 8 + said.encode("utf-16-le")}),
    lambda said: exif({0x9286: said.encode()}),
    lambda said: exif({0x9286: said.encode()}, inner=False),
    lambda said: exif({0x010E: said.encode()}),
    lambda said: exif({0x9C9C: said.encode("utf-16-le")}),
], ids=range(11))  # fmt: skip
def test_exif_says_it_in_any_order_of_bytes(tmp_path: Path, form: str, said: str, write: Any) -> None:
    found = read(pictured(tmp_path, form, write(said)))
    assert found.settings["prompt"] == said.partition("\n")[0]
    assert found.settings["negative"] in ("blurry", "模糊") and found.settings["seed"] == 5


def test_a_jpegs_comment_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("RGB", (8, 8)).save(path, "JPEG", comment=A1111.encode())
    assert read(path).settings["prompt"] == "a red fox"


# What the programs write

SWARM = {
    "sui_image_params": {
        "prompt": "a red fox", "negativeprompt": "blurry", "model": "dream", "seed": 5, "steps": 20, "cfgscale": 7.0,
        "width": 64, "height": 96, "sampler": "euler_ancestral", "scheduler": "normal", "swarm_version": "0.9.5",
        "vae": "ae.sft", "loras": ["detail"], "refinermethod": "PostApply", "nopreviews": True,
    },
    "sui_extra_data": {"date": "2026-01-31"},
}  # fmt: skip
FOOOCUS = {
    "adm_guidance": "(1.5, 0.8, 0.3)", "base_model": "dream", "base_model_hash": "ab", "full_prompt": ["a red fox, x"],
    "guidance_scale": 7.0, "loras": [["detail", 0.5, "cd"]], "metadata_scheme": "fooocus", "negative_prompt": "blurry",
    "performance": "Speed", "prompt": "a red fox", "resolution": "(64, 96)", "sampler": "euler_ancestral",
    "scheduler": "normal", "seed": "5", "sharpness": 2.0, "steps": 20, "styles": "['Fooocus V2']",
    "version": "Fooocus v2.5.5",
}  # fmt: skip
INVOKE = {
    "generation_mode": "txt2img", "positive_prompt": "a red fox", "negative_prompt": "blurry", "width": 64,
    "height": 96, "seed": 5, "rand_device": "cpu", "cfg_scale": 7.0, "cfg_rescale_multiplier": 0, "steps": 20,
    "scheduler": "euler_a",
    "clip_skip": 2, "model": {"key": "k", "hash": "h", "name": "dream", "base": "sd-1", "type": "main"},
    "controlnets": [], "loras": [{"weight": 0.5}], "app_version": "5.0.0",
}  # fmt: skip
OLD_INVOKE = {
    "model": "stable diffusion", "model_weights": "dream",
    "image": {"prompt": [{"prompt": "a red fox", "weight": 1.0}], "steps": 20, "cfg_scale": 7.0, "seed": 5, "width": 64,
              "height": 96, "sampler": "k_euler_a", "negative_prompt": "blurry", "seamless": True},
}  # fmt: skip
NOVEL = {
    "prompt": "a red fox", "uc": "blurry", "steps": 20, "scale": 7.0, "seed": 5, "width": 64, "height": 96,
    "sampler": "k_euler_ancestral", "noise_schedule": "native", "uncond_scale": 0.5, "signed_hash": "x", "n_samples": 1,
}  # fmt: skip
COMFY: dict[str, Any] = {
    "3": {"class_type": "KSampler", "inputs": {
        "seed": 5, "steps": 20, "cfg": 7.0, "sampler_name": "euler_ancestral", "scheduler": "normal", "denoise": 1.0,
        "model": ["10", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd\\dream"}},
    "10": {"class_type": "LoraLoader", "inputs": {"lora_name": "detail", "model": ["4", 0], "clip": ["4", 1]}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 96, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["11", 0], "clip": ["10", 1]}},
    "11": {"class_type": "PrimitiveString", "inputs": {"value": "a red fox"}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["10", 1]}},
}  # fmt: skip


def wide(said: Any) -> bytes:
    return exif({0x9286: b"UNICODE\0" + json.dumps(said).encode("utf-16-le")})


@pytest.mark.parametrize(
    ("source", "write", "missing"),
    [
        ("swarmui", lambda f: png(f, text("parameters", json.dumps(SWARM, indent=2))),
         ["vae=ae.sft", 'loras=["detail"]']),
        ("swarmui", lambda f: pictured(f, "JPEG", wide(SWARM)), ["vae=ae.sft"]),
        ("swarmui", lambda f: pictured(f, "TIFF", wide(SWARM)), ["vae=ae.sft"]),
        ("swarmui", lambda f: png(f, text("parameters", "\ufeff" + json.dumps(SWARM))), []),
        ("swarmui", lambda f: png(f, text("parameters", json.dumps(json.dumps(SWARM)))), []),
        ("fooocus", lambda f: png(f, text("parameters", json.dumps(FOOOCUS)), text("fooocus_scheme", "fooocus")),
         ["styles=['Fooocus V2']", "sharpness=2.0", "performance=Speed"]),
        ("fooocus", lambda f: pictured(f, "WEBP", exif({0x9286: json.dumps(FOOOCUS), 0x927C: "fooocus"}, inner=False)),
         ["sharpness=2.0"]),
        ("fooocus", lambda f: png(f, text("Comment", json.dumps({"Prompt": "a red fox", "Negative Prompt": "blurry",
         "Base Model": "dream", "Seed": 5, "Steps": 20, "Guidance Scale": 7, "Resolution": [64, 96],
         "Sampler": "euler_ancestral"}))), []),
        ("invokeai", lambda f: png(f, text("invokeai_metadata", json.dumps(INVOKE)), text("invokeai_graph", "{}")),
         ["clip_skip=2", 'loras=[{"weight": 0.5}]']),
        ("invokeai", lambda f: png(f, text("sd-metadata", json.dumps(OLD_INVOKE)), text("Dream", '"a red fox" -s 20')),
         ["seamless=true"]),
        ("novelai", lambda f: png(f, text("Title", "AI generated image"), text("Description", "a red fox"),
         text("Software", "NovelAI"), text("Source", "dream"), text("Comment", json.dumps(NOVEL))),
         ["uncond_scale=0.5"]),
        ("novelai", lambda f: pictured(f, "WEBP", wide({"Description": "a red fox", "Software": "NovelAI",
         "Source": "dream", "Comment": json.dumps({k: v for k, v in NOVEL.items() if k != "prompt"})})), []),
        ("comfyui", lambda f: png(f, text("prompt", json.dumps(COMFY)), text("workflow", '{"nodes": []}')),
         ["LoRA=detail"]),
        ("comfyui", lambda f: pictured(f, "WEBP", exif({0x0110: "prompt:" + json.dumps(COMFY), 0x010F: "workflow:{}"})),
         []),
        ("a1111", lambda f: png(f, text("parameters", A1111.replace("Model: m", "Model: dream, VAE: v"))), ["VAE=v"]),
        ("a1111", lambda f: png(f, text("parameters", A1111.replace("\n", "\r\n").replace("Model: m", "Model: dream"))),
         []),
        ("a1111", lambda f: png(f, text("parameters", A1111.replace("Model: m",
         'Model: dream, Hashes: {"a": "1", "b": "2"}, TI: "x: 1, y: 2"'))), ["TI=x: 1, y: 2"]),
        ("fooocus", lambda f: png(f, text("fooocus_scheme", "a1111"), text("parameters", A1111.replace("Model: m",
         "Base model: dream, Sharpness: 2.0, Version: Fooocus v2.5.5"))), ["Sharpness=2.0"]),
    ],
)  # fmt: skip
def test_each_program_is_understood(tmp_path: Path, source: str, write: Any, missing: list[str]) -> None:
    found = read(write(tmp_path))
    assert (found.source, found.settings) == (source, FOX | {"scheduler": "euler_a", "model": "dream"})
    assert set(missing) <= set(told(found)), told(found)


@pytest.mark.parametrize(
    ("change", "settings", "missing"),
    [
        ({"3.seed": ["20", 0], "20": {"class_type": "Seed", "inputs": {"seed": 9}}}, {"seed": 9}, []),
        ({"3.class_type": "KSamplerAdvanced", "3.noise_seed": 9, "3.seed": None}, {}, []),
        ({"3.latent_image": ["21", 0], "3.denoise": 0.4,
          "21": {"class_type": "VAEEncode", "inputs": {"pixels": ["22", 0]}},
          "22": {"class_type": "LoadImage", "inputs": {"image": "x.png"}}}, {"strength": 0.4}, ["node=LoadImage"]),
        ({"3.positive": ["23", 0], "23": {"class_type": "ControlNetApply", "inputs": {"conditioning": ["6", 0]}}},
         {"prompt": "a red fox"}, ["node=ControlNetApply"]),
        ({"3.positive": ["24", 0], "24": {"class_type": "ConditioningCombine", "inputs": {"conditioning_1": ["6", 0]}}},
         {"prompt": None}, ["node=ConditioningCombine", "prompt=?"]),
        ({"6.text": ["6", 0]}, {"prompt": None}, ["prompt=CLIPTextEncode"]),
        ({"10.model": ["10", 0]}, {"model": None}, ["LoRA=detail"]),
        ({"3.sampler_name": "dpmpp_2m", "3.scheduler": "karras"}, {"scheduler": "dpmpp_2m_karras"}, []),
        ({"3.sampler_name": "res_multistep"}, {"scheduler": None}, ["sampler=res_multistep"]),
        ({"3.scheduler": "beta"}, {"scheduler": "euler_a"}, ["schedule type=beta"]),
        ({"3.steps": "many"}, {"steps": None}, ["steps=many"]),
        ({"3.cfg": float("nan")}, {"guidance": None}, []),
        ({"30": {"class_type": "KSampler", "inputs": {"seed": 1, "positive": ["6", 0]}}}, {"seed": 5},
         ["node=KSampler"]),
        ({"31": "note", "32": {"inputs": {}}, "33": {"class_type": 5, "inputs": {"positive": 1, "seed": 1}}}, {}, []),
    ],
)  # fmt: skip
def test_a_graph_is_followed_along_its_links(
    tmp_path: Path, change: dict[str, Any], settings: dict[str, Any], missing: list[str]
) -> None:
    graph = json.loads(json.dumps(COMFY))
    for name, value in change.items():
        node, _, key = name.partition(".")
        if not key:
            graph[node] = value
        elif key == "class_type":
            graph[node][key] = value
        else:
            graph[node]["inputs"][key] = value
    found = read(png(tmp_path, text("prompt", json.dumps(graph))))
    assert {name: found.settings.get(name) for name in settings} == settings
    assert set(missing) <= set(told(found)), told(found)


# What is not understood


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_xmp_in_other_files_is_named(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a"
    Image.new("RGB", (8, 8)).save(path, form, xmp=b"<x exif:UserComment='{}'/>")
    with pytest.raises(InvalidInput, match=r"not understood here \(XML:com.adobe.xmp\)"):
        read(path)
    Image.new("RGB", (8, 8)).save(path, form, xmp=b"<x/>")
    with pytest.raises(InvalidInput, match="does not say how it was made"):
        read(path)


@pytest.mark.parametrize(
    ("chunks", "named"),
    [
        ([text("parameters", json.dumps({"a": [1]}))], "parameters"),
        ([text("parameters", "[1, 2]")], "parameters"),
        ([text("parameters", '{"prompt": "cut')], "parameters"),
        ([text("parameters", json.dumps({"prompt": "x", "other": 1}))], "parameters"),
        ([text("workflow", json.dumps({"nodes": [{"type": "KSampler"}]}))], "workflow"),
        ([text("prompt", json.dumps({"1": {"class_type": "LoadImage", "inputs": {"image": "x"}}}))], "prompt"),
        ([text("prompt", "[" * 100_000)], "prompt"),
        ([text("Comment", json.dumps({"prompt": "x"}))], "Comment"),
        ([text("Dream", '"a red fox" -s 50')], "Dream"),
        ([text("generation_data", "{}")], "generation_data"),
        ([text("invokeai_metadata", "{}")], "invokeai_metadata"),
        ([text("Description", "a red fox --v 6 Job ID: 12-34")], "Description"),
        ([text("Software", "NovelAI"), text("Comment", "cut")], "Software"),
        ([international("XML:com.adobe.xmp", b"<x><exif:UserComment>{}</exif:UserComment></x>")], "XML:com.adobe.xmp"),
        ([text("parameters", json.dumps(json.dumps({"prompt": "a"})))], "parameters"),
        ([text("parameters", json.dumps({"sui_image_params": {}}))], "parameters"),
        ([text("parameters", json.dumps({"sui_image_params": {"prompt": {"a": "{}"}}}))], "parameters"),
        ([text("invokeai_metadata", json.dumps({"positive_prompt": [1]}))], "invokeai_metadata"),
        ([text("sd-metadata", json.dumps({"image": 5}))], "sd-metadata"),
    ],
)
def test_what_is_not_understood_is_named_and_no_prompt(tmp_path: Path, chunks: list[bytes], named: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read(png(tmp_path, *chunks))
    assert str(error.value) == f"This picture says how it was made in a way that is not understood here ({named})."


@pytest.mark.parametrize(
    "write",
    [
        lambda f: png(f),
        lambda f: png(f, text("Software", "GIMP"), text("Comment", "holiday"), text("Author", "me")),
        lambda f: png(f, text("Comment", json.dumps({"camera": "x"}))),
        lambda f: pictured(f, "JPEG", exif({0x9286: b"ASCII\0\0\0holiday in June", 0x010F: "Canon", 0x0110: "EOS"})),
        lambda f: pictured(f, "WEBP", exif({0x9286: b"UNICODE\0" + "Ferien".encode("utf-16-be")})),
        lambda f: pictured(f, "JPEG", exif({0x9286: b"\0" * 64})),
        lambda f: pictured(f, "GIF", b""),
    ],
    ids=range(7),
)
def test_a_photograph_says_nothing(tmp_path: Path, write: Any) -> None:
    with pytest.raises(InvalidInput, match="does not say how it was made"):
        read(write(tmp_path))


def test_of_two_texts_with_one_name_the_first_counts_and_empty_ones_do_not(tmp_path: Path) -> None:
    chunks = text("parameters", " "), text("parameters", A1111), text("parameters", "later\nSteps: 1")
    assert read(png(tmp_path, *chunks)).settings["steps"] == 20


def test_dynamic_prompts_are_no_json(tmp_path: Path) -> None:
    said = A1111.replace("a red fox", "{red|blue} fox, [a:b:3]\nNegative prompt inside a line: no")
    assert read(png(tmp_path, text("parameters", said))).settings["prompt"].startswith("{red|blue} fox, [a:b:3]\nNeg")


def test_many_settings_are_counted(tmp_path: Path) -> None:
    said = {"sui_image_params": {"prompt": "x"} | {f"s{number}": "v" * 5000 for number in range(500)}}
    found = read(png(tmp_path, text("parameters", json.dumps(said))))
    assert len(found.missing) == 41 and found.missing[-1]["values"] == {"count": 460}
    assert max(len(str(one)) for one in found.missing) < 400


# Hostile files


def bomb(size: int) -> bytes:
    return zlib.compress(b"a" * size)


@pytest.mark.parametrize(
    ("chunks", "sentence"),
    [
        ([chunk(b"zTXt", b"parameters\0\0" + bomb(50_000_000))], "more than 8 MB"),
        ([chunk(b"iTXt", b"parameters\0\1\0\0\0" + bomb(50_000_000))], "more than 8 MB"),
        ([text("parameters", "a" * 8_100_000)], "more than 8 MB"),
        ([text(f"t{number}", "a" * 900_000) for number in range(20)], "more than 8 MB"),
        ([struct.pack(">I", 0xFFFFFFFF) + b"tEXtparameters\0"], "more than 8 MB|does not say|not a picture"),
        ([chunk(b"zTXt", b"parameters\0\0no zlib")], "does not say"),
        ([chunk(b"iTXt", b"parameters")], "does not say"),
        ([chunk(b"tEXt", b"")], "does not say"),
        ([chunk(b"eXIf", b"")], "does not say"),
        ([chunk(b"eXIf", b"II*\0" + b"\xff" * 40)], "does not say"),
        ([chunk(b"eXIf", b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8))],
         "does not say"),
        ([chunk(b"eXIf", b"MM\0*\0\0\0\x08" + struct.pack(">H", 65535) + b"\x92\x86\0\7\xff\xff\xff\xff\0\0\0\0" * 9)],
         "does not say"),
        ([chunk(b"tEXt", b"a\0b")] * 30_000, "does not say"),
        ([text("parameters", "a " * 2_000_000)], ""),
        ([text("parameters", "x\nSteps: 1, " + "a " * 200_000)], ""),
    ],
    ids=range(15),
)  # fmt: skip
def test_hostile_chunks_end_in_one_sentence_or_in_settings(tmp_path: Path, chunks: list[bytes], sentence: str) -> None:
    path = png(tmp_path, *chunks, after=True)
    if sentence:
        with pytest.raises(InvalidInput, match=sentence):
            read(path)
    else:
        assert read(path).source == "a1111"
