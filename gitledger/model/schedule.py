"""When a scheduled task comes round again: cron expressions, and the only door to the library that reads them."""

from gitledger.errors import InvalidInput
from gitledger.model import ids


def check_schedule(text: str) -> str:
    """The cron expression with single spaces. Raises InvalidInput where it is none, or names no moment that ever comes."""
    from cronsim import CronSim, CronSimError

    plain = " ".join(text.split())
    if len(plain.split()) != 5:
        raise _bad(text, "it has not five fields (minute, hour, day of month, month, day of week)")
    try:
        next(CronSim(plain, ids.parse_time("2026-01-01T00:00:00Z")))
    except (CronSimError, StopIteration) as error:
        raise _bad(text, str(error) or "it names no moment that ever comes") from error
    return plain


def next_run(schedule: str, after: str) -> str | None:
    """The first moment after `after` that the cron expression names, in UTC; None where it cannot be read."""
    from cronsim import CronSim, CronSimError

    try:
        return ids.format_time(next(CronSim(schedule, ids.parse_time(after))))
    except (CronSimError, StopIteration):
        return None


def _bad(text: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"{text[:60]!r} is not a schedule like '0 9 * * mon': {why}.",
        code="VALIDATION",
        hint=("gitledger", "item", "edit", "--help"),
        details={"field": "schedule"},
    )
