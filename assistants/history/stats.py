"""What was made: items, tokens and seconds for each day and model.

Days are UTC's. Knows nothing about how the numbers are drawn.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from assistants.errors import InvalidInput
from assistants.history.search import Filters
from assistants.store import Store

MAX_DAYS = 3660


@dataclass(frozen=True)
class Count:
    """What one model made on one day (YYYY-MM-DD); ``seconds`` is the time from the first to the last token."""

    day: str
    model: str | None
    items: int
    input_tokens: int
    output_tokens: int
    seconds: float


def stats(store: Store, owner: str | None, days: int) -> list[Count]:
    """Return the counts of the last ``days`` days, today included, in order; ``owner`` None is everybody."""
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput("days", "{field} must be between {low} and {high}.", low=1, high=MAX_DAYS)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    where, values = Filters(since=today - timedelta(days=days - 1)).conditions(owner)
    sql = f"""
        SELECT substr(created, 1, 10) AS day, model, count(*) AS items,
               coalesce(sum(json_extract(usage, '$.input_tokens')), 0) AS input_tokens,
               coalesce(sum(json_extract(usage, '$.output_tokens')), 0) AS output_tokens,
               round(coalesce(sum(json_extract(usage, '$.seconds')), 0.0), 1) AS seconds
        FROM jobs WHERE number IN (SELECT number FROM jobs INDEXED BY jobs_shown WHERE {where})
        GROUP BY day, model ORDER BY day, model
    """
    with store.read() as db:
        return [Count(**row) for row in db.execute(sql, values)]
