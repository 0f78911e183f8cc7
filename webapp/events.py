"""What happens to an event of Gradio's before and after its handler: files by name, errors as sentences.

A component takes files only where a tab says so (``kit.takes_files``). What a visitor sends that a component cannot
read is one line in the log, and not a traceback; what a handler raises is a sentence in the visitor's language. Knows
nothing about which handlers there are.
"""

import logging
from contextvars import ContextVar
from html import escape
from typing import Any
from urllib.parse import quote

import gradio
from gradio_client.utils import is_file_obj_with_meta, traverse

from assistants.errors import InvalidInput, NotFound, StudioError
from assistants.principals import Principal
from assistants.storable import storable
from webapp.i18n import language, t
from webapp.kit import BROKEN, MB, file_limit
from webapp.transfers import NOBODY, Transfers
from webapp.wording import sentence

FILE = "gradio.FileData"
FILE_URL = "/gradio_api/file="
UNREADABLE = "What was sent cannot be read."

log = logging.getLogger(__name__)


class Refused(gradio.Error):
    """What Gradio shows of an error, as text, and without a traceback; ``status`` is HTTP's."""

    status = 422

    def __init__(self, message: str, status: int = status) -> None:
        super().__init__(escape(message), print_exception=False)
        self.status = status


class Events:
    """Stands around a page's own way to process an event; ``transfers`` holds the files on their way."""

    def __init__(self, blocks: gradio.Blocks, transfers: Transfers) -> None:
        self._transfers = transfers
        self._asker: ContextVar[tuple[Principal | None, str]] = ContextVar("asker", default=(None, "en"))
        self._process, self._before, self._after = blocks.process_api, blocks.preprocess_data, blocks.postprocess_data
        blocks.process_api, blocks.preprocess_data, blocks.postprocess_data = self._processed, self._read, self._made
        # What is on the page from the start is everybody's.
        blocks.config = traverse(blocks.config, lambda file: self._named(file, None), is_file_obj_with_meta)

    async def _processed(self, *args: Any, request: Any = None, **options: Any) -> dict[str, Any]:
        asker, lang = who_asks(request)
        self._asker.set((asker, lang))
        try:
            return await self._process(*args, request=request, **options)
        except Refused as error:
            _answer_with(error.status, request)
            raise
        except gradio.Error as error:
            _answer_with(Refused.status, request)
            raise Refused(error.message) from error
        except StudioError as error:
            _answer_with(error.status, request)
            raise Refused(sentence(error, lang)) from error
        except Exception as error:
            log.exception("A handler of the page broke")
            raise Refused(sentence(BROKEN, lang)) from error

    async def _read(self, fn: Any, inputs: list[Any], *args: Any, **options: Any) -> list[Any]:
        asker, lang = self._asker.get()
        try:
            taken = [self._taken(*one, asker) for one in zip(inputs, fn.inputs, strict=False)]
            return await self._before(fn, taken, *args, **options)
        except StudioError as error:
            raise Refused(sentence(error, lang), error.status) from error
        except gradio.Error as error:
            raise Refused(error.message) from error
        except Exception as error:
            log.warning("What was sent to a handler of the page cannot be read (%s)", type(error).__name__)
            raise Refused(t(UNREADABLE, lang)) from error

    async def _made(self, *args: Any, **options: Any) -> list[Any]:
        asker = self._asker.get()[0] or NOBODY
        made = await self._after(*args, **options)
        return traverse(made, lambda file: self._named(file, asker), is_file_obj_with_meta)

    def _taken(self, value: Any, component: Any, asker: Principal | None) -> Any:
        """Return what was sent with the places of the asker's own files in it; raises ``StudioError``."""
        limit = file_limit(component)
        if isinstance(component, gradio.Dropdown) and not is_choice(value, is_many=bool(component.multiselect)):
            raise InvalidInput("data", UNREADABLE)

        def placed(file: dict[str, Any]) -> dict[str, Any]:
            if not limit:
                raise InvalidInput("file", "This takes no files.")
            if not isinstance(file["path"], str):
                raise NotFound("There is no such file.")
            found = self._transfers.get(file["path"], asker)
            if found.size > limit:
                raise InvalidInput("file", "A file may be at most {limit} MB.", limit=limit // MB)
            name = file.get("orig_name")
            known = {"orig_name": name if isinstance(name, str) else found.path.name, "size": found.size}
            return {"path": str(found.path), **known, "meta": {"_type": FILE}}

        return traverse(value, placed, may_be_file)

    def _named(self, file: dict[str, Any], asker: Principal | None) -> dict[str, Any]:
        """Return a file that a handler made as the asker sees it: by a name in place of a path."""
        if file["path"].startswith(("http://", "https://", "data:")):
            return file
        name = self._transfers.named(file["path"], asker)
        return {**file, "path": name, "url": FILE_URL + quote(name)}


def is_choice(value: Any, *, is_many: bool) -> bool:
    """Say whether a value can be chosen from a list: Gradio lets any pass where others than the choices are allowed."""
    if is_many and isinstance(value, list):
        return all(is_choice(one, is_many=False) for one in value)
    return value is None or (isinstance(value, str | int | float) and storable(value) == value)


def may_be_file(value: Any) -> bool:
    """Say whether Gradio could take a value that was sent for one of its files."""
    return isinstance(value, dict) and "path" in value and "meta" in value


def who_asks(request: Any) -> tuple[Principal | None, str]:
    """Return who sent an event, and their language; of a batch, of the first."""
    first = request[0] if isinstance(request, list) else request
    if first is None:
        return None, "en"
    return first.request.state.visitor, language(first)


def _answer_with(status: int, request: Any) -> None:
    """Have the gate answer with a status, for Gradio calls all that goes wrong 500."""
    first = request[0] if isinstance(request, list) else request
    if first is not None:
        first.request.state.refused = status
