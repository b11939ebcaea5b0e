"""A ledger's tree as plain files with their objects, and a tree made of such files."""

from collections.abc import Iterable, Mapping

import pygit2

from gitledger.errors import StorageError
from gitledger.store.objects import BLOB_MODE, read_commit
from gitledger.store.refold import files_below
from gitledger.store.tree import BOOK, LEDGER_FILE, find, write_tree


def files_at(pg: pygit2.Repository, tip: str, folders: Iterable[str]) -> list[tuple[str, pygit2.Oid]]:
    """`ledger.json` and every file below these folders of the tree at `tip`, in the order of their paths."""
    root = read_commit(pg, tip).tree_id
    found = []
    for folder in folders:
        oid = find(pg, root, folder)
        for path, entry in files_below(pg, oid).items() if oid is not None else ():
            if entry.mode != BLOB_MODE:
                raise StorageError(
                    f"{folder}/{path!a} in the ledger is no plain file.", code="STORAGE_CORRUPTION", hint=("gitledger", "verify")
                )
            found.append((f"{folder}/{path}", entry.oid))
    info = find(pg, root, LEDGER_FILE)
    return sorted(found + ([(LEDGER_FILE, info)] if info is not None else []))


def tree_of(pg: pygit2.Repository, files: Mapping[str, bytes], book_of: str | None = None) -> pygit2.Oid:
    """Write the tree that holds these files, and with `book_of` the book of the ledger at that tip."""
    book = find(pg, read_commit(pg, book_of).tree_id, BOOK) if book_of is not None else None
    return write_tree(pg, None, files, grafts={} if book is None else {BOOK: book})
