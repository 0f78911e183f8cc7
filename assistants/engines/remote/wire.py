"""What HTTP's answers have in common: a status that is no success, a body of any size, an end that does not come."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from assistants.engines.remote.faults import BODY_LENGTH, ServerError
from assistants.storable import from_json

# Of a list of models; a thousand of them with all that servers say of each have less.
MOST_BYTES = 16_000_000
# A connection whose answer was read to its end is used again, but nobody waits for that.
DRAIN_SECONDS = 0.2


async def check(response: Any) -> None:
    """Raise ``ServerError`` with what the server says, unless the status is a success."""
    if response.is_success:
        return
    text = await beginning(response, BODY_LENGTH)
    try:
        body = from_json(text)
    except (ValueError, RecursionError):
        body = text
    raise ServerError(body, response.status_code, response.headers)


async def beginning(response: Any, size: int) -> str:
    """Return the text of a body, of a larger one the first ``size`` bytes or a few more."""
    data = b""
    async for more in response.aiter_bytes():
        data += more
        if len(data) > size:
            break
    encoding = response.charset_encoding or "utf-8"
    try:
        return data.decode(encoding, "replace").removeprefix("\ufeff")
    except LookupError:
        return data.decode("utf-8", "replace")


async def drain(rest: AsyncIterator[bytes]) -> None:
    """Read an answer, of which nothing more is wanted, to its end, if that comes at once."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in rest:
                pass
