"""Text for a terminal: made harmless, put on one line, measured in columns, cut to width, and values put into words."""

import re
from collections.abc import Iterator
from typing import Any

# C0 (but newline and tab), DEL, C1, and the bidirectional embeddings, overrides and isolates.
_HOSTILE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")


def _escape(match: re.Match[str]) -> str:
    point = ord(match[0])
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}"


def clean(text: str) -> str:
    """`text` with everything a terminal could obey made visible (`\\x1b`, `\\u202e`). Newlines and tabs stay."""
    return _HOSTILE.sub(_escape, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """`text` cleaned and on one line."""
    return _SPACES.sub(" ", clean(text)).strip()


def char_width(char: str) -> int:
    """How many terminal columns `char` takes: 0, 1 or 2."""
    import unicodedata

    if unicodedata.category(char) in ("Mn", "Me", "Cf") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _cuts(text: str) -> Iterator[tuple[int, int]]:
    """(end index, width so far) after each character; a joiner swallows its successor, an emoji selector widens."""
    width = last = 0
    joined = False
    for index, char in enumerate(text):
        step = 0 if joined else char_width(char)
        if char == "\ufe0f" and last == 1:
            step = 1
        joined = char == "\u200d"
        width += step
        last = step or last
        yield index + 1, width


def display_width(text: str) -> int:
    """How many terminal columns `text` takes; wide and combining characters counted."""
    if text.isascii():
        return len(text)
    width = 0
    for _, width in _cuts(text):
        pass
    return width


def truncate(text: str, width: int) -> str:
    """`text` in at most `width` columns, ending in `…` where something was cut."""
    if display_width(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    end = 0
    for index, used in _cuts(text):
        if used > width - 1:
            break
        end = index
    return text[:end].rstrip() + "…"


def moment(at: str | None) -> str:
    """An event's time for people: `2026-11-20 10:15Z`."""
    return f"{at[:10]} {at[11:16]}Z" if at and len(at) >= 16 else at or ""


def say(value: Any) -> str:
    """A plain value in words: yes, no, a list with commas, text as it is."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(say, value)) or "none"
    return str(value)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 task`, `2 tasks`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
