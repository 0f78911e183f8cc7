"""Assistants of other packages: modules that they register under the entry point group ``aigc_studio.assistants``.

One that can't be loaded, or takes a name that is taken, is left out, the log says why, and the studio goes on. Their
tabs are the page's matter. Knows nothing about what they do.
"""

import logging
import re
from collections.abc import Collection, Iterator
from importlib.metadata import entry_points
from types import ModuleType

GROUP = "aigc_studio.assistants"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
NEEDED = ("ID", "Request", "admit", "run")

log = logging.getLogger(__name__)


def modules(group: str, needed: Collection[str], taken: Collection[str] = ()) -> Iterator[tuple[str, ModuleType]]:
    """Yield what installed packages register under a group, by name, where it has all that is needed."""
    found = {one.name: one for one in entry_points(group=group)}
    for name, one in sorted(found.items()):
        package = one.dist.name if one.dist else one.module
        if not NAME.fullmatch(name) or name in taken:
            log.warning("The package %s may not bring %r to %s: the name is taken or no name", package, name, group)
            continue
        try:
            module = one.load()
            missing = [attribute for attribute in needed if not hasattr(module, attribute)]
        except Exception:
            log.exception("%s of the package %s can't be loaded", name, package)
            continue
        if missing:
            log.warning("%s of the package %s lacks %s", name, package, ", ".join(missing))
        else:
            yield name, module


def assistants(taken: Collection[str]) -> Iterator[ModuleType]:
    """Yield the assistants of installed packages whose ``ID`` is the name that they are registered under."""
    for name, module in modules(GROUP, NEEDED, taken):
        if name == module.ID:
            yield module
        else:
            log.warning("The assistant %s of %s calls itself %s", name, module.__name__, module.ID)
