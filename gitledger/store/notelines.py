"""The ledgers' lines in the notes of source commits: read, and written by compare-and-swap however many write at once."""

from collections.abc import Iterable, Mapping

import re
import time

import pygit2
from msgspec import Struct

from gitledger.errors import LostRace, StorageError
from gitledger.model.noteline import NoteLine, decode_line, encode_line
from gitledger.store.chain import clean_identity
from gitledger.store.objects import BLOB_MODE, TREE_MODE, check_whole, read_blob, read_commit, read_tree, unreadable
from gitledger.store.repo import Repository
from gitledger.store.tracking import NOTES, read_ref, set_ref

PATIENCE_S = 10.0
MAX_NOTE = 1 << 20
MESSAGE = "notes of gitledger\n"
_LEAF = re.compile(r"[0-9a-f]{38}")


class NoteEdit(Struct):
    """What is to become of a commit's note: lines put in by the uid of their task, and tasks whose lines go."""

    put: dict[str, NoteLine] = {}
    drop: set[str] = set()


def read_lines(repo: Repository, commit: str) -> list[NoteLine]:
    """The ledgers' lines in the note of a commit; none where it cannot be read. After a merge a task may have several."""
    tip = read_ref(repo, NOTES)
    if tip is None:
        return []
    try:
        oid = _find(repo.pg, read_commit(repo.pg, tip).tree_id, commit)
        lines = _lines(repo.pg, oid) if oid is not None else []
    except StorageError:
        return []
    return [line for line in map(decode_line, lines) if line is not None]


def _find(pg: pygit2.Repository, root: pygit2.Oid, name: str) -> pygit2.Oid | None:
    """The note of a commit, in whatever fan-out it lies."""
    for entry in read_tree(pg, root):
        if entry.is_tree and len(entry.name) < len(name) and name.startswith(entry.name):
            found = _find(pg, entry.oid, name[len(entry.name) :])
            if found is not None:
                return found
        elif entry.name == name and entry.mode == BLOB_MODE:
            return entry.oid
    return None


def _lines(pg: pygit2.Repository, oid: pygit2.Oid) -> list[bytes]:
    """The lines of a note. Raises StorageError where it is missing, or larger than anything we write."""
    check_whole(pg, oid, "note")
    try:
        size = pg.odb.read_header(oid)[1]
    except (pygit2.GitError, KeyError, OSError) as error:
        raise unreadable(oid, "note") from error
    if size > MAX_NOTE:
        raise unreadable(oid, "note")
    return [line for line in read_blob(pg, oid).split(b"\n") if line.strip()]


# ---------------------------------------------------------------------------------------------- writing


def write_lines(repo: Repository, edits: Mapping[str, NoteEdit], *, author: tuple[str, str], seconds: int) -> int:
    """Bring the notes of commits, by id, to what the edits say, in one commit; how many notes became different.

    One line for each task: a new one takes the place of all that the task has. Lines of others stay. Raises StorageError
    where the disk refuses, or a lock was left behind; then nothing has changed.
    """
    deadline = time.monotonic() + PATIENCE_S
    attempt = 0
    while True:
        tip = read_ref(repo, NOTES)
        try:
            made, many = _written(repo.pg, tip, edits, author, seconds)
            if made is not None:
                set_ref(repo, NOTES, tip, made)
            return many
        except LostRace as lost:
            if time.monotonic() > deadline:
                raise _not_written(repo, lost.message) from lost
        except (pygit2.GitError, OSError) as error:
            if time.monotonic() > deadline or attempt > 3:
                raise _not_written(repo, str(error)) from error
        attempt += 1
        _wait(attempt)


def _wait(attempt: int) -> None:
    import random  # most writers lose no race

    time.sleep(random.uniform(0, min(0.005 * 2**attempt, 0.2)))


def _not_written(repo: Repository, why: str) -> StorageError:
    return StorageError(
        f"The git notes could not be written: {why}",
        code="WRITE_FAILED",
        hint=("gitledger", "commits", "notes"),
        details={"ref": NOTES, "folder": repo.common_dir},
    )


def _written(
    pg: pygit2.Repository, tip: str | None, edits: Mapping[str, NoteEdit], author: tuple[str, str], seconds: int
) -> tuple[str | None, int]:
    """The commit with the edited notes, on top of `tip`, and how many are different; None where none is."""
    parent = read_commit(pg, tip) if tip is not None else None
    fans = _fans(pg, parent.tree_id, {commit[:2] for commit in edits}) if parent is not None else {}
    many = 0
    for fan in sorted({commit[:2] for commit in edits}):
        leaves = {entry.name: entry.oid for entry in read_tree(pg, fans[fan])} if fan in fans else {}
        changed = _edit_fan(pg, leaves, {commit[2:]: edit for commit, edit in edits.items() if commit[:2] == fan})
        if not changed:
            continue
        many += changed
        if leaves:
            fans[fan] = _tree(pg, leaves, BLOB_MODE)
        else:
            fans.pop(fan, None)
    if not many:
        return None, 0
    who = pygit2.Signature(
        clean_identity(author[0], "gitledger"),
        clean_identity(author[1], "nobody@gitledger.invalid"),
        max(seconds, parent.commit_time if parent else 0),
        0,
    )
    tree = _tree(pg, fans, TREE_MODE)
    return str(pg.create_commit(None, who, who, MESSAGE, tree, [parent.id] if parent else [])), many


def _fans(pg: pygit2.Repository, root: pygit2.Oid, wanted: set[str]) -> dict[str, pygit2.Oid]:
    """The folders of two digits; where git has written another fan-out, made anew first."""
    entries = read_tree(pg, root)
    if not all(entry.is_tree and len(entry.name) == 2 for entry in entries) or not all(
        _LEAF.fullmatch(leaf.name) for entry in entries if entry.name in wanted for leaf in read_tree(pg, entry.oid)
    ):
        from gitledger.store.notes import normalise

        entries = read_tree(pg, normalise(pg, root))
    return {entry.name: entry.oid for entry in entries}


def _edit_fan(pg: pygit2.Repository, leaves: dict[str, pygit2.Oid], edits: Mapping[str, NoteEdit]) -> int:
    """Edit the notes of one folder in place; how many became different."""
    many = 0
    for name, edit in edits.items():
        try:
            before = _lines(pg, leaves[name]) if name in leaves else []
        except StorageError:
            continue  # what cannot be read is not ours to replace
        after = edited(before, edit)
        if after == before:
            continue
        many += 1
        if after:
            leaves[name] = pg.create_blob(b"".join(line + b"\n" for line in after))
        else:
            leaves.pop(name, None)
    return many


def edited(lines: Iterable[bytes], edit: NoteEdit) -> list[bytes]:
    """The lines of a note after an edit, sorted, each once.

    A line of another ledger with the same event stays: a fork has the events of its parent, and neither takes the note
    of the other away.
    """
    known = {line: decode_line(line) for line in lines}
    put = {
        uid: new
        for uid, new in edit.put.items()
        if not any(
            ours is not None and ours.task == uid and ours.event == new.event and ours.ledger != new.ledger
            for ours in known.values()
        )
    }
    gone = edit.drop | put.keys()
    kept = {line for line, ours in known.items() if ours is None or ours.task not in gone}
    return sorted(kept | {encode_line(line) for line in put.values()})


def _tree(pg: pygit2.Repository, entries: Mapping[str, pygit2.Oid], mode: int) -> pygit2.Oid:
    builder = pg.TreeBuilder()
    for name, oid in entries.items():
        builder.insert(name, oid, mode)
    return builder.write()
