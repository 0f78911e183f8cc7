"""What other programs write into their pictures, as settings of ours.

Knows AUTOMATIC1111's web UI and what writes as it does, Fooocus, SwarmUI, InvokeAI, ComfyUI and NovelAI. What a program
says and is no setting here is named, never passed over; what is no text of a known kind is no prompt. Runs in a child
(``bounded``): the texts are a stranger's.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from assistants.errors import InvalidInput
from assistants.images import graphs
from assistants.storable import from_json

Data = dict[str, Any]
Found = dict[str, Any]

# Their names for schedulers, and ours; a way of spacing the steps that is the usual one is not said.
SAMPLERS = {
    "ddim": "ddim", "pndm": "pndm", "plms": "pndm", "euler": "euler", "euler a": "euler_a", "heun": "heun",
    "euler ancestral": "euler_a", "dpm++ 2m": "dpmpp_2m", "dpm++ 2m karras": "dpmpp_2m_karras", "lcm": "lcm",
    "dpmpp 2m": "dpmpp_2m", "dpmpp 2m karras": "dpmpp_2m_karras", "dpmpp 2m k": "dpmpp_2m_karras", "unipc": "unipc",
    "uni pc": "unipc",
}  # fmt: skip
USUAL = ("", "automatic", "normal", "simple", "native", "none")
TEMPLATE_MISSING = "{name} ({value}) could not be restored."
TEMPLATE_MORE = "{count} more settings could not be restored."
NOT_UNDERSTOOD = "This picture says how it was made in a way that is not understood here ({names})."
MOST_MISSING = 40
# Each begins behind a comma: tried from every place, a long line would take time by the square.
PAIR = re.compile(r'(?<![^,])([^,:]+):\s*("(?:\\.|[^"\\])*"|\{[^{}]*\}|\[[^\[\]]*\]|[^,]*)(?:,|$)')
STEPS = re.compile(r"^Steps: *\d+", re.MULTILINE)
SIZE = re.compile(r"\(?\s*(\d{1,5})\s*[x×,]\s*(\d{1,5})\s*\)?")
NEGATIVE = "Negative prompt:"
A1111_NUMBERS = {"steps": "steps", "cfg scale": "guidance", "seed": "seed", "denoising strength": "strength"}
# Facts about a picture that are no settings.
FACTS = {
    "version", "metadata_scheme", "created_by", "full_prompt", "full_negative_prompt", "base_model_hash", "hashes",
    "swarm_version", "date", "generation_time", "prep_time", "nopreviews", "imageformat", "aspectratio", "app_version",
    "signed_hash", "request_type", "n_samples", "generation_mode", "rand_device", "images", "donotsave",
}  # fmt: skip
# Ours for each of theirs.
FOOOCUS = {
    "prompt": "prompt", "negative_prompt": "negative", "steps": "steps", "guidance_scale": "guidance", "seed": "seed",
    "base_model": "model",
}  # fmt: skip
SWARM = {
    "prompt": "prompt", "negativeprompt": "negative", "steps": "steps", "cfgscale": "guidance", "seed": "seed",
    "model": "model", "width": "width", "height": "height", "initimagecreativity": "strength",
}  # fmt: skip
INVOKE = {
    "positive_prompt": "prompt", "negative_prompt": "negative", "steps": "steps", "cfg_scale": "guidance",
    "seed": "seed", "width": "width", "height": "height", "strength": "strength",
}  # fmt: skip
NOVEL = {
    "prompt": "prompt", "uc": "negative", "steps": "steps", "scale": "guidance", "seed": "seed", "width": "width",
    "height": "height", "strength": "strength",
}  # fmt: skip
KINDS = {
    "prompt": str, "negative": str, "model": str, "steps": int, "seed": int, "width": int, "height": int,
    "guidance": float, "strength": float,
}  # fmt: skip
# Whoever writes one of these made the picture, or says so.
TELLING = ("parameters", "invokeai_metadata", "sd-metadata", "Dream", "prompt", "workflow", "generation_data",
           "fooocus_scheme", "invokeai_graph", "invokeai_workflow")  # fmt: skip
# Midjourney's, and Draw Things'.
MARKS = (("Description", "Job ID:"), ("XML:com.adobe.xmp", "UserComment"), ("Software", "NovelAI"))
# What may stand before JSON.
BEFORE = "\ufeff \t\r\n"
COMMENTS = ("UserComment", "ImageDescription", "XPComment", "comment", "Comment")


def understood(said: Mapping[str, str]) -> Found | None:
    """Return the ``settings`` in a picture's texts, their ``source`` and what is ``missing``; None if none say any.

    Raises ``InvalidInput`` that names those which say something that is not understood.
    """
    unknown: list[str] = []
    for name in ("parameters", "invokeai_metadata", *COMMENTS):
        if name in said and (found := _in_text(name, said, unknown)) and any(found["settings"].values()):
            return found
    if (found := _old_invoke(said) or _comfy(said, unknown)) and any(found["settings"].values()):
        return found
    unknown += [name for name in TELLING if name in said and name not in unknown]
    unknown += [name for name, mark in MARKS if mark in said.get(name, "")]
    if unknown:
        raise InvalidInput("file", NOT_UNDERSTOOD, names=", ".join(unknown))
    return None


def _in_text(name: str, said: Mapping[str, str], unknown: list[str]) -> Found | None:
    text = said[name]
    data = parsed(text)
    if isinstance(data, dict):
        found = _in_data(data, said)
        if found is None and (name not in COMMENTS or "prompt" in text.lower()):
            unknown.append(name)
        return found
    if data is not None or (is_like_json(text) and not STEPS.search(text)):
        unknown.extend([name] if name not in COMMENTS or "prompt" in text.lower() else [])
        return None
    # A comment may say anything.
    return a1111(text) if name == "parameters" or STEPS.search(text) else None


def parsed(text: str) -> Any:
    """Return the JSON that a text is, also where it is written as a text of JSON itself, or None."""
    if not is_like_json(text):
        return None
    try:
        data = from_json(text.lstrip(BEFORE))
    except (ValueError, RecursionError):
        return None
    return parsed(data) if isinstance(data, str) else data


def is_like_json(text: str) -> bool:
    """Say whether a text is JSON by its first letter."""
    return text.lstrip(BEFORE).startswith(("{", "[", '"{'))


def _in_data(data: Data, said: Mapping[str, str]) -> Found | None:
    """Return what a map says, by the keys that only one program writes."""
    if isinstance(data.get("Comment"), str) and isinstance(inner := parsed(data["Comment"]), dict):
        # NovelAI's JPEG and WebP have all of their PNG's texts in one.
        return _in_data(inner, {name: text for name, text in data.items() if isinstance(text, str)})
    if isinstance(swarm := data.get("sui_image_params"), dict):
        return _swarm(swarm)
    lowered = {name.lower().replace(" ", "_"): value for name, value in data.items()}
    if "positive_prompt" in data:
        return _invoke(data)
    if "fooocus_scheme" in said or lowered.keys() & {"base_model", "metadata_scheme", "performance"}:
        return _fooocus(lowered)
    if data.keys() & {"uc", "uncond_scale", "noise_schedule", "v4_prompt"}:
        return _novel(data, said)
    if any(isinstance(node, dict) and "class_type" in node for node in data.values()):
        return _of_graph(data)
    return None


# What they have in common


class Settings:
    """Collects what is taken over, and what is not."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.settings: Data = {}
        self.gone: list[Data] = []

    def take(self, said: Mapping[str, Any], names: Mapping[str, str], handled: Iterable[str] = ()) -> None:
        """Take those over that have a name here; what is neither that nor ``handled`` nor a mere fact is named."""
        for name, value in said.items():
            if name in names:
                self.put(names[name], value, name)
            elif name not in handled and name not in FACTS and not is_nothing(value):
                self.miss(name, value)

    def put(self, key: str, value: Any, name: str) -> None:
        """Take one value over if it is of the right kind."""
        if value is None or value == "":
            return
        kind = KINDS[key]
        try:
            if isinstance(value, bool) or not isinstance(value, str if kind is str else (int, float, str)):
                raise TypeError
            number = kind(value)
            if kind is float and not math.isfinite(number):
                raise ValueError
        except (ValueError, TypeError, OverflowError):
            self.miss(name, value)
        else:
            self.settings[key] = number

    def size(self, value: Any, name: str) -> None:
        """Take a width and height over."""
        text = " x ".join(map(str, value)) if isinstance(value, list) else str(value)
        if match := SIZE.fullmatch(text.strip()):
            self.settings |= {"width": int(match[1]), "height": int(match[2])}
        else:
            self.miss(name, value)

    def sampler(self, sampler: Any, spacing: Any = "") -> None:
        """Take over how the steps are taken; how they are spaced is part of that."""
        if is_nothing(sampler):
            return
        plain = str(sampler).lower().removeprefix("k_").replace("_", " ").strip()
        spaced = str(spacing or "").lower().strip()
        together = SAMPLERS.get(plain if spaced in USUAL else f"{plain} {spaced}")
        if known := together or SAMPLERS.get(plain):
            self.settings["scheduler"] = known
        else:
            self.miss("sampler", str(sampler))
        if not together and spaced not in USUAL:
            self.miss("schedule type", str(spacing))

    def miss(self, name: str, value: Any) -> None:
        """Name what is not taken over."""
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        self.gone.append({"template": TEMPLATE_MISSING, "values": {"name": name.strip()[:80], "value": text[:100]}})

    def found(self) -> Found:
        """Return all of it, as data."""
        more = len(self.gone) - MOST_MISSING
        gone = self.gone[:MOST_MISSING]
        if more > 0:
            gone.append({"template": TEMPLATE_MORE, "values": {"count": more}})
        return {"settings": self.settings, "source": self.source, "missing": gone}


def is_nothing(value: Any) -> bool:
    """Say whether a setting is not made."""
    return value is None or value in ("", 0, [], {}, "None")


# The programs


def a1111(text: str) -> Found:
    """Return what AUTOMATIC1111's web UI, and many after it, write: the prompt, the negative one, a line of pairs."""
    lines = text.replace("\r\n", "\n").strip().split("\n")
    start = next((number for number in range(len(lines) - 1, -1, -1) if STEPS.match(lines[number])), len(lines))
    pairs = [(name.strip(), _unquoted(value.strip())) for line in lines[start:] for name, value in PAIR.findall(line)]
    prompts: dict[str, list[str]] = {"prompt": [], "negative": []}
    part = "prompt"
    for line in lines[:start]:
        if line.startswith(NEGATIVE):
            part, line = "negative", line.removeprefix(NEGATIVE)
        prompts[part].append(line)
    found = Settings("fooocus" if "Version: Fooocus" in text else "a1111")
    found.settings = {name: "\n".join(one).strip() for name, one in prompts.items()}
    said = {name.lower(): value for name, value in pairs}
    for name, value in pairs:
        key = name.lower()
        if key in A1111_NUMBERS:
            found.put(A1111_NUMBERS[key], value, name)
        elif key == "size":
            found.size(value, name)
        elif key in ("model", "base model"):
            found.put("model", value, name)
        elif key == "sampler":
            found.sampler(value, said.get("schedule type", said.get("scheduler", "")))
        elif key not in ("schedule type", "scheduler", *FACTS):
            found.miss(name, value)
    return found.found()


def _unquoted(value: str) -> str:
    if value.startswith('"'):
        try:
            return str(json.loads(value))
        except ValueError:
            return value.strip('"')
    return value


def _fooocus(said: Data) -> Found:
    found = Settings("fooocus")
    found.take(said, FOOOCUS, ("resolution", "sampler", "scheduler"))
    if not is_nothing(said.get("resolution")):
        found.size(said["resolution"], "resolution")
    found.sampler(said.get("sampler"), said.get("scheduler"))
    return found.found()


def _swarm(said: Data) -> Found:
    found = Settings("swarmui")
    found.take(said, SWARM, ("sampler", "scheduler"))
    found.sampler(said.get("sampler"), said.get("scheduler"))
    return found.found()


def _invoke(said: Data) -> Found:
    found = Settings("invokeai")
    found.take(said, INVOKE, ("model", "scheduler"))
    model = said.get("model")
    name = (model.get("name") or model.get("model_name")) if isinstance(model, dict) else model
    found.put("model", name, "model")
    found.sampler(said.get("scheduler"))
    return found.found()


def _novel(said: Data, texts: Mapping[str, str]) -> Found:
    found = Settings("novelai")
    if "prompt" not in said and texts.get("Description"):
        said = said | {"prompt": texts["Description"]}
    found.take(said, NOVEL, ("sampler", "noise_schedule", "v4_prompt", "v4_negative_prompt"))
    found.put("model", texts.get("Source"), "Source")
    found.sampler(said.get("sampler"), said.get("noise_schedule"))
    return found.found()


def _old_invoke(said: Mapping[str, str]) -> Found | None:
    """Return what InvokeAI wrote before its third version."""
    data = parsed(said.get("sd-metadata", ""))
    image = data.get("image") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(image, dict):
        return None
    found = Settings("invokeai")
    prompt = image.get("prompt")
    if isinstance(prompt, list) and len(prompt) == 1 and isinstance(prompt[0], dict):
        prompt = prompt[0].get("prompt")
    found.take(image | {"prompt": prompt}, INVOKE | {"prompt": "prompt"}, ("sampler",))
    found.put("model", data.get("model_weights") or data.get("model"), "model")
    found.sampler(image.get("sampler"))
    return found.found()


def _comfy(said: Mapping[str, str], unknown: list[str]) -> Found | None:
    """Return what ComfyUI writes: in PNG under names of their own, in WebP behind a name in EXIF."""
    for name, start in (("prompt", ""), ("Model", "prompt:"), ("Make", "prompt:")):
        text = said.get(name, "")
        data = parsed(text.removeprefix(start)) if text.lower().startswith(start) else None
        if isinstance(data, dict) and (found := _of_graph(data)):
            return found
    unknown += [name for name in ("Make", "Model") if said.get(name, "").lower().startswith(("prompt:{", "workflow:{"))]
    return None


def _of_graph(graph: Data) -> Found | None:
    read = graphs.read(graph)
    if read is None:
        return None
    found = Settings("comfyui")
    for key, value in read.settings.items():
        found.put(key, value, key)
    found.sampler(read.sampler, read.spacing)
    for name, value in read.others:
        found.miss(name, value)
    return found.found()
