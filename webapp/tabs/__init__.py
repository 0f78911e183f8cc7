"""The tabs: each module has TITLE, the key of its name, and ``build(studio)``, which makes and wires its widgets.

Packages may bring more under the entry point group ``aigc_studio.tabs``, each called as its assistant is; their
``WORDS`` are texts of the page by language and key.
"""

from types import ModuleType

from assistants import plugins
from webapp import i18n
from webapp.tabs import chat, games, history, images, lab, playground, prompts, settings, support, writing

# In the order of the page: what makes things, then the tabs around it.
ASSISTANT_TABS = (chat, writing, support, playground, images, games, lab)
OTHER_TABS = (prompts, history, settings)

GROUP = "aigc_studio.tabs"
NEEDED = ("TITLE", "WORDS", "build")


def name_of(tab: ModuleType) -> str:
    """Return what a tab is called in addresses."""
    return tab.__name__.rpartition(".")[2]


PLUGINS = dict(plugins.modules(GROUP, NEEDED, [name_of(tab) for tab in (*ASSISTANT_TABS, *OTHER_TABS)]))
for plugin in PLUGINS.values():
    i18n.add(plugin.WORDS)
# By name, in the order of the page.
TABS = {name_of(tab): tab for tab in ASSISTANT_TABS} | PLUGINS | {name_of(tab): tab for tab in OTHER_TABS}
