"""The only door to YAML: one small document of plain data, with errors that say where."""

from typing import Any

import re

import yaml

from gitledger.errors import InvalidInput

MAX_BYTES = 1 << 20
MAX_DEPTH = 50

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
# What YAML cannot hold, and the byte order mark inside a text.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOL = {
    spelling: word in ("yes", "true", "on")
    for word in ("yes", "no", "true", "false", "on", "off")
    for spelling in (word, word.capitalize(), word.upper())
}
_CONTAINERS = {yaml.SequenceStartEvent: ("seq", "list"), yaml.MappingStartEvent: ("map", "mapping")}


def load(text: str | bytes, *, what: str, strings: bool = False, first_line: int = 1) -> Any:
    """Read one YAML document made of mappings, lists, text, integers, booleans and null; None when it is empty.

    Dates, fractions and unusual integers (`0x1f`, `010`, `12:30`) arrive as the text that was written, and so
    do mapping keys; with `strings` every scalar does, `yes` and an empty value included. Anchors, aliases,
    merge keys, other tags, duplicate keys, a second document, more than 1 MiB or 50 levels raise
    `InvalidInput`, which names `what` (such as "the plan file plan.md"), the line and the column; lines count
    from `first_line`, for YAML that begins inside a file.
    """
    where = _Where(what, first_line)
    return _Reader(where, strings).read(_decode(text, where))


class _Where:
    """What is being read, and how its lines are counted."""

    def __init__(self, what: str, first_line: int) -> None:
        self.what = what
        self.first_line = first_line

    def wrong(self, line: int, column: int, problem: str) -> InvalidInput:
        """The error for a place counted from 0."""
        line, column = line + self.first_line, column + 1
        return InvalidInput(
            f"{self.what}, line {line}, column {column}: {problem}.",
            details={"line": line, "column": column, "problem": problem},
        )


def _decode(text: str | bytes, where: _Where) -> str:
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise InvalidInput(f"{where.what}: {size} bytes of YAML are too many; at most {MAX_BYTES} are read.")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            place = _place(text[: error.start].decode("utf-8"), error.start)
            raise where.wrong(*place, "this is not UTF-8 text") from None
    text = text.removeprefix("\ufeff")
    found = _FORBIDDEN.search(text)
    if found:
        raise where.wrong(*_place(text, found.start()), f"the character U+{ord(found[0]):04X} is not allowed in YAML")
    return text


def _place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 0, of the character at `offset`."""
    before = text[:offset]
    return before.count("\n"), len(before) - (before.rfind("\n") + 1)


class _Reader:
    """Builds the value from the parser's events: no recursion, and nothing is constructed that was not asked for."""

    def __init__(self, where: _Where, strings: bool) -> None:
        self.where = where
        self.strings = strings
        self.result: Any = None
        # The open containers, and beside each the key that waits for its value (None in a list).
        self.open: list[list[Any] | dict[str, Any]] = []
        self.keys: list[str | None] = []

    def read(self, text: str) -> Any:
        documents = 0
        try:
            for event in yaml.parse(text, Loader=_Loader):
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        raise self.wrong(event, "a second document begins here; only one is read")
                else:
                    self.take(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = error.problem or error.context or "this is not YAML"
            raise self.where.wrong(mark.line if mark else 0, mark.column if mark else 0, problem) from None
        except yaml.YAMLError as error:
            raise self.where.wrong(0, 0, f"this is not YAML ({error})") from None
        return self.result

    def wrong(self, event: Any, problem: str) -> InvalidInput:
        return self.where.wrong(event.start_mark.line, event.start_mark.column, problem)

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise self.wrong(event, "aliases (*name) are not supported; write the value out")
        if getattr(event, "anchor", None) is not None:
            raise self.wrong(event, "anchors (&name) are not supported; write the value out")
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event)
        elif type(event) in _CONTAINERS:
            self.begin(event)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self.open.pop()
            self.keys.pop()

    def begin(self, event: Any) -> None:
        kind, noun = _CONTAINERS[type(event)]
        if event.tag not in (None, "!", _TAG + kind):
            raise self.wrong(event, f"the tag {_shown(event.tag)} is not supported")
        if self.expects_key():
            raise self.wrong(event, f"a {noun} cannot be a key")
        if len(self.open) >= MAX_DEPTH:
            raise self.wrong(event, f"more than {MAX_DEPTH} levels of lists and mappings")
        value: list[Any] | dict[str, Any] = [] if kind == "seq" else {}
        self.place(value)
        self.open.append(value)
        self.keys.append(None)

    def scalar(self, event: Any) -> None:
        if not self.expects_key():
            self.place(self.value(event))
            return
        mapping, key = self.open[-1], event.value
        if event.implicit[0] and key == "<<":
            raise self.wrong(event, "merge keys (<<) are not supported; write the values out")
        self.check_tag(event)
        if key in mapping:
            raise self.wrong(event, f"the key {_shown(key)} is given twice")
        self.keys[-1] = key

    def expects_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1], dict) and self.keys[-1] is None

    def place(self, value: Any) -> None:
        if not self.open:
            self.result = value
            return
        container, key = self.open[-1], self.keys[-1]
        if isinstance(container, dict):
            container[key] = value
            self.keys[-1] = None
        else:
            container.append(value)

    def check_tag(self, event: Any) -> str | None:
        """The short name of an explicit tag (`str` for the bare `!`), None where there is none."""
        if event.tag is None:
            return None
        name = "str" if event.tag == "!" else event.tag.removeprefix(_TAG)
        if name not in ("str", "int", "bool", "null", "float", "timestamp"):
            raise self.wrong(event, f"the tag {_shown(event.tag)} is not supported")
        return name

    def value(self, event: Any) -> Any:
        """The value of a scalar: by its tag, by its form when it is plain, else its text."""
        tag, text = self.check_tag(event), event.value
        if self.strings or tag in ("str", "float", "timestamp") or (tag is None and not event.implicit[0]):
            return text
        if tag in (None, "null") and text in _NULL:
            return None
        if tag in (None, "bool") and text in _BOOL:
            return _BOOL[text]
        if tag in (None, "int") and _INTEGER.fullmatch(text):
            return int(text)
        if tag is not None:
            raise self.wrong(event, f"{_shown(text)} is not of the kind that its tag !!{tag} names")
        return text


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
