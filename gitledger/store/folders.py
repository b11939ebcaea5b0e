"""Task folders in the trees of a ledger: which ones two trees do not hold alike, and the event files that lie in them."""

from collections.abc import Iterable

import re

import pygit2

from gitledger.model import codec
from gitledger.store.objects import TreeEntry, read_blob, read_tree, read_tree_bytes, unreadable
from gitledger.store.refold import EVENTS, REDACTED, home_of
from gitledger.store.tree import BOOK, LEDGER_FILE, SHELVES, find, task_directories

# An entry of a tree as git writes it: mode, name, object id.
_TREE_ENTRY = re.compile(rb"[0-7]+ [^\0]+\0.{20}", re.DOTALL)
_TREE = re.compile(rb"(?:[0-7]+ [^\0]+\0.{20})*", re.DOTALL)

# Task folders (path, tree) by the first 12 digits of the task's uid, and event files (or tombstones) by name.
Folder = tuple[str, pygit2.Oid]
Folders = dict[str, list[Folder]]
Names = dict[str, pygit2.Oid]


def differing_folders(pg: pygit2.Repository, ours: pygit2.Oid, theirs: pygit2.Oid) -> tuple[Folders, Folders, set[str]]:
    """The task folders that two trees do not hold alike, of each; and paths of `ours` that belong into no ledger.

    One walk, which prunes what is equal.
    """
    sides: tuple[Folders, Folders] = ({}, {})
    odd: set[str] = set()
    pending = [("", 3, ours, theirs)]
    while pending:
        path, depth, one, two = pending.pop()
        if one == two:
            continue
        if depth == 0:
            for side, oid in zip(sides, (one, two), strict=True):
                if oid is not None:
                    side.setdefault(home_of(path), []).append((path, oid))
            continue
        before, after = _differing_entries(pg, one, two)
        for name in before.keys() | after.keys():
            if depth == 3 and name in (LEDGER_FILE, BOOK):
                continue
            mine, other = before.get(name), after.get(name)
            below = f"{path}/{name}" if path else name
            if mine is not None and not (mine.is_tree and below.partition("/")[0] in SHELVES):
                odd.add(below)
            trees = [entry.oid if entry is not None and entry.is_tree else None for entry in (mine, other)]
            if depth < 3 or name in SHELVES:
                pending.append((below, depth - 1, *trees))
    for side in sides:
        for folders in side.values():
            folders.sort(key=lambda folder: folder[0])
    return *sides, odd


def _differing_entries(
    pg: pygit2.Repository, one: pygit2.Oid | None, two: pygit2.Oid | None
) -> tuple[dict[str, TreeEntry], dict[str, TreeEntry]]:
    """The entries that two trees do not hold alike, of each, by name; entries that are equal are not taken apart."""
    before, after = _raw_entries(pg, one), _raw_entries(pg, two)
    return _entries(before - after), _entries(after - before)


def _raw_entries(pg: pygit2.Repository, oid: pygit2.Oid | None) -> set[bytes]:
    if oid is None:
        return set()
    data = read_tree_bytes(pg, oid)
    if _TREE.fullmatch(data) is None:
        raise unreadable(oid, "tree")
    return set(_TREE_ENTRY.findall(data))


def _entries(raw: Iterable[bytes]) -> dict[str, TreeEntry]:
    found = {}
    for entry in raw:
        mode, _, name = entry[:-21].partition(b" ")
        decoded = name.decode("utf-8", "surrogateescape")
        found[decoded] = TreeEntry(decoded, int(mode, 8), pygit2.Oid(raw=entry[-20:]))
    return found


def folders_of(pg: pygit2.Repository, root: pygit2.Oid) -> Folders:
    """Every task folder of a tree, by the first 12 digits of the task's uid."""
    found: Folders = {}
    for path, oid in sorted(task_directories(pg, root)):
        found.setdefault(home_of(path), []).append((path, oid))
    return found


def folders_by_task(pg: pygit2.Repository, root: pygit2.Oid, other: pygit2.Oid | None) -> Folders:
    """The task folders of `root` that `other` (None: nothing) does not hold alike, by the first 12 digits of the task's uid."""
    return folders_of(pg, root) if other is None else differing_folders(pg, root, other)[0]


def event_names(pg: pygit2.Repository, folders: Iterable[Folder]) -> Names:
    """The event files in these folders, by name; of two contents under one name (tombstones) the smaller id."""
    found: Names = {}
    for _, oid in folders:
        entry = _entry(pg, oid, EVENTS)
        if entry is not None and entry.is_tree:
            for event in read_tree(pg, entry.oid):
                if not event.is_tree:
                    found[event.name] = min(event.oid, found.get(event.name, event.oid))
    return found


def book_event_names(pg: pygit2.Repository, root: pygit2.Oid) -> Names:
    """The event files of the book, by name."""
    oid = find(pg, root, BOOK)
    return event_names(pg, [(BOOK, oid)]) if oid is not None else {}


def _entry(pg: pygit2.Repository, oid: pygit2.Oid, name: str) -> TreeEntry | None:
    return next((entry for entry in read_tree(pg, oid) if entry.name == name), None)


def without_redacted(names: Names) -> Names:
    """Without the events that a tombstone stands for."""
    return {name: oid for name, oid in names.items() if name + REDACTED not in names}


def read_event(pg: pygit2.Repository, name: str, oid: pygit2.Oid) -> codec.Event:
    """The event in the file `name`. Raises StorageError where it is none, or has another name."""
    try:
        event = codec.decode(read_blob(pg, oid))
    except codec.CorruptEvent as error:
        raise unreadable(oid, f"event {name}") from error
    if codec.file_name(event) != name:
        raise unreadable(oid, f"event {name}")
    return event


def uid_of(pg: pygit2.Repository, names: Names, uid12: str) -> str:
    """The whole uid of a task, from one of its events; `uid12` where there is none to read."""
    for name, oid in sorted(names.items()):
        if codec.EVENT_NAME.fullmatch(name):
            return read_event(pg, name, oid).task or uid12
    return uid12
