"""Text that is set apart in Markdown, whatever it holds."""


def quoted(title: str, text: str) -> str:
    """Return a text as a quote with a title; nothing where there is no text."""
    if not text.strip():
        return ""
    return "\n".join(f"> {line}".rstrip() for line in [f"**{title}**", "", *text.strip().splitlines()])
