"""The fields of a task as people type them: due dates, priorities, properties, complexity; and how they are recorded."""

from datetime import datetime, time, timedelta
from typing import Annotated, Any

import re

from gitledger.errors import InvalidInput
from gitledger.model import ids
from gitledger.ops._base import opt
from gitledger.ops._facts import PROGRAM

Priority = Annotated[str | None, opt("critical, high, medium, low, P0 to P3, or 0 to 4.", short="p")]
Kind = Annotated[str | None, opt("What kind of task it is; the policy may say what holds for it.")]
Complexity = Annotated[int | None, opt("How much it is, from 1 to 10; 0 clears it.")]
Due = Annotated[str | None, opt("When it is due: tomorrow, fri, +2d, +3h, 2026-12-01, 2026-12-01T09:00Z; none clears it.")]
Schedule = Annotated[
    str | None, opt("A cron expression in UTC: once done, it comes back for the next run; none clears it.", metavar="CRON")
]
Properties = Annotated[
    list[str],
    opt("key=value, where the value may be JSON; key= removes it; may be given more than once.", name="--property"),
]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OFFSET = re.compile(r"\+([0-9]{1,4})([mhdw])")
_UNIT = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_NONE = ("", "none", "never")
_END_OF_DAY = time(23, 59, 59)


PRIORITIES = {
    "critical": "critical",
    "high": "high",
    "medium": "medium",
    "low": "low",
    "p0": "critical",
    "p1": "high",
    "p2": "medium",
    "p3": "low",
    "p4": "low",
    "0": "critical",
    "1": "high",
    "2": "medium",
    "3": "low",
    "4": "low",
}


def parse_priority(text: str) -> str:
    """A priority in any of its accepted spellings, as the record keeps it."""
    priority = PRIORITIES.get(text.strip().lower())
    if priority is None:
        raise InvalidInput(
            f"{text!r} is not a priority: critical, high, medium, low, P0 to P3 or 0 to 4.",
            hint=(PROGRAM, "task", "edit", "--priority", "high"),
        )
    return priority


def parse_due(text: str, now: str) -> str | None:
    """The moment of a due date as events carry it; None where it says that there is none. A day means its end (UTC)."""
    plain = text.strip().lower()
    if plain in _NONE:
        return None
    offset = _OFFSET.fullmatch(plain)
    if offset:
        return ids.later(now, int(offset[1]) * _UNIT[offset[2]])
    day = _named_day(plain, ids.parse_time(now))
    try:
        return ids.read_time(day.date().isoformat() if day else text, day=_END_OF_DAY)
    except ValueError:
        raise _bad("--due", text, "tomorrow, fri, +2d, 2026-12-01 or 2026-12-01T09:00Z", "due") from None


def _named_day(text: str, now: datetime) -> datetime | None:
    if text in ("today", "tomorrow"):
        return now + timedelta(days=text == "tomorrow")
    if text[:3] in _DAYS and text in (text[:3], _FULL[text[:3]]):
        return now + timedelta(days=(_DAYS.index(text[:3]) - now.weekday() - 1) % 7 + 1)
    return None


_FULL = dict(zip(_DAYS, ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), strict=True))


def parse_complexity(value: int) -> int | None:
    """The complexity; None for 0, which clears it."""
    if not 0 <= value <= 10:
        raise _bad("--complexity", str(value), "a number from 1 to 10", "complexity")
    return value or None


def parse_schedule(text: str) -> str | None:
    """The cron expression; None where it says that there is none."""
    if text.strip().lower() in _NONE:
        return None
    from gitledger.model.schedule import check_schedule

    return check_schedule(text)


def parse_properties(items: list[str] | dict[str, Any]) -> dict[str, Any]:
    """Properties from `key=value`: JSON where it reads as that, else text; an empty value is None, which removes the key.

    A document has them as they are.
    """
    if isinstance(items, dict):
        return items
    found: dict[str, Any] = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            raise _bad("--property", item, "key=value", "properties")
        found[key.strip()] = _value(value)
    return found


def _value(text: str) -> Any:
    if not text:
        return None
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text


def _bad(option: str, text: str, wanted: str, field: str) -> InvalidInput:
    return InvalidInput(
        f"{option} takes {wanted}; it is {text[:60]!r}.",
        code="VALIDATION",
        hint=(PROGRAM, "item", "create", "--help"),
        details={"field": field},
    )
