"""What went wrong, and which language to speak, in the visitor's words. Knows nothing about who shows it."""

from typing import Any

from assistants.errors import StudioError
from assistants.studio import Studio
from webapp.i18n import has, t


def sentence(error: StudioError, lang: str) -> str:
    """Return what went wrong in the visitor's language; a field is called what its widget is called."""
    return _worded(error.template, error.values, lang)


def why(failure: dict[str, Any] | None, lang: str) -> str | None:
    """Return why a job failed in the visitor's language, if it did."""
    return _worded(failure["template"], failure["values"], lang) if failure else None


def _worded(template: str, values: dict[str, Any], lang: str) -> str:
    field = str(values.get("field", ""))
    name = f"field.{field.rpartition('.')[2]}"
    return t(template, lang, **(values | ({"field": t(name, lang)} if has(name) else {})))


def model_label(studio: Studio, model: str, lang: str) -> tuple[str, str | None]:
    """Return the language to speak with a model: the visitor's, or English with a word on why."""
    known = studio.models.languages(model)
    return (lang, None) if not known or lang in known else ("en", t("model.english-only", lang))
