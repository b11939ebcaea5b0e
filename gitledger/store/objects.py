"""Git objects as bytes and entries, read with libgit2; what cannot be read is a StorageError that names the object."""

from typing import NamedTuple

import pygit2

from gitledger.errors import StorageError

TREE_MODE = 0o040000
BLOB_MODE = 0o100644


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
            "Otherwise fetch the ledger from a remote or another clone that still has the object.",
        ),
        details={"object": str(oid)},
    )


def _read(pg: pygit2.Repository, oid: pygit2.Oid, kind: int, what: str) -> bytes:
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


def read_tree(pg: pygit2.Repository, oid: pygit2.Oid) -> list[TreeEntry]:
    """The entries of a tree, in git's order."""
    data = _read(pg, oid, pygit2.GIT_OBJECT_TREE, "tree")
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
    try:
        found = pg[oid]
    except (pygit2.GitError, KeyError, ValueError, OSError) as error:
        raise unreadable(oid, "commit") from error
    if not isinstance(found, pygit2.Commit):
        raise unreadable(oid, "commit")
    return found
