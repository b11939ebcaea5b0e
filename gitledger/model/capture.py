"""What is kept of a program's output: a digest of all of it and the last of it, secrets masked. Memory stays bounded."""

from collections.abc import Sequence
from hashlib import sha256

from msgspec import Struct

from gitledger.model.masking import Masker
from gitledger.model.texts import without_escapes

TAIL = 4096
# Colours are taken out of the tail, so that more is kept than will be left.
_KEPT = 4 * TAIL


class Captured(Struct, frozen=True):
    """What was kept. `digest` is `sha256:…` of the masked output; the tails hold at most 4 KiB each."""

    digest: str | None = None
    tail: str | None = None
    stdout: str = ""
    stderr: str = ""


class Capture:
    """Takes in two streams as they come, 1 (standard output) and 2 (standard error), and tells at the end what was kept.

    `how` is the policy's `capture`: `tail` keeps digest and tail, `digest` the digest alone, `off` nothing.
    The digest is that of the masked output, so that a secret in it cannot be guessed from it; the lines of the two
    streams stand in the order in which they ended.
    """

    def __init__(self, secrets: Sequence[bytes], how: str) -> None:
        self._how = how
        self._maskers = {1: Masker(secrets), 2: Masker(secrets)}
        self._digest = sha256()
        self._tails = {0: b"", 1: b"", 2: b""}

    def feed(self, stream: int, data: bytes) -> None:
        """Take in what has come on a stream."""
        if self._how != "off":
            self._take(stream, self._maskers[stream].feed(data))

    def _take(self, stream: int, data: bytes) -> None:
        self._digest.update(data)
        for place in (0, stream):
            self._tails[place] = (self._tails[place] + data[-_KEPT:])[-_KEPT:]

    def close(self) -> Captured:
        """What was kept."""
        if self._how == "off":
            return Captured()
        for stream, masker in self._maskers.items():
            self._take(stream, masker.close())
        digest = "sha256:" + self._digest.hexdigest()
        if self._how == "digest":
            return Captured(digest)
        return Captured(digest, *(tail_text(self._tails[place]) for place in (0, 1, 2)))


def tail_text(data: bytes) -> str:
    """The last of an output as text of at most 4 KiB: UTF-8, without colours and control characters, from a line's start."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    text = without_escapes(text.replace("\r", "\n"))
    encoded = text.encode()
    if len(encoded) <= TAIL:
        return text
    kept = encoded[-TAIL:].decode("utf-8", "ignore")
    head, newline, rest = kept.partition("\n")
    return rest if newline and rest and len(head) < TAIL // 4 else kept
