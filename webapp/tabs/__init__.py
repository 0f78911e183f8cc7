"""The tabs: each module has TITLE, the key of its name, and ``build(studio)``, which makes and wires its widgets."""

from webapp.tabs import chat, history, images, playground, prompts, settings, support, writing

# In the order of the page: what makes things, then the tabs around it.
ASSISTANT_TABS = (chat, writing, support, playground, images)
OTHER_TABS = (prompts, history, settings)
