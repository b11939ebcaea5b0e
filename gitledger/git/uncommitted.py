"""What is on disk and not committed yet: which files, the blobs they were and would be, and how many lines. Nothing is written."""

from collections.abc import Sequence
from hashlib import sha1
from typing import NamedTuple

import os

from gitledger.git.pending import EMPTY_TREE
from gitledger.git.runner import Git

_STATUS = ("--porcelain=v2", "-z", "--untracked-files=all", "--ignored=no", "--ignore-submodules=dirty", "--no-renames")
_ALONE = {"GIT_NO_LAZY_FETCH": "1", "GIT_LITERAL_PATHSPECS": "1"}
# `git diff` would write what it learns of times into the user's index.
_SETTINGS = ("core.fsmonitor=false", "diff.autoRefreshIndex=false")
_LINK, _MODULE = b"120000", b"160000"
_TIMEOUT_S = 120
# A new file beyond this is not read for its lines.
_MAX_COUNTED = 1 << 20


class FileChange(NamedTuple):
    """A file that differs from HEAD. Blob ids are None where there is no file, and where git was not asked (a submodule)."""

    path: bytes
    before: str | None
    after: str | None
    is_new: bool
    is_gone: bool


class Lines(NamedTuple):
    """How many lines came and went."""

    added: int
    removed: int


def list_uncommitted(repo: Git, head: str | None, paths: Sequence[str] = ()) -> tuple[list[FileChange], Lines]:
    """The files that differ from the commit `head` (None: no commit yet), untracked ones too, in order; of `paths` only, if given.

    Paths are from the top of the work tree. In a bare repository there are none.
    """
    if repo.work_tree is None:
        return [], Lines(0, 0)
    said = repo.run("status", *_STATUS, "--", *paths, settings=_SETTINGS, extra=_ALONE, timeout=_TIMEOUT_S)
    found = [_parsed(record) for record in said.split(b"\0") if record[:2] in (b"1 ", b"? ")]
    unhashed = [change.path for change, is_hashed in found if not is_hashed and not change.is_gone]
    blobs = _hash(repo, repo.work_tree, unhashed)
    changes = [change if is_hashed else change._replace(after=blobs.get(change.path)) for change, is_hashed in found]
    changes = [change for change in changes if change.before != change.after or change.is_new or change.is_gone]
    new = [change.path for change in changes if change.is_new]
    return sorted(changes), _count(repo, repo.work_tree, head, paths, new)


def _parsed(record: bytes) -> tuple[FileChange, bool]:
    """A record of `git status`, and whether its blob is known already."""
    kind, _, rest = record.partition(b" ")
    if kind == b"?":
        return FileChange(rest, None, None, True, False), False
    states, _, mode, _, on_disk, before, staged, path = rest.split(b" ", 7)
    is_gone = states[1:] == b"D" or (states[1:] == b"." and states[:1] == b"D")
    is_hashed = states[1:] == b"." or _MODULE in (mode, on_disk)
    after = None if is_gone or states[1:] != b"." else _id(staged)
    return FileChange(path, _id(before), after, not before.strip(b"0"), is_gone), is_hashed


def _id(text: bytes) -> str | None:
    return text.decode() if text.strip(b"0") else None


def _hash(repo: Git, top: str, paths: list[bytes]) -> dict[bytes, str]:
    """The blob ids that these files on disk would have, as git's filters make them."""
    found: dict[bytes, str] = {}
    files = []
    for path in paths:
        place = os.path.join(os.fsencode(top), path)
        if os.path.islink(place):
            data = os.readlink(place)
            found[path] = sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        elif os.path.isfile(place) and b"\n" not in path and not path.startswith(b'"'):
            files.append(path)
    if files:
        said = repo.run("hash-object", "--stdin-paths", stdin=b"".join(path + b"\n" for path in files), timeout=_TIMEOUT_S)
        found |= dict(zip(files, said.decode().split(), strict=True))
    return found


def _count(repo: Git, top: str, head: str | None, paths: Sequence[str], new: list[bytes]) -> Lines:
    """The lines that tracked files gained and lost, and those of new files."""
    words = ("diff", "--numstat", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", head or EMPTY_TREE, "--", *paths)
    said = repo.run(*words, settings=_SETTINGS, extra=_ALONE, timeout=_TIMEOUT_S)
    added = removed = 0
    counted = set()
    for record in said.split(b"\0"):
        more, _, rest = record.partition(b"\t")
        less, _, path = rest.partition(b"\t")
        counted.add(path)
        if more.isdigit() and less.isdigit():  # `-` for what is no text
            added, removed = added + int(more), removed + int(less)
    for path in new:
        added += 0 if path in counted else _lines_of(os.path.join(os.fsencode(top), path))
    return Lines(added, removed)


def _lines_of(place: bytes) -> int:
    try:
        if os.path.islink(place) or os.path.getsize(place) > _MAX_COUNTED:
            return 0
        with open(place, "rb") as file:
            data = file.read(_MAX_COUNTED)
    except OSError:
        return 0
    return 0 if b"\0" in data else len(data.splitlines())
