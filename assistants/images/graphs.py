"""ComfyUI's graphs: the settings of the one sampler that a picture comes from, found along the links between nodes.

A graph can do anything; what is found on the way and has no counterpart here is named. Knows the nodes that come with
ComfyUI; of others it knows what their inputs are called.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

# What a picture is encoded by, and where a text may stand that is linked to.
TEXTS = ("text", "string", "value", "prompt", "text_g", "text_l", "t5xxl")
MODELS = ("ckpt_name", "unet_name", "model_name")
SIZES = ("width", "height")
SEEDS = ("seed", "noise_seed")
# A link may lead through so many nodes.
MOST_STEPS = 200

Node = dict[str, Any]


@dataclass
class Read:
    """What a graph says; ``others`` are names and values that have no place here."""

    settings: dict[str, Any] = field(default_factory=dict)
    sampler: Any = None
    spacing: Any = None
    others: list[tuple[str, Any]] = field(default_factory=list)


def read(graph: dict[str, Any]) -> Read | None:
    """Return what a graph of nodes by id says; None if no node in it samples a picture from texts."""
    nodes = {str(id): node for id, node in graph.items() if isinstance(node, dict) and _inputs(node)}
    samplers = [node for node in nodes.values() if "positive" in _inputs(node) and _inputs(node).keys() & SEEDS]
    if not samplers:
        return None
    found, inputs = Read(), _inputs(samplers[0])
    for other in samplers[1:]:
        found.others.append(("node", str(other.get("class_type", "?"))))
    for key, names in (("seed", SEEDS), ("steps", ("steps",)), ("guidance", ("cfg",))):
        value = next((inputs[name] for name in names if name in inputs), None)
        found.settings[key] = _value(value, nodes, names)
    found.sampler, found.spacing = inputs.get("sampler_name"), inputs.get("scheduler")
    for key, name in (("prompt", "positive"), ("negative", "negative")):
        _text(key, inputs.get(name), nodes, found)
    _model(inputs.get("model"), nodes, found)
    _latent(inputs, nodes, found)
    return found


def _inputs(node: Node) -> dict[str, Any]:
    inputs = node.get("inputs")
    return inputs if isinstance(inputs, dict) and isinstance(node.get("class_type"), str) else {}


def _linked(value: Any, nodes: dict[str, Node]) -> Node | None:
    """Return the node that a value is a link to: its id and the number of an output."""
    is_link = isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int)
    return nodes.get(str(value[0])) if is_link else None


def _value(value: Any, nodes: dict[str, Node], names: tuple[str, ...]) -> Any:
    """Return a value, or that of the node that it is linked to."""
    for _ in range(MOST_STEPS):
        node = _linked(value, nodes)
        if node is None:
            return value if not isinstance(value, list | dict) else None
        inputs = _inputs(node)
        value = next((inputs[name] for name in (*names, "value", "int", "float") if name in inputs), None)
    return None


def _along(value: Any, nodes: dict[str, Node], names: tuple[str, ...]) -> Iterator[Node]:
    """Yield the nodes that a link leads through by inputs of these names, each once."""
    seen: set[int] = set()
    for _ in range(MOST_STEPS):
        node = _linked(value, nodes)
        if node is None or id(node) in seen:
            return
        seen.add(id(node))
        yield node
        value = next((_inputs(node)[name] for name in names if name in _inputs(node)), None)


def _text(key: str, value: Any, nodes: dict[str, Node], found: Read) -> None:
    """Find the text that a picture is to be like, or unlike."""
    for node in _along(value, nodes, ("conditioning", "positive" if key == "prompt" else "negative")):
        inputs, kind = _inputs(node), node["class_type"]
        if any(name in inputs for name in TEXTS):
            text = _value(next(inputs[name] for name in TEXTS if name in inputs), nodes, TEXTS)
            if isinstance(text, str):
                found.settings[key] = text
            else:
                found.others.append((key, kind))
            return
        if "Zero" in kind:
            return
        if kind not in ("FluxGuidance",):
            found.others.append(("node", kind))
    if value is not None:
        found.others.append((key, "?"))


def _model(value: Any, nodes: dict[str, Node], found: Read) -> None:
    for node in _along(value, nodes, ("model",)):
        inputs = _inputs(node)
        if name := next((inputs[one] for one in MODELS if isinstance(inputs.get(one), str)), None):
            found.settings["model"] = name.replace("\\", "/").rpartition("/")[2]
            return
        found.others.append(("LoRA" if "lora_name" in inputs else "node", inputs.get("lora_name", node["class_type"])))


def _latent(inputs: Node, nodes: dict[str, Node], found: Read) -> None:
    """Find how large the picture is, or that it begins with another one."""
    denoise = _value(inputs.get("denoise"), nodes, ("denoise",))
    for node in _along(inputs.get("latent_image"), nodes, ("samples", "pixels")):
        own = _inputs(node)
        if own.keys() >= set(SIZES):
            found.settings |= {name: _value(own[name], nodes, (name,)) for name in SIZES}
            return
        found.others.append(("node", node["class_type"]))
        if isinstance(denoise, float) and denoise < 1:
            found.settings["strength"] = denoise
