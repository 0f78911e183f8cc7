"""What a model of this machine can do, by its chat template: whether it reasons, and whether that can be switched.

Knows the words that templates have for it; knows nothing about how a model is asked.
"""

from dataclasses import dataclass
from pathlib import Path

from assistants.models.files.contents import chat_template

SWITCH = "enable_thinking"
TAGS = ("<think>", "<seed:think>", "<thought>", "[THINK]", "<|channel|>analysis")


@dataclass(frozen=True)
class Abilities:
    """Whether a model ``reasons`` before it answers, None where nobody knows; whether it can be told not to."""

    reasons: bool | None = None
    can_switch_reasoning: bool = False


UNKNOWN = Abilities()


class TemplatesRead:
    """What the templates say, each read once for as long as its file stays the same."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, Abilities]] = {}

    def abilities(self, path: Path) -> Abilities:
        """Return what the model at ``path`` can do."""
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            return UNKNOWN
        if self._known.get(path, (None,))[0] != changed:
            template = chat_template(path)
            can_switch = SWITCH in template
            self._known[path] = (changed, Abilities(can_switch or any(tag in template for tag in TAGS), can_switch))
        return self._known[path][1]
