"""Git objects as bytes and entries, read with libgit2; what cannot be read is a StorageError that names the object."""

from collections.abc import Iterator
from functools import lru_cache
from heapq import heappop, heappush
from itertools import chain
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
_ENTRY = re.compile(rb"([0-7]{1,6}) ([^\0]+)\0(.{20})", re.DOTALL)
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
    for folder in object_folders(pg.path):
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
def object_folders(git_dir: str) -> tuple[str, ...]:
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
    return [_tree_entry(*found) for found in _tree_parts(pg, oid)]


def differing(
    pg: pygit2.Repository, old: pygit2.Oid, new: pygit2.Oid
) -> tuple[list[TreeEntry], list[TreeEntry]]:
    """The entries of either tree that the other does not have just so; what is equal is not taken apart."""
    before, after = _tree_parts(pg, old), _tree_parts(pg, new)
    both = {*before}.intersection(after)
    return (
        [_tree_entry(*found) for found in before if found not in both],
        [_tree_entry(*found) for found in after if found not in both],
    )


def _tree_parts(pg: pygit2.Repository, oid: pygit2.Oid) -> list[tuple[bytes, bytes, bytes]]:
    """Mode, name and object id of every entry, as git wrote them."""
    data = read_tree_bytes(pg, oid)
    found = _ENTRY.findall(data)
    # An entry is its mode, its name, the object's 20 bytes, a space and a zero.
    if len(b"".join(chain.from_iterable(found))) + 2 * len(found) != len(data):
        raise unreadable(oid, "tree")
    return found


def _tree_entry(mode: bytes, name: bytes, digest: bytes) -> TreeEntry:
    return TreeEntry(name.decode("utf-8", "surrogateescape"), int(mode, 8), pygit2.Oid(raw=digest))


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
