"""TOML, changed by one table at its end: what is not meant to change stays as it is, to the byte."""

from collections.abc import Sequence
from typing import Any

import json
import re
import tomllib

_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)
_BARE = re.compile(r"[A-Za-z0-9_-]+")


class NotToml(ValueError):
    """The text is not TOML, or says what is to be changed in a form that is left alone."""


def parse(text: str) -> dict[str, Any]:
    """What the text says. Raises NotToml."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise NotToml(str(error)) from None


def set_table(text: str, path: Sequence[str], data: dict[str, str | list[str] | bool]) -> str:
    """The text with the table at `path`, which replaces one that is there. Raises NotToml."""
    kept = remove_table(text, path)
    line = "\r\n" if "\r\n" in text else "\n"
    rows = [f"[{'.'.join(map(_key, path))}]", *(f"{_key(key)} = {_written(value)}" for key, value in data.items())]
    begun = kept.rstrip()
    return (f"{begun}{line}{line}" if begun else kept) + line.join(rows) + line


def remove_table(text: str, path: Sequence[str]) -> str:
    """The text without the table at `path` and those below it; the text itself where it is not there. Raises NotToml."""
    while (span := _span(text, path)) is not None:
        start, end = span
        before = text[:start].rstrip(" \t")
        # The blank line before the table was its own, where it stood at the end.
        text = before + text[end:] if text[end:].strip() else before.rstrip("\r\n") + ("\n" if before.strip() else "")
    found: Any = parse(text)
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    if found is not None:
        raise NotToml(f"{'.'.join(path)} is not written as a table of its own")
    return text


def _span(text: str, path: Sequence[str]) -> tuple[int, int] | None:
    """From the header of such a table to the next header, or to the remarks before it."""
    keys = r"[ \t]*\.[ \t]*".join(f"(?:{re.escape(key)}|\"{re.escape(key)}\"|'{re.escape(key)}')" for key in path)
    header = re.compile(rf"^[ \t]*\[[ \t]*{keys}[ \t]*(?:\.[^\]\n]*)?\][ \t]*(?:#[^\n]*)?\r?$", re.MULTILINE)
    found = header.search(text)
    if found is None:
        return None
    following = _HEADER.search(text, found.end())
    end = following.start() if following else len(text)
    lines = text[found.end() : end].splitlines(keepends=True)
    while following and lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        end -= len(lines.pop())
    if following and lines == []:
        end = found.end()
    return found.start(), end


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key)


def _written(value: str | list[str] | bool) -> str:
    # A JSON string without characters beyond the basic plane reads the same in TOML.
    return json.dumps(value, ensure_ascii=False)
