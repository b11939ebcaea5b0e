"""Bytes and meaning of events and records: canonical JSON, event ids, file names, sealing."""

from typing import Any

import re

from msgspec import MsgspecError, Raw, Struct, convert, json
from msgspec.structs import force_setattr

from gitledger.errors import InvalidInput
from gitledger.model.book import Book
from gitledger.model.events import PAYLOADS, Payload, Unknown
from gitledger.model.task import Actor, Task

FORMAT_VERSION = 1
FOLD_VERSION = 2
EVENT_VERSION = 1
MAX_EVENT = 1 << 20
MAX_INTEGER = 1 << 53
MAX_DEPTH = 40
EVENT_NAME = re.compile(r"(?P<clock>[0-9]{6,16})-(?P<id>[0-9a-f]{20})\.json")


class CorruptEvent(ValueError):
    """The bytes are not an event."""


class LedgerInfo(Struct, frozen=True):
    """`ledger.json`: the format of the tree, the fold version its records were written with, the ledger's uid."""

    format: int
    fold: int
    uid: str


class _Wire(Struct, omit_defaults=True):
    """An event as it is written, keys in the order of design §3."""

    v: int
    clock: int
    nonce: str
    at: str
    op: str
    actor: Actor
    type: str
    data: Raw
    task: str | None = None
    after: list[str] = []
    request: str | None = None


class Event(Struct, frozen=True):
    """A fact. `id` and `raw` are the digest and the bytes of its file; `task` is None in the book."""

    id: str
    v: int
    task: str | None
    clock: int
    after: tuple[str, ...]
    nonce: str
    at: str
    op: str
    actor: Actor
    request: str | None
    type: str
    data: Any
    raw: bytes

    @property
    def order(self) -> tuple[int, str]:
        """The place of the event among those of its task."""
        return self.clock, self.id

    @property
    def is_understood(self) -> bool:
        """Whether this version knows what the event means."""
        return self.v == EVENT_VERSION and not isinstance(self.data, Unknown)


_decoder = json.Decoder(_Wire)
_encoder = json.Encoder()
_payload_decoders: dict[str, Any] = {}
_task_decoder = json.Decoder(Task)
_book_decoder = json.Decoder(Book)
_ledger_decoder = json.Decoder(LedgerInfo)


def event_id(raw: bytes) -> str:
    """The first 20 hex digits of the SHA-256 of an event's bytes."""
    from gitledger.model.digest import sha256  # a command that reads no event does not need it

    return sha256(raw).hexdigest()[:20]


def file_name(event: Event) -> str:
    """`000042-9c41f0aa27d18e53b6d0.json`."""
    return f"{event.clock:06d}-{event.id}.json"


_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKETS = re.compile(rb"[][{}]")
_LONG_NUMBER = re.compile(rb"[0-9]{16}")


def _is_too_deep(raw: bytes) -> bool:
    """Whether brackets nest beyond MAX_DEPTH: decided here, for where a decoder gives up depends on Python's stack."""
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _fits(value: Any) -> bool:
    """Whether every integer in the fields of a payload is below 2^53."""
    if isinstance(value, Struct):
        return all(_fits(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, list):
        return all(map(_fits, value))
    return not isinstance(value, int) or abs(value) < MAX_INTEGER


def _check_numbers(payload: Any, data: Raw) -> None:
    """Refuse a payload with floats or integers that a ledger may not hold (design §3). Raises InvalidInput."""
    if _LONG_NUMBER.search(data) and not _fits(payload):
        raise InvalidInput("An integer is 2^53 or more.")
    for name in ("properties", "meta", "record"):
        value = getattr(payload, name, None)
        if value:
            check_tree(value, name)


def _payload(type_name: str, version: int, data: Raw) -> Any:
    known = PAYLOADS.get(type_name) if version == EVENT_VERSION else None
    if known is None:
        return Unknown(type_name, json.decode(data))
    decoder = _payload_decoders.get(type_name)
    if decoder is None:
        decoder = _payload_decoders[type_name] = json.Decoder(known)
    try:
        payload = decoder.decode(data)
        _check_numbers(payload, data)
    except (MsgspecError, InvalidInput):
        return Unknown(type_name, json.decode(data))
    return payload


def decode(raw: bytes) -> Event:
    """The event in `raw`. Raises CorruptEvent where the envelope itself cannot be read."""
    if _is_too_deep(raw):
        raise CorruptEvent(f"it is nested deeper than {MAX_DEPTH} levels")
    try:
        wire = _decoder.decode(raw)
        data = _payload(wire.type, wire.v, wire.data)
    except (MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptEvent(str(error)) from error
    if not 0 < wire.clock < MAX_INTEGER:
        raise CorruptEvent(f"clock {wire.clock} is out of range")
    return Event(
        id=event_id(raw),
        v=wire.v,
        task=wire.task,
        clock=wire.clock,
        after=tuple(wire.after),
        nonce=wire.nonce,
        at=wire.at,
        op=wire.op,
        actor=wire.actor,
        request=wire.request,
        type=wire.type,
        data=data,
        raw=raw,
    )


def seal(
    payload: Payload | Unknown,
    *,
    task: str | None,
    clock: int,
    after: list[str] | tuple[str, ...],
    nonce: str,
    at: str,
    op: str,
    actor: Actor,
    request: str | None = None,
) -> Event:
    """Make the event of `payload`: its canonical bytes and with them its id. Refuses what may not be written."""
    _share_defaults(payload)
    envelope: dict[str, Any] = {"v": EVENT_VERSION}
    if task is not None:
        envelope["task"] = task
    envelope |= {"clock": clock, "after": sorted(after), "nonce": nonce, "at": at, "op": op, "actor": actor}
    if request is not None:
        envelope["request"] = request
    # An event of a type of somebody's own is kept as it is, and never read.
    envelope |= {"type": payload.type_name, "data": payload.data if isinstance(payload, Unknown) else payload}
    try:
        raw = _encoder.encode(envelope) + b"\n"
    except UnicodeEncodeError as error:
        raise InvalidInput("A text holds characters that are not valid Unicode (lone surrogates).") from error
    if len(raw) > MAX_EVENT:
        raise InvalidInput(f"This would be an event of {len(raw)} bytes; the limit is {MAX_EVENT}.")
    return Event(
        id=event_id(raw),
        v=EVENT_VERSION,
        task=task,
        clock=clock,
        after=tuple(sorted(after)),
        nonce=nonce,
        at=at,
        op=op,
        actor=actor,
        request=request,
        type=payload.type_name,
        data=payload,
        raw=raw,
    )


def _share_defaults(value: Any) -> None:
    """Make every text that equals its field's default be that very object, so that it is left out.

    `omit_defaults` compares texts by identity: of two equal records the one that was decoded would be
    written with a `"status": "draft"` that the other lacks, and equal events would not mean equal bytes.
    """
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Struct):
            texts, holders = _fields.get(type(item)) or _look_at(type(item))
            for name, default in texts:
                held = getattr(item, name)
                if held is not default and held == default:
                    force_setattr(item, name, default)
            for name in holders:
                held = getattr(item, name)
                if isinstance(held, Struct | list):
                    stack.append(held)
        elif item and isinstance(item[0], Struct | list):
            stack.extend(item)


# Of each kind of struct: the fields whose default is a text, with it; and those that may hold structs.
_fields: dict[type, tuple[list[tuple[str, str]], list[str]]] = {}
_PLAIN = {str, int, bool, str | None, int | None, bool | None, list[str], list[str] | None}


def _look_at(kind: type[Struct]) -> tuple[list[tuple[str, str]], list[str]]:
    names, values = kind.__struct_fields__, kind.__struct_defaults__
    pairs = zip(names[len(names) - len(values) :], values, strict=True)
    types = {name: found for part in reversed(kind.__mro__) for name, found in getattr(part, "__annotations__", {}).items()}
    texts = [(name, default) for name, default in pairs if type(default) is str]
    _fields[kind] = texts, [name for name in names if types[name] not in _PLAIN]
    return _fields[kind]


def check_tree(value: Any, where: str) -> None:
    """Refuse what JSON objects given by users may not hold: floats, integers of 2^53 and above, deep nesting."""
    stack = [(value, 0)]
    while stack:
        item, depth = stack.pop()
        if depth > 32:
            raise InvalidInput(f"{where} is nested deeper than 32 levels.")
        if isinstance(item, float):
            raise InvalidInput(f"{where} holds the number {item}; write it as text (no floats in a ledger).")
        if isinstance(item, int) and abs(item) >= MAX_INTEGER:
            raise InvalidInput(f"{where} holds an integer of 2^53 or more; write it as text.")
        if isinstance(item, dict):
            stack.extend((child, depth + 1) for child in item.values())
        elif isinstance(item, list | tuple):
            stack.extend((child, depth + 1) for child in item)


def encode_record(record: Struct) -> bytes:
    """A record as people read it in git: two-space indent, one final newline, no field at its default."""
    _share_defaults(record)
    return json.format(_encoder.encode(record), indent=2) + b"\n"


def copy_record(record: Any) -> Any:
    """Another record that is equal to this one, for whoever is going to change it."""
    return _decode_record(_task_decoder if isinstance(record, Task) else _book_decoder, _encoder.encode(record))


def decode_task(raw: bytes) -> Task:
    """The record in a `task.json`. Raises CorruptEvent."""
    return _decode_record(_task_decoder, raw)


def decode_book(raw: bytes) -> Book:
    """The record in a `book.json`. Raises CorruptEvent."""
    return _decode_record(_book_decoder, raw)


def decode_ledger(raw: bytes) -> LedgerInfo:
    """The content of a `ledger.json`. Raises CorruptEvent."""
    return _decode_record(_ledger_decoder, raw)


def _decode_record(decoder: Any, raw: bytes) -> Any:
    try:
        return decoder.decode(raw)
    except (MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptEvent(str(error)) from error


def encode_ledger(info: LedgerInfo) -> bytes:
    """The bytes of a `ledger.json`."""
    return _encoder.encode(info) + b"\n"


def convert_record(data: dict[str, Any]) -> Task | None:
    """The record in a `task.imported` event, or None where it is not one."""
    try:
        return convert(data, Task)
    except (MsgspecError, RecursionError):
        return None


MAX_TITLE = 300
MAX_TEXT = 256 * 1024


def check_payload(payload: Payload) -> None:
    """Refuse a payload over the limits of design §9, or with JSON that a ledger may not hold."""
    stack: list[tuple[str, Any]] = [("", payload)]
    while stack:
        name, value = stack.pop()
        if isinstance(value, str):
            limit = MAX_TITLE if name == "title" else MAX_TEXT
            size = len(value) if name == "title" else len(value.encode("utf-8", "surrogatepass"))
            if size > limit:
                unit = "characters" if name == "title" else "bytes"
                raise InvalidInput(f"The {name or 'text'} has {size} {unit}; the limit is {limit}.")
        elif isinstance(value, Struct):
            # What is empty, null or unset breaks no limit, and there is much of it.
            stack.extend((field, held) for field in value.__struct_fields__ if (held := getattr(value, field)))
        elif isinstance(value, list):
            stack.extend((name, item) for item in value)
        elif isinstance(value, dict):
            check_tree(value, name)
            stack.extend((name, item) for item in value.values())
        elif isinstance(value, int) and abs(value) >= MAX_INTEGER:
            raise InvalidInput(f"The {name} must be below 2^53.")
