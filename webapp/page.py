"""The page: header, tabs, theme and language around what the tabs build. Knows nothing about what is in a tab."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from assistants.studio import Studio
from webapp import STATIC, programs
from webapp.i18n import gradio_i18n
from webapp.kit import words
from webapp.live import live
from webapp.tabs import TABS

# In this order, for a later one refines an earlier one; then come the folders of the tabs.
SHARED = ("style", "pieces", "controls", "native", "rich", "prompt-drawer", "palette")


def styles() -> Iterator[str]:
    """Yield the addresses of the page's styles below ``static/``; in a tab's folder the one of its own name leads."""
    yield from (f"shared/{name}.css" for name in SHARED)
    for tab in TABS:
        names = sorted((path.stem for path in (STATIC / tab).glob("*.css")), key=lambda name: (name != tab, name))
        yield from (f"{tab}/{name}.css" for name in names)


HEAD = "".join(f'<link rel="stylesheet" href="studio/{address}">' for address in styles())

# So often the queue looks whether an event came that goes through it: of ours what programs call by name.
QUEUE_SECONDS = 0.05


def build(studio: Studio) -> gr.Blocks:
    """Return the page for ``studio``.

    It has no ``gr.State`` and no unload event: then Gradio holds no connection open, of which a browser grants a host
    only six; what a visitor has open is in the address, and what they typed in their browser.
    """
    with gr.Blocks(title="AIGC Studio", analytics_enabled=False, fill_width=True) as blocks:
        if studio.settings.is_ephemeral:
            gr.Markdown(words("store.ephemeral"), elem_id="ephemeral")
        live("shared", "page")
        live("shared", "palette")
        with gr.Tabs(elem_id="tabs"):
            for name, tab in TABS.items():
                with gr.Tab(words(tab.TITLE), id=name, elem_id=f"tab-{name}"):
                    tab.build(studio)
        programs.add(studio)
    blocks.queue(api_open=False, default_concurrency_limit=None)
    # Gradio's looks a thousand times a second, which takes 8 % of a core.
    blocks._queue.sleep_when_free = blocks._queue.progress_update_sleep_when_free = QUEUE_SECONDS
    return blocks


def mount_options(studio: Studio) -> dict[str, Any]:
    """Return how the page looks, for ``gr.mount_gradio_app``."""
    return {"theme": theme(), "i18n": gradio_i18n(), "head": HEAD, "favicon_path": str(STATIC / "shared" / "logo.svg")}


def theme() -> gr.themes.Base:
    """Return the theme: system fonts (any other would be fetched), one accent colour, quiet surfaces."""
    return gr.themes.Base(
        primary_hue="teal", secondary_hue="teal", neutral_hue="stone", font="sans-serif", font_mono="monospace"
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="#161413",
        body_text_color="*neutral_800",
        body_text_color_dark="*neutral_200",
        block_border_width="0px",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_padding="0px",
        input_background_fill="white",
        input_background_fill_dark="*neutral_900",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_600",
        button_primary_text_color="white",
    )
