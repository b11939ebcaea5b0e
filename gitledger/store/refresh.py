"""Keeping an index in step with its ledger: by tree difference, else rebuilt, in memory where the disk refuses."""

from collections.abc import Callable

import os
import sqlite3

from msgspec import MsgspecError

from gitledger.errors import StorageError
from gitledger.model import codec
from gitledger.model.texts import encode_name
from gitledger.store.index import Index, remove_files
from gitledger.store.repo import Repository

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
            if is_ready(index, tip):
                return index
            index.end()
            if index.tip is not None and index.tip == repo.tip(ledger):
                index.close()
                return None
            _bring_up(index, repo, tip, progress)
            if is_ready(index, tip):
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


def apply(repo: Repository, index: Index, *, expected: str, tip: str) -> bool:
    """Take the entry that moved the ledger from `expected` to `tip` into an open index, if that is at once possible.

    Best effort: the next reader does what is left undone. True where the index is now at `tip`.
    """
    try:
        index.end()
        index.set_patience(APPLY_TIMEOUT_MS)
        index.begin_write()
        if index.tip != expected:
            return False
        _refresh(index, repo, expected, tip, None)
        index.end()
        return True
    except (sqlite3.Error, StorageError):
        return False
    finally:
        index.end(keep=False)


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


def is_ready(index: Index, tip: str) -> bool:
    """Whether the index is at `tip`; from then on it holds a read transaction."""
    index.begin_read()
    return index.tip == tip


def _refresh(index: Index, repo: Repository, held: str | None, tip: str, progress: Progress | None) -> None:
    # A reader whose index is at the tip gets by without libgit2.
    from gitledger.store.content import take_in

    take_in(index, repo.pg, held, tip, progress)


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
