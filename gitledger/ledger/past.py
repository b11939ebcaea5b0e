"""Looking back: the ledgers of a repository as they were at an earlier entry, or at a moment."""

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

import re

from gitledger.errors import InvalidInput, NotFound
from gitledger.model import ids
from gitledger.ops._base import Operation, looks_back

if TYPE_CHECKING:
    from gitledger.ledger.shell import Ledger

_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_AGO = re.compile(r"-?([0-9]{1,5})([hdw])")
_SECONDS = {"h": 3600, "d": 86400, "w": 7 * 86400}
_HINT = ("gitledger", "log")


class Past:
    """A moment, and where each ledger stood then."""

    def __init__(self, ledger: "Ledger", text: str) -> None:
        self.text = text
        self._repo = ledger.repo
        self._tips: dict[str, str | None] = {}
        now = ledger.config.test_now or ids.format_time(datetime.now(UTC))
        named = self._entry(ledger, text.strip().lower())
        if named is not None:
            self._tips[ledger.name], seconds = named
            # The entry's own second is part of it.
            self.moment = ids.format_time(datetime.fromtimestamp(seconds, UTC).replace(microsecond=999999))
        else:
            self.moment = min(_moment(text, now), now)

    def _entry(self, ledger: "Ledger", digits: str) -> tuple[str, int] | None:
        tip = ledger.tip
        if tip is None or _COMMIT.fullmatch(digits) is None:
            return None
        from gitledger.store.past import entry_named

        found = entry_named(ledger.repo, tip, digits)
        # Eight digits may be a day.
        if found is None and not (len(digits) == 8 and digits.isdecimal()):
            raise NotFound(f"{self.text!r} is no entry of ledger {ledger.name}.", hint=_HINT)
        return found

    def tip(self, name: str) -> str | None:
        """Where the ledger `name` stood; None where it had no entry yet, or is not there."""
        if name not in self._tips:
            current = self._repo.tip(name)
            if current is None:
                return None
            from gitledger.store.past import entry_until

            self._tips[name] = entry_until(self._repo, current, int(ids.parse_time(self.moment).timestamp()))
        return self._tips[name]

    def refuse_unfit(self, op: Operation) -> None:
        """Raise for what cannot look back: an operation that records or changes something, or tells of the present alone."""
        if not looks_back(type(op)) and not op.reads_only():
            raise InvalidInput(f"--at looks back, and `{op.command}` changes something.", code="VALIDATION", hint=_HINT)
        if not looks_back(type(op), may_write=True):
            raise InvalidInput(f"--at looks back, and `{op.command}` tells of the present alone.", code="VALIDATION", hint=_HINT)

    def not_there(self, name: str) -> NotFound:
        """The refusal of a ledger that had no entry yet."""
        return NotFound(f"Ledger {name} had no entry yet at {self.moment[:19]}Z.", hint=_HINT)


def _moment(text: str, now: str) -> str:
    """The moment that a date names: ISO (a day means its end, UTC), `yesterday`, or `3d`, `12h`, `2w` ago."""
    plain = text.strip().lower()
    ago = _AGO.fullmatch(plain)
    if ago:
        return ids.later(now, -int(ago[1]) * _SECONDS[ago[2]])
    try:
        return ids.read_time(ids.later(now, -86400)[:10] if plain == "yesterday" else text, day=time.max)
    except ValueError:
        raise InvalidInput(
            f"--at takes the id of an entry (7 digits or more) or a date, not {text[:80]!r}.",
            code="VALIDATION",
            hint=_HINT,
            remediation=("Dates are like 2026-11-20, 2026-11-20T10:15Z, yesterday, 12h, 3d, 2w.",),
        ) from None
