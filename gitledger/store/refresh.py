"""Keeping an index in step with its ledger: by tree difference, else rebuilt, in memory where the disk refuses."""

from collections.abc import Callable, Iterator

import os
import sqlite3

import pygit2
from msgspec import MsgspecError

from gitledger.errors import StorageError
from gitledger.model import codec
from gitledger.model.task import Task
from gitledger.model.texts import encode_name
from gitledger.store.index import Index, remove_files
from gitledger.store.objects import read_blob, read_commit, read_tree, unreadable
from gitledger.store.repo import Repository
from gitledger.store.tree import BOOK, changed_directories, find

APPLY_TIMEOUT_MS = 50
SUFFIX = ".sqlite3"
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_SCHEMA)

# What asking a broken index may raise: SQLite sees most damage, the decoders see the rest.
BROKEN = (sqlite3.Error, MsgspecError, codec.CorruptEvent)

Progress = Callable[[int, int], None]


def index_path(repo: Repository, ledger: str) -> str:
    """Where the index of a ledger lies; the name is percent-encoded and bounded."""
    return os.path.join(repo.local_dir, "index", encode_name(ledger) + SUFFIX)


def open_index(repo: Repository, ledger: str, tip: str, progress: Progress | None = None) -> Index | None:
    """The index at `tip`, brought up to date, holding a read transaction; None where it has gone ahead of `tip`.

    Never fails for the cache's sake: a broken file is made anew, and where the disk refuses or another
    process holds the file for long, a copy in memory takes its place. Raises StorageError for the ledger's.
    """
    path = index_path(repo, ledger)
    for _ in range(2):
        index = None
        try:
            index = _connect(path)
            if _is_ready(index, tip):
                return index
            index.end()
            if index.tip is not None and index.tip == repo.tip(ledger):
                index.close()
                return None
            _bring_up(index, repo, tip, progress)
            if _is_ready(index, tip):
                return index
            index.close()
            return None
        except (sqlite3.Error, OSError) as error:
            if index is not None:
                index.close()
            if not _discard(path, error):
                break
        except StorageError:
            if index is not None:
                index.close()
            raise
    return index_in_memory(repo, path, tip, progress)


def index_in_memory(repo: Repository, path: str, tip: str, progress: Progress | None = None) -> Index:
    """An index at `tip` that touches no file: begun from the file at `path` as far as that can be read."""
    # `immutable` reads what was last checkpointed, from a disk where SQLite may not make its lock files.
    for flags in ("mode=ro", "mode=ro&immutable=1"):
        index = Index(":memory:")
        try:
            _copy(f"file:{_uri(path)}?{flags}", index)
            _bring_up(index, repo, tip, progress)
            return index
        except sqlite3.Error:
            index.close()
    index = Index(":memory:")
    _bring_up(index, repo, tip, progress)
    return index


def replace_index(repo: Repository, ledger: str, tip: str, broken: Index) -> Index:
    """Another index at `tip`, made from nothing, for one that proved broken; its file goes."""
    broken.close()
    try:
        remove_files(index_path(repo, ledger))
    except OSError:
        pass  # The disk refuses: the next reader will find out again.
    index = Index(":memory:")
    _bring_up(index, repo, tip, None)
    return index


def rebuild_index(repo: Repository, ledger: str, tip: str, progress: Progress | None = None) -> Index:
    """The index at `tip`, made from nothing in place of what was there. Raises StorageError where the disk refuses."""
    path = index_path(repo, ledger)
    for is_last in (False, True):
        index = None
        try:
            index = _connect(path)
            index.begin_write()
            _refresh(index, repo, None, tip, progress)
            index.end()
            return index
        except (sqlite3.Error, OSError) as error:
            if index is not None:
                index.close()
            if is_last or not _discard(path, error):
                raise StorageError(
                    f"The index could not be written: {error}. Reading goes on without it.",
                    code="WRITE_FAILED",
                    hint=("gitledger", "where"),
                    details={"path": path},
                ) from error
        except StorageError:
            if index is not None:
                index.close()
            raise
    raise AssertionError("the last attempt returns or raises")


def apply(repo: Repository, ledger: str, *, expected: str | None, tip: str) -> bool:
    """Take the entry that moved the ledger from `expected` to `tip` into the index, if that is at once possible.

    Best effort: the next reader does what is left undone. True where the index is now at `tip`.
    """
    path = index_path(repo, ledger)
    if expected is None or not os.path.exists(path):
        return False
    index = None
    try:
        index = Index(path, timeout_ms=APPLY_TIMEOUT_MS)
        index.begin_write()
        if index.tip != expected:
            return False
        _refresh(index, repo, expected, tip, None)
        index.end()
        return True
    except (sqlite3.Error, StorageError):
        return False
    finally:
        if index is not None:
            index.close()


# ---------------------------------------------------------------------------------------------- the file


def _connect(path: str) -> Index:
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        index = Index(path)
        index.db.execute("PRAGMA journal_mode = WAL")
        _seed(index, path)
        return index
    return Index(path)


def _seed(index: Index, path: str) -> None:
    """Begin from the index of another ledger: after a fork, what differs is little."""
    folder = os.path.dirname(path)
    others = [entry for entry in os.scandir(folder) if entry.name.endswith(SUFFIX) and entry.path != path]
    for entry in sorted(others, key=lambda entry: entry.stat().st_mtime, reverse=True)[:1]:
        try:
            _copy(f"file:{_uri(entry.path)}?mode=ro", index)
        except sqlite3.Error:
            return


def _copy(source: str, target: Index) -> None:
    found = sqlite3.connect(source, uri=True)
    try:
        found.execute("PRAGMA busy_timeout = 500")
        found.backup(target.db)
    finally:
        found.close()


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(os.fsencode(path))


def _discard(path: str, error: sqlite3.Error | OSError) -> bool:
    """Delete the file if it is the file that is broken; False where a new one would fare no better."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code not in _BROKEN:
        return False
    try:
        remove_files(path)
    except OSError:
        return False
    return True


# ---------------------------------------------------------------------------------------------- the content


def _is_ready(index: Index, tip: str) -> bool:
    index.begin_read()
    return index.tip == tip


def _bring_up(index: Index, repo: Repository, tip: str, progress: Progress | None) -> None:
    """Bring the index from whatever it describes to `tip`, in one transaction."""
    index.begin_write()
    try:
        held = index.tip
        if held == tip:
            return
        _refresh(index, repo, held, tip, progress)
        index.end()
    finally:
        index.end(keep=False)


def _refresh(index: Index, repo: Repository, held: str | None, tip: str, progress: Progress | None) -> None:
    pg = repo.pg
    old = _root(pg, held)
    new = read_commit(pg, tip).tree_id
    if old is None:
        index.reset()
    changed, gone, is_book_changed = changed_directories(pg, old, new)
    if old is not None:
        index.remove(gone | changed.keys())
    index.add(_records(pg, changed, progress))
    if is_book_changed or old is None:
        index.set_meta("floor", _number_floor(pg, new))
    index.set_meta("tip", tip)


def _root(pg: pygit2.Repository, tip: str | None) -> pygit2.Oid | None:
    """The tree at an earlier tip; None where it has been lost since (garbage collection), or never was."""
    if tip is None:
        return None
    try:
        root = read_commit(pg, tip).tree_id
        read_tree(pg, root)
    except StorageError:
        return None
    return root


def _records(
    pg: pygit2.Repository, directories: dict[str, pygit2.Oid], progress: Progress | None
) -> Iterator[tuple[str, bytes, Task]]:
    total = len(directories)
    for done, (directory, oid) in enumerate(directories.items()):
        if progress is not None and done % 500 == 0:
            progress(done, total)
        data = read_record(pg, directory, oid)
        yield directory, data[1], data[0]
    if progress is not None:
        progress(total, total)


def read_record(pg: pygit2.Repository, directory: str, oid: pygit2.Oid) -> tuple[Task, bytes]:
    """The record in a task's folder, and its bytes."""
    entry = next((entry for entry in read_tree(pg, oid) if entry.name == "task.json"), None)
    if entry is None:
        raise unreadable(f"{directory}/task.json", "file")
    data = read_blob(pg, entry.oid)
    try:
        return codec.decode_task(data), data
    except codec.CorruptEvent as error:
        raise unreadable(entry.oid, f"record {directory}/task.json") from error


def _number_floor(pg: pygit2.Repository, root: pygit2.Oid) -> int:
    oid = find(pg, root, f"{BOOK}/book.json")
    if oid is None:
        return 0
    try:
        return codec.decode_book(read_blob(pg, oid)).number_floor
    except codec.CorruptEvent as error:
        raise unreadable(oid, "book") from error
