"""Engines of other packages: what they register under the entry point group ``aigc_studio.engines``.

An entry point is named like the provider it makes and refers to a function ``open_chat(model, path=None)``, which
returns a LangChain ``BaseChatModel``; it is imported on first use. Knows nothing about the studio's own engines.
"""

import re
from collections.abc import Collection
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from assistants.errors import ModelUnavailable, StudioError, without_paths

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

GROUP = "aigc_studio.engines"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def plugins(taken: Collection[str] = ()) -> dict[str, EntryPoint]:
    """Return the providers that installed packages bring, by name; none takes the place of one in ``taken``."""
    found = entry_points(group=GROUP)
    return {one.name: one for one in found if NAME.fullmatch(one.name) and one.name not in taken}


def open_plugin(plugin: EntryPoint, model: str, path: Path | None = None) -> "BaseChatModel":
    """Open a plugin's model; whatever goes wrong in it is ``ModelUnavailable``, or what it says itself."""
    from langchain_core.language_models import BaseChatModel

    try:
        engine = plugin.load()(model, path)
    except StudioError:
        raise
    except Exception as error:
        template = "The engine {name} of the package {package} does not work: {cause}."
        package = plugin.dist.name if plugin.dist else plugin.module
        cause = without_paths(f"{type(error).__name__}: {error}")
        raise ModelUnavailable(template, name=plugin.name, package=package, cause=cause) from error
    if not isinstance(engine, BaseChatModel):
        raise ModelUnavailable("The engine {name} gives no chat model.", name=plugin.name)
    return engine
