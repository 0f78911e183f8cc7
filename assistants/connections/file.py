"""The file of the connections: YAML for its owner's eyes only, read strictly and replaced in one step.

Errors name the file, the line and the key of the map, and never what stands there: it may be a secret.
"""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from assistants.connections.connection import Connection
from assistants.errors import InvalidInput, StoreError
from prompts.reading import Document, PromptError, read_text, read_yaml

HEADER = "# Models that run elsewhere, written by the studio's settings. It keeps no comments.\n"
TIMEOUTS = ("connect_timeout", "first_token_timeout", "idle_timeout")
FIELDS = ("provider", "url", "key", "models", "visitors", *TIMEOUTS)


def read(path: Path) -> dict[str, Connection]:
    """Return the connections of the file by name, none without a file; raises ``StoreError``."""
    if not path.exists():
        return {}
    try:
        if os.name == "posix":
            path.chmod(0o600)
        text = read_text(path, path.name)
        if not has_content(text):
            return {}
        document = read_yaml(text, path.name)
        return {name: read_connection(document, name) for name in document.data}
    except PromptError as error:
        raise StoreError(error.template, **error.values) from None
    except OSError as error:
        raise StoreError("{file} cannot be read: {cause}.", file=path.name, cause=error.strerror) from error


def has_content(text: str) -> bool:
    """Say whether there is more than comments, which are what is left once every connection is deleted."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())


def read_connection(document: Document, name: str) -> Connection:
    """Return one connection of the file; raises ``PromptError`` that says where it is wrong."""
    fields = document.data[name]
    if not isinstance(fields, dict):
        raise document.error((name,), "'{key}' must be a map of keys and values.", key=name)
    for key in fields:
        if key not in FIELDS:
            raise document.error((name, key), "'{key}' is not a key of a connection.", key=key)
    try:
        return Connection.model_validate({"name": name, **fields})
    except ValidationError as error:
        # What pydantic says of the input itself is left out: it may be a key.
        first = error.errors(include_input=False, include_url=False)[0]
        raise document.error((name, *first["loc"]), "{reason}.", reason=first["msg"]) from None
    except InvalidInput as error:
        raise document.error((name, error.field), "{reason}.", reason=str(error).rstrip(".")) from None


def plain(connection: Connection) -> dict[str, Any]:
    """Return a connection as the file has it."""
    key = connection.key and connection.key.get_secret_value()
    fields = {name: getattr(connection, name) for name in FIELDS} | {"key": key}
    return {name: value for name, value in fields.items() if value not in (None, [])}


def write(path: Path, saved: dict[str, Connection]) -> None:
    """Replace the file, all of it or nothing; raises ``StoreError``."""
    fields = {name: plain(one) for name, one in sorted(saved.items())}
    text = HEADER + (yaml.safe_dump(fields, allow_unicode=True, sort_keys=False) if fields else "")
    draft = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.tmp")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise StoreError("{file} cannot be written: {cause}.", file=path.name, cause=error.strerror) from error
