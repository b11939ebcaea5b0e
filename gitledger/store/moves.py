"""What git is in the middle of, and what it did last, as the files in its folder tell."""

from typing import NamedTuple

import os
import re

# What lies in the git folder of a work tree while git is in the middle of something, with its name; the first counts.
_MARKS = (
    ("rebase-apply/applying", "am"),
    ("rebase-apply", "rebase"),
    ("rebase-merge", "rebase"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("MERGE_HEAD", "merge"),
    ("sequencer", "sequence"),
)
_LINE = re.compile(rb"([0-9a-f]{40}) ([0-9a-f]{40}) [^\t]* (\d{1,15}) [+-]\d{4}(?:\t(.*))?")
_TAIL = 1 << 16


class Move(NamedTuple):
    """A line of a reflog: the commit before and after, when (seconds since 1970), and what moved it (`checkout: moving from main to x`)."""

    old: str
    new: str
    at: int
    what: str

    @property
    def is_first(self) -> bool:
        """Whether there was nothing before it."""
        return set(self.old) == {"0"}


def under_way(git_dir: str) -> str | None:
    """`rebase`, `am`, `cherry-pick`, `revert`, `merge` or a `sequence` of several, while git is in the middle of one; else None."""
    return next((name for mark, name in _MARKS if os.path.exists(os.path.join(git_dir, mark))), None)


def last_move(folder: str, ref: str) -> Move | None:
    """The last line of a ref's reflog (HEAD's lies in the work tree's git folder, a branch's in the common one)."""
    lines = _lines(folder, ref)
    return _move(lines[-1]) if lines else None


def only_move(folder: str, ref: str) -> Move | None:
    """The line of a reflog that has but one; None otherwise."""
    lines = _lines(folder, ref)
    return _move(lines[0]) if len(lines) == 1 else None


def _lines(folder: str, ref: str) -> list[bytes]:
    """The last lines of a reflog. The first of a longer one may be half a line: it only says that there are more."""
    try:
        with open(os.path.join(folder, "logs", *ref.split("/")), "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            return file.read(_TAIL).removesuffix(b"\n").split(b"\n")
    except OSError:
        return []


def _move(line: bytes) -> Move | None:
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    old, new, at, what = found.groups(b"")
    return Move(old.decode(), new.decode(), int(at), what.decode("utf-8", "surrogateescape"))
