"""The tabs: each module has TITLE, the key of its name, and ``build(studio)``, which makes and wires its widgets."""

from webapp.tabs import chat, history, settings, support

# In the order of the page: what makes things, then the rooms around it.
ASSISTANT_TABS = (chat, support)
ROOMS = (history, settings)
