"""Git objects as bytes and entries, read with libgit2; what cannot be read is a StorageError that names the object."""

from collections.abc import Iterator
from functools import lru_cache
from heapq import heappop, heappush
from typing import NamedTuple

import os
import re
import zlib

import pygit2

from gitledger.errors import StorageError

TREE_MODE = 0o040000
BLOB_MODE = 0o100644

_PIECE = 1 << 16
_MAX_ALTERNATES = 5  # as git follows them
_OBJECT_ID = re.compile(r"\b[0-9a-f]{40}\b")


class TreeEntry(NamedTuple):
    """One entry of a git tree; the name is decoded with surrogate escapes, so that any bytes survive."""

    name: str
    mode: int
    oid: pygit2.Oid

    @property
    def is_tree(self) -> bool:
        """Whether the entry is a folder."""
        return self.mode == TREE_MODE


def unreadable(oid: object, what: str = "object") -> StorageError:
    """The error for an object that is missing (partial clone) or corrupt."""
    return StorageError(
        f"The {what} {oid} is missing or corrupt.",
        code="STORAGE_CORRUPTION",
        hint=("gitledger", "verify"),
        remediation=(
            "In a partial clone, fetch the ledger again without a filter: git fetch --no-filter.",
            "Otherwise bring the object back in a pack from another clone, then remove the broken file: git prune-packed.",
        ),
        details={"object": str(oid)},
    )


def check_whole(pg: pygit2.Repository, oid: pygit2.Oid | str, what: str = "object") -> None:
    """Raise where the file of a loose object ends too early: libgit2 would read it for ever.

    To be called before libgit2 reads any object (https://github.com/libgit2/libgit2/issues/7342, in 1.9.7).
    """
    digits = str(oid)
    for folder in _object_folders(pg.path):
        try:
            data = _read_file(f"{folder}/{digits[:2]}/{digits[2:]}")
        except OSError:
            continue
        stream = zlib.decompressobj()
        try:
            stream.decompress(data)
        except zlib.error:
            return  # libgit2 sees by itself that this is no object
        # Even where a pack has the object too: libgit2, unlike git, takes the loose one.
        if not stream.eof:
            raise unreadable(oid, what)
        return


def _read_file(path: str) -> bytes:
    """A file of the disk, at a third of what `open` costs: every loose object is read so."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = b""
        while piece := os.read(file, _PIECE):
            data = data + piece if data else piece
        return data
    finally:
        os.close(file)


@lru_cache(maxsize=32)
def _object_folders(git_dir: str) -> tuple[str, ...]:
    """Where the repository keeps its objects, and the folders it borrows from."""
    try:
        with open(os.path.join(git_dir, "commondir"), encoding="utf-8", errors="surrogateescape") as file:
            git_dir = os.path.join(git_dir, file.read(4096).strip())
    except OSError:
        pass  # not a linked work tree
    found = [os.path.realpath(os.path.join(git_dir, "objects"))]
    for folder in found:  # which grows, as a folder may borrow in its turn
        if len(found) > _MAX_ALTERNATES:
            break
        try:
            with open(os.path.join(folder, "info", "alternates"), encoding="utf-8", errors="surrogateescape") as file:
                lines = file.read().splitlines()
        except OSError:
            continue
        found += [os.path.realpath(os.path.join(folder, line)) for line in lines if line and not line.startswith("#")]
    return tuple(found)


def _read(pg: pygit2.Repository, oid: pygit2.Oid, kind: int, what: str) -> bytes:
    check_whole(pg, oid, what)
    try:
        found, data = pg.read(oid)
    except (pygit2.GitError, KeyError, OSError) as error:
        raise unreadable(oid, what) from error
    if found != kind:
        raise unreadable(oid, what)
    return data


def read_blob(pg: pygit2.Repository, oid: pygit2.Oid) -> bytes:
    """The bytes of a blob."""
    return _read(pg, oid, pygit2.GIT_OBJECT_BLOB, "blob")


def read_tree_bytes(pg: pygit2.Repository, oid: pygit2.Oid) -> bytes:
    """A tree as git keeps it, for whoever looks for a few of many entries; its form is not checked."""
    return _read(pg, oid, pygit2.GIT_OBJECT_TREE, "tree")


def read_tree(pg: pygit2.Repository, oid: pygit2.Oid) -> list[TreeEntry]:
    """The entries of a tree, in git's order."""
    data = read_tree_bytes(pg, oid)
    entries = []
    start = 0
    try:
        while start < len(data):
            space = data.index(b" ", start)
            end = data.index(b"\0", space)
            name = data[space + 1 : end].decode("utf-8", "surrogateescape")
            mode = int(data[start:space], 8)
            start = end + 21
            entries.append(TreeEntry(name, mode, pygit2.Oid(raw=data[end + 1 : start])))
    except ValueError as error:
        raise unreadable(oid, "tree") from error
    return entries


def read_commit(pg: pygit2.Repository, oid: pygit2.Oid | str) -> pygit2.Commit:
    """A commit by id."""
    check_whole(pg, oid, "commit")
    try:
        found = pg[oid]
    except (pygit2.GitError, KeyError, ValueError, OSError) as error:
        raise unreadable(oid, "commit") from error
    if not isinstance(found, pygit2.Commit):
        raise unreadable(oid, "commit")
    return found


def find_commit(pg: pygit2.Repository, digits: str) -> str | None:
    """The id of the one commit that begins with these digits; None where there is none, or more objects than one."""
    try:
        found = pg.expand_id(digits)
        # Neither reads the object, so that it may be damaged.
        return str(found) if pg.odb.read_header(found)[0] == pygit2.GIT_OBJECT_COMMIT else None
    except (pygit2.GitError, KeyError, ValueError, OSError):
        return None


def is_readable(pg: pygit2.Repository, oid: pygit2.Oid | str) -> bool:
    """Whether there is such a commit, and it can be read."""
    try:
        read_commit(pg, oid)
    except StorageError:
        return False
    return True


def see_whole(pg: pygit2.Repository, said: str) -> None:
    """Raise where an object of this repository that git named, failing, cannot be read."""
    for digits in dict.fromkeys(_OBJECT_ID.findall(said)):
        oid = pygit2.Oid(hex=digits)
        check_whole(pg, oid)
        try:
            if pg.odb.exists(oid):
                pg.read(oid)
        except (pygit2.GitError, KeyError, OSError) as error:
            raise unreadable(oid) from error


def walk(pg: pygit2.Repository, tip: pygit2.Oid | str) -> Iterator[pygit2.Commit]:
    """The commits that lead to `tip`, newest first, children before their parents where dates do not lie.

    As libgit2 walks, but each is looked at before it is read. Raises StorageError at one that cannot be.
    """
    first = read_commit(pg, tip)
    waiting = [(-first.commit_time, 0, first)]
    seen = {first.id}
    while waiting:
        _, _, commit = heappop(waiting)
        yield commit
        # In a shallow clone libgit2 hides the parents that are not there.
        for oid in commit.parent_ids:
            if oid not in seen:
                seen.add(oid)
                parent = read_commit(pg, oid)
                heappush(waiting, (-parent.commit_time, len(seen), parent))
