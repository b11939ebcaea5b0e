"""Which recorded commands this clone may run again: those that it recorded itself, and those that somebody here trusts (design §6)."""

from collections.abc import Iterable

import os
import re

from gitledger.store.repo import Repository

FILE = "trusted-evidence"
# About 6,000 ids; of more the older half is forgotten, and has to be trusted again.
MAX_BYTES = 128 << 10
_ID = re.compile(rb"[0-9a-f]{20}")


def is_trusted(repo: Repository, evidence: str) -> bool:
    """Whether the evidence with this id was recorded in this clone, or is trusted here."""
    return evidence.encode() in _known(repo)


def trust(repo: Repository, evidence: Iterable[str]) -> bool:
    """Remember ids, a line each; False where that could not be written."""
    lines = b"".join(item.encode() + b"\n" for item in evidence)
    path = _path(repo)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "ab") as file:  # one write of a few bytes: nobody else's lines are lost
            file.write(lines)
            size = file.tell()
        if size > MAX_BYTES:
            _shorten(path)
    except OSError:
        return False
    return True


def _shorten(path: str) -> None:
    with open(path, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "wb") as file:
        file.write(b"".join(lines[len(lines) // 2 :]))
    os.replace(temporary, path)


def _known(repo: Repository) -> set[bytes]:
    try:
        with open(_path(repo), "rb") as file:
            return set(_ID.findall(file.read(2 * MAX_BYTES)))
    except OSError:
        return set()


def _path(repo: Repository) -> str:
    return os.path.join(repo.local_dir, FILE)
