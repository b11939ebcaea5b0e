"""Which events were recorded under which key of a request: a table beside the index, filled only for who asks with a key."""

from collections.abc import Iterator

import os
import sqlite3

import pygit2

from gitledger.errors import StorageError
from gitledger.model import codec
from gitledger.store.content import Progress
from gitledger.store.index import Index
from gitledger.store.objects import read_blob, read_commit, read_tree
from gitledger.store.refresh import index_path
from gitledger.store.repo import Repository
from gitledger.store.tree import BOOK, changed_directories, find

# key, uid of the task (empty: the book), event id
_Line = tuple[str, str, str]

_SCHEMA = "CREATE TABLE IF NOT EXISTS request (key, task, event, PRIMARY KEY (key, task, event)) WITHOUT ROWID"
_UP_TO = "requests"  # the tip up to which the table is filled
_KEY = b'"request":"'


def find_requested(repo: Repository, ledger: str, tip: str, key: str, progress: Progress | None = None) -> list[tuple[str, str]]:
    """Task (empty: the book) and id of the events recorded under `key` up to `tip`; some may be of another history than `tip`'s.

    Best effort as to where: if the index cannot be written to now, all events are looked through.
    """
    path = index_path(repo, ledger)
    if os.path.exists(path):
        try:
            return _ask(repo, path, tip, key, progress)
        except (sqlite3.Error, OSError):
            pass
    return [(task, event) for known, task, event in _lines(repo.pg, None, tip, progress) if known == key]


def _ask(repo: Repository, path: str, tip: str, key: str, progress: Progress | None) -> list[tuple[str, str]]:
    index = Index(path)
    try:
        index.begin_write()
        if index.tip is None:
            raise sqlite3.OperationalError("the index describes nothing")
        held = index.meta(_UP_TO)
        if held != tip:
            index.db.execute(_SCHEMA)
            if held is None:
                index.db.execute("DELETE FROM request")
            lines = _lines(repo.pg, str(held) if held else None, tip, progress)
            index.db.executemany("INSERT OR IGNORE INTO request VALUES (?, ?, ?)", lines)
            index.set_meta(_UP_TO, tip)
        found = index.db.execute("SELECT task, event FROM request WHERE key = ?", (key,)).fetchall()
        index.end()
        return found
    finally:
        index.end(keep=False)
        index.close()


# ---------------------------------------------------------------------------------------------- from git


def _lines(pg: pygit2.Repository, held: str | None, tip: str, progress: Progress | None) -> Iterator[_Line]:
    """The keys of all events that `tip` has and the tip `held` has not; of all, where that has been lost."""
    old, new = _root(pg, held), read_commit(pg, tip).tree_id
    changed, _, _ = changed_directories(pg, old, new)
    book = find(pg, new, BOOK)
    folders = [*changed.items(), *([(BOOK, book)] if book is not None else [])]
    for done, (directory, oid) in enumerate(folders):
        if progress is not None and done % 500 == 0:
            progress(done, len(folders))
        known = _events(pg, old, f"{directory}/events") if old is not None else {}
        for name, event in _events(pg, oid, "events").items():
            if name not in known:
                yield from _line(pg, event)
    if progress is not None:
        progress(len(folders), len(folders))


def _line(pg: pygit2.Repository, oid: pygit2.Oid) -> Iterator[_Line]:
    raw = read_blob(pg, oid)
    if _KEY not in raw:
        return
    try:
        event = codec.decode(raw)
    except codec.CorruptEvent:
        return  # `verify` tells of it
    if event.request is not None:
        yield event.request, event.task or "", event.id


def _events(pg: pygit2.Repository, root: pygit2.Oid, path: str) -> dict[str, pygit2.Oid]:
    """The event files in a folder by name; none where it is not there."""
    folder = find(pg, root, path)
    return {entry.name: entry.oid for entry in read_tree(pg, folder) if not entry.is_tree} if folder is not None else {}


def _root(pg: pygit2.Repository, tip: str | None) -> pygit2.Oid | None:
    try:
        return read_commit(pg, tip).tree_id if tip is not None else None
    except StorageError:
        return None
