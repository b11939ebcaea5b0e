"""Names of things: task numbers, item numbers, slugs, times, and the references people type."""

from datetime import datetime, time, timedelta, timezone
from typing import NamedTuple

import re
import unicodedata

_TASK_NUMBER = re.compile(r"(?:task-)?0*([0-9]{1,9})")
_UID_PREFIX = re.compile(r"[0-9a-f]{4}[0-9a-f-]{0,32}")
_WORD = re.compile(r"[a-z0-9]+")
_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
# What every supported Python reads alike: `fromisoformat` takes more with every release, and the fold must not.
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)


def task_id(number: int) -> str:
    """`30` → `task-0030`."""
    return f"task-{number:04d}"


def item_id(prefix: str, number: int) -> str:
    """`("todo", 3)` → `todo-0003`; plans are `plan-v2`."""
    return f"plan-v{number}" if prefix == "plan" else f"{prefix}-{number:04d}"


def parse_task_number(text: str) -> int | None:
    """The number in `task-0030`, `task-30` or `30`; None when `text` is not of that form."""
    found = _TASK_NUMBER.fullmatch(text)
    return int(found[1]) if found else None


def parse_item_number(prefix: str, text: str) -> int | None:
    """The number in `todo-0003`, `todo-3` or `3` (for plans `plan-v2`, `v2`, `2`); None otherwise."""
    pattern = r"(?:(?:plan-)?v)?0*([0-9]{1,9})" if prefix == "plan" else rf"(?:{prefix}-)?0*([0-9]{{1,9}})"
    found = re.fullmatch(pattern, text)
    return int(found[1]) if found else None


class Reference(NamedTuple):
    """What `[ledger:]task[/item]` names, each part as it was typed; None for what is left out."""

    ledger: str | None
    task: str
    item: str | None


def split_reference(text: str) -> Reference:
    """The parts of a reference. A ledger's name may hold a slash, and nothing that is named holds a colon."""
    ledger, colon, rest = text.strip().rpartition(":")
    task, slash, item = rest.partition("/")
    return Reference(ledger if colon else None, task.strip(), item.strip() if slash else None)


def is_uid_prefix(text: str) -> bool:
    """Whether `text` can be the beginning (at least 4 characters) of a task uid."""
    return _UID_PREFIX.fullmatch(text) is not None


def slugify(title: str) -> str:
    """Lower-case ASCII words of `title` (accents dropped) joined by `-`, at most 50 characters; `untitled` when none is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = "-".join(_WORD.findall(plain))
    return slug[:50].rstrip("-") or "untitled"


def is_slug(text: str) -> bool:
    """Whether `text` may be used as a slug: words joined by `-`, not readable as a number or a task id."""
    return (
        re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", text) is not None
        and len(text) <= 60
        and parse_task_number(text) is None
    )


def format_time(moment: datetime) -> str:
    """UTC with microseconds and a final `Z`, as events carry it. Raises ValueError where that is beyond the calendar."""
    try:
        moment = moment.astimezone(timezone.utc)
    except OverflowError:  # such as the first of all days, an hour east of here
        raise ValueError(f"{moment} is beyond the calendar") from None
    # Not strftime: it pads the year on some platforms only.
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def read_time(text: str, *, day: time = time.min) -> str:
    """A time of ISO 8601 as events carry it; without an offset it is UTC, and a day alone means its moment `day`. Raises ValueError."""
    text = text.strip()
    moment = datetime.fromisoformat(text)
    if _DAY.fullmatch(text):
        moment = datetime.combine(moment, day)
    return format_time(moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))


def parse_time(text: str) -> datetime:
    """The moment written by `format_time`; the epoch where `text` cannot be read (events come from others)."""
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    if _TIME.fullmatch(text) is None:
        return epoch
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return epoch
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def later(at: str, seconds: int) -> str:
    """`at` plus `seconds`, both as `format_time` writes them; saturates at the ends of the calendar."""
    try:
        return format_time(parse_time(at) + timedelta(seconds=seconds))
    except (OverflowError, ValueError):
        return at
