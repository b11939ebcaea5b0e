"""The blobs that changed files would become, named by one `git hash-object`, which writes nothing.

It filters by attributes as `git add` does, but knows no index: a file whose version there has carriage returns keeps
its own under `text=auto` only with `git add`. Such files, and all that is no plain file, are left to that.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import os
import stat

from gitledger.git.runner import Git

if TYPE_CHECKING:
    from gitledger.git.retree import Entry, Trees, Work

# Beyond so many files looking at each is slower than letting `git add` do all of it.
_FEW = 50
_PLAIN, _PROGRAM = b"100644", b"100755"


def hashed(repo: Git, work: "Work", trees: "Trees", settings: tuple[str, ...], timeout: float) -> "dict[bytes, Entry] | None":
    """The entries of changed and untracked files by path; None where only `git add` can tell. Raises StorageError."""
    modes = {**work.modes, **{path: _mode(repo, path) for path in work.untracked[:_FEW]}}
    if len(work.changed) + len(work.untracked) > _FEW or not all(map(_is_simple, modes, modes.values())):
        return None
    before = [trees.blob(entry[1]) for entry in work.changed.values() if entry is not None]
    if any(data is None or b"\r" in data for data in before):
        return None
    said = _names(repo, modes, settings, timeout)
    return {path: (mode, name) for (path, mode), name in zip(modes.items(), said, strict=True)}


def _names(repo: Git, paths: Iterable[bytes], settings: tuple[str, ...], timeout: float) -> list[bytes]:
    """The ids of these files as blobs, in order."""
    lines = b"".join(path + b"\n" for path in paths)
    return repo.run("hash-object", "--stdin-paths", settings=settings, stdin=lines, timeout=timeout).split()


def _is_simple(path: bytes, mode: bytes) -> bool:
    """Whether it is a plain file whose name stands on a line of its own as it is."""
    return mode in (_PLAIN, _PROGRAM) and b"\n" not in path and not path.startswith(b'"')


def _mode(repo: Git, path: bytes) -> bytes:
    """The mode of an untracked file; empty for anything but a plain one that nobody may run."""
    assert repo.work_tree is not None
    try:
        mode = os.lstat(os.path.join(os.fsencode(repo.work_tree), path)).st_mode
    except OSError:
        return b""
    return _PLAIN if stat.S_ISREG(mode) and not mode & 0o111 else b""
