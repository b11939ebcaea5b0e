"""JSON with comments, changed at one place: what is not meant to change stays as it is, to the byte."""

from collections.abc import Sequence
from typing import Any

import json
import re

from msgspec import Struct

_SPACE = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_REST_OF_LINE = re.compile(r"(?:[ \t]+|/\*[^\n]*?\*/)*(?://[^\n\r]*)?")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_PLAIN = re.compile(r"-?[0-9][0-9.eE+-]*|true|false|null")


class NotJson(ValueError):
    """The text is not JSON, even if comments and a comma at the end are allowed."""


class Value(Struct):
    """A value and where it stands; of an object its members, with the place of the comma after each."""

    start: int
    end: int
    data: Any
    members: "list[Member] | None" = None


class Member(Struct):
    """A member of an object."""

    key: str
    start: int
    value: Value
    comma: int | None = None


def parse(text: str) -> Value:
    """The value that the text holds. Raises NotJson."""
    start = 1 if text.startswith("\ufeff") else 0
    try:
        value, end = _value(text, _skip(text, start))
    except RecursionError:
        raise NotJson("it is nested too deeply") from None
    if _skip(text, end) != len(text):
        raise NotJson(f"something follows the end, at character {end}")
    return value


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int) -> tuple[Value, int]:
    if text[at : at + 1] == "{":
        return _object(text, at)
    if text[at : at + 1] == "[":
        return _array(text, at)
    found = _STRING.match(text, at) or _PLAIN.match(text, at)
    if found is None:
        raise NotJson(f"no value begins at character {at}")
    return Value(at, found.end(), _read(found)), found.end()


def _read(found: re.Match[str]) -> Any:
    try:
        return json.loads(found[0])
    except ValueError:
        raise NotJson(f"what begins at character {found.start()} is no value") from None


def _object(text: str, start: int) -> tuple[Value, int]:
    members: list[Member] = []
    at = _skip(text, start + 1)
    while text[at : at + 1] != "}":
        key = _STRING.match(text, at)
        if key is None or (members and members[-1].comma is None):
            raise NotJson(f"a name or the end of the object is missing at character {at}")
        colon = _skip(text, key.end())
        if text[colon : colon + 1] != ":":
            raise NotJson(f"a colon is missing at character {colon}")
        value, at = _value(text, _skip(text, colon + 1))
        members.append(Member(_read(key), key.start(), value))
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            members[-1].comma, at = at, _skip(text, at + 1)
    data = {member.key: member.value.data for member in members}
    if len(data) < len(members):
        raise NotJson("a name stands twice in an object")
    return Value(start, at + 1, data, members), at + 1


def _array(text: str, start: int) -> tuple[Value, int]:
    items: list[Any] = []
    at, may_follow = _skip(text, start + 1), True
    while text[at : at + 1] != "]":
        if not may_follow:
            raise NotJson(f"a comma or the end of the array is missing at character {at}")
        value, at = _value(text, at)
        items.append(value.data)
        at = _skip(text, at)
        may_follow = text[at : at + 1] == ","
        at = _skip(text, at + 1) if may_follow else at
    return Value(start, at + 1, items), at + 1


# ---------------------------------------------------------------------------------------------- changing


def set_member(text: str, path: Sequence[str], data: Any) -> str:
    """The text with the member at `path` set, objects on the way made where they are missing. Raises NotJson."""
    if not text.strip("\ufeff \t\r\n"):
        text = text + "{}\n"
    holder = parse(text)
    for depth, key in enumerate(path):
        if holder.members is None:
            raise NotJson(f"{'.'.join(path[:depth]) or 'the file'} is no object")
        found = next((member for member in holder.members if member.key == key), None)
        if found is None:
            for inner in reversed(path[depth + 1 :]):
                data = {inner: data}
            return _insert(text, holder, key, data)
        holder = found.value
    return text[: holder.start] + _written(text, data, _indent_at(text, holder.start)) + text[holder.end :]


def remove_member(text: str, path: Sequence[str]) -> str:
    """The text without the member at `path`; the text itself where there is none. Raises NotJson."""
    holder = parse(text)
    found: Member | None = None
    for key in path:
        members = holder.members or []
        place = next((place for place, member in enumerate(members) if member.key == key), None)
        if place is None:
            return text
        found, before = members[place], members[place - 1] if place else None
        holder = found.value
    assert found is not None  # a path has a member at its end
    start, end = found.start, found.value.end
    if found.comma is not None:
        end = found.comma + 1
    while start and text[start - 1] in " \t":
        start -= 1
    rest = _REST_OF_LINE.match(text, end)
    line_end = rest.end() if rest and not rest[0].strip() else end
    if start and text[start - 1] == "\n" and text[line_end : line_end + 2].lstrip("\r")[:1] == "\n":
        end = text.index("\n", line_end) + 1
    text = text[:start] + text[end:]
    if found.comma is None and before is not None and before.comma is not None:
        text = text[: before.comma] + text[before.comma + 1 :]
    return text


def _insert(text: str, holder: Value, key: str, data: Any) -> str:
    assert holder.members is not None  # it is an object
    line = "\r\n" if "\r\n" in text else "\n"
    is_flat = bool(holder.members) and "\n" not in text[holder.start : holder.end]
    outer = _indent_at(text, holder.start)
    inner = _indent_at(text, holder.members[0].start) if holder.members and not is_flat else outer + _unit(text)
    name = json.dumps(key, ensure_ascii=False)
    if is_flat:
        last = holder.members[-1]
        at = last.value.end if last.comma is None else last.comma + 1
        return f"{text[:at]}{',' if last.comma is None else ''} {name}: {json.dumps(data, ensure_ascii=False)}{text[at:]}"
    member = f"{name}: {_written(text, data, inner)}"
    if not holder.members:
        within = text[holder.start + 1 : holder.end - 1].rstrip()
        return f"{text[: holder.start + 1]}{within}{line}{inner}{member}{line}{outer}{text[holder.end - 1 :]}"
    last = holder.members[-1]
    after = last.value.end if last.comma is None else last.comma + 1
    rest = _REST_OF_LINE.match(text, after)
    until = rest.end() if rest and text[rest.end() : rest.end() + 1] in ("\r", "\n") else after
    comma, tail = (",", "") if last.comma is None else ("", ",")
    return f"{text[:after]}{comma}{text[after:until]}{line}{inner}{member}{tail}{text[until:]}"


def _written(text: str, data: Any, indent: str) -> str:
    """`data` as it stands in a file that indents like `text`, on a line with this indentation."""
    plain = json.dumps(data, indent=_unit(text), ensure_ascii=False)
    # A list of words reads best on one line.
    plain = re.sub(r"\[\s+((?:\"(?:[^\"\\]|\\.)*\",?\s*)+)\]", lambda found: f"[{' '.join(found[1].split(chr(10) )).strip()}]", plain)
    plain = re.sub(r"(?<=,) +(?=\")", " ", plain)
    return plain.replace("\n", ("\r\n" if "\r\n" in text else "\n") + indent)


def _indent_at(text: str, at: int) -> str:
    begin = text.rfind("\n", 0, at) + 1
    found = re.match(r"[ \t]*", text[begin:at].lstrip("\ufeff"))
    return found[0] if found else ""


def _unit(text: str) -> str:
    """What a file indents by: that of its first indented line, else two spaces."""
    found = re.search(r"^([ \t]+)\"", text, re.MULTILINE)
    return found[1] if found else "  "
