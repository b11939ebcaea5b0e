"""The line that a ledger writes into the git note of a source commit (design §9): one JSON object, ASCII, for each task."""

from msgspec import MsgspecError, Struct, json

VERSION = 1


class NoteLine(Struct, frozen=True):
    """To which task a source commit belongs: the ledger that says so, the run, and the event that recorded it."""

    v: int
    task: str
    number: str
    ledger: str
    run: str | None
    event: str


_encode = json.Encoder().encode
_decode = json.Decoder(NoteLine).decode


def encode_line(line: NoteLine) -> bytes:
    """The line, without its end; keys in the order of the design, what is not ASCII escaped."""
    return "".join(char if char.isascii() else _escaped(char) for char in _encode(line).decode()).encode()


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))


def decode_line(data: bytes) -> NoteLine | None:
    """The line; None where it is somebody else's, or of a later version."""
    if not data.startswith(b"{"):
        return None
    try:
        line = _decode(data)
    except (MsgspecError, UnicodeDecodeError):
        return None
    return line if line.v == VERSION else None
