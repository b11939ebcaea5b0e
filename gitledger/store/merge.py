"""Merging two tips: the tree walk that prunes what is equal, and the merge commit that is the same on every machine."""

from collections.abc import Iterable, Iterator

import re

import pygit2
from msgspec import Struct, field

from gitledger.errors import StorageError
from gitledger.model import codec, fold, merge
from gitledger.store import objects
from gitledger.store.content import ledger_info
from gitledger.store.objects import BLOB_MODE, TREE_MODE, TreeEntry, read_blob, read_commit, read_tree, unreadable
from gitledger.store.refold import EVENTS, REDACTED, home_of
from gitledger.store.tree import BOOK, LEDGER_FILE, SHELVES, find, task_directories, task_directory, write_tree

# An entry of a tree as git writes it: mode, name, object id.
_TREE_ENTRY = re.compile(rb"[0-7]+ [^\0]+\0.{20}", re.DOTALL)
_TREE = re.compile(rb"(?:[0-7]+ [^\0]+\0.{20})*", re.DOTALL)

# Task folders (path, tree) by the first 12 digits of the task's uid, and event files (or tombstones) by name.
Folder = tuple[str, pygit2.Oid]
Folders = dict[str, list[Folder]]
Names = dict[str, pygit2.Oid]


class Merged(Struct):
    """What a merge came to. Uids of tasks: new to ours, new to theirs, united from both; events that ours lacked."""

    tip: str
    kind: str
    new: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    united: list[str] = field(default_factory=list)
    events: int = 0


def merge_tips(pg: pygit2.Repository, ours: str, theirs: str) -> Merged:
    """The one merge result of two tips. Writes objects, moves no ref. Raises StorageError where a tip lost events.

    `kind`: `same`, `ahead` (ours contains theirs), `forward` (theirs contains ours), `equal` (equal trees,
    the smaller commit id stands), `merge` (a merge commit).
    """
    if ours == theirs:
        return Merged(ours, "same")
    our_commit, their_commit = read_commit(pg, ours), read_commit(pg, theirs)
    if contains(pg, ours, theirs):
        only_adds(pg, their_commit.tree_id, our_commit.tree_id)
        return Merged(ours, "ahead")
    if contains(pg, theirs, ours):
        only_adds(pg, our_commit.tree_id, their_commit.tree_id)
        return _forwarded(pg, our_commit.tree_id, their_commit.tree_id, theirs)
    if our_commit.tree_id == their_commit.tree_id:
        return Merged(min(ours, theirs), "equal")
    parents = merge.parents_of((ours, our_commit.committer.time), (theirs, their_commit.committer.time))
    walk = _Walk(pg, our_commit.tree_id, their_commit.tree_id)
    try:
        walk.merged.tip = merge_commit(pg, walk.run(), parents)
    except (pygit2.GitError, OSError) as error:
        raise StorageError(
            f"The merge could not be written, and nothing changed: {error}.",
            code="WRITE_FAILED",
            hint=("git", "count-objects", "-v"),
            remediation=(f"Check free space and permissions of {pg.path}, then try again.",),
        ) from error
    return walk.merged


def merge_commit(pg: pygit2.Repository, tree: pygit2.Oid, parents: merge.Parents) -> str:
    """Write the merge commit of design §9: nothing in it but what follows from its parents."""
    who = pygit2.Signature(merge.MERGE_NAME, merge.MERGE_EMAIL, parents.seconds, 0)
    return str(pg.create_commit(None, who, who, merge.MERGE_MESSAGE, tree, [parents.first, parents.second]))


def contains(pg: pygit2.Repository, tip: str, other: str) -> bool:
    """Whether `other` is `tip` or one of its ancestors."""
    try:
        return tip == other or pg.descendant_of(tip, other)
    except (pygit2.GitError, KeyError, ValueError, OSError) as error:
        raise unreadable(tip, "history of commit") from error


def _forwarded(pg: pygit2.Repository, old: pygit2.Oid, new: pygit2.Oid, tip: str) -> Merged:
    merged = Merged(tip, "forward")
    before, after, _ = differing_folders(pg, old, new)
    for uid12 in sorted(after):
        _count(pg, merged, uid12, event_names(pg, before.get(uid12, ())), event_names(pg, after[uid12]))
    merged.events += _added(book_event_names(pg, old), book_event_names(pg, new))
    return merged


def _count(pg: pygit2.Repository, merged: Merged, uid12: str, was: Names, now: Names) -> None:
    """Note what became of a task that had the events `was` and has `now`."""
    added = _added(was, now)
    merged.events += added
    if added:
        (merged.united if was else merged.new).append(uid_of(pg, now, uid12))


def _added(was: Names, now: Names) -> int:
    return sum(1 for name in now.keys() - was.keys() if codec.EVENT_NAME.fullmatch(name))


# ---------------------------------------------------------------------------------------------- nothing is lost


def only_adds(pg: pygit2.Repository, old: pygit2.Oid, new: pygit2.Oid) -> None:
    """See that the tree `new` holds every event of the tree `old`, unchanged; at the cost of what differs."""
    before, after, _ = differing_folders(pg, old, new)
    lost: list[str] = []
    for uid12, folders in before.items():
        missing = list(_missing(pg, folders, event_names(pg, after.get(uid12, ()))))
        if missing:
            # Of two folders of one task one may be gone, and the other have had everything before.
            everywhere = [pair for pair in task_directories(pg, new) if home_of(pair[0]) == uid12]
            missing = list(_missing(pg, folders, event_names(pg, everywhere)))
        lost += missing
    old_book, new_book = book_event_names(pg, old), book_event_names(pg, new)
    lost += [f"{BOOK}/{EVENTS}/{name}" for name, oid in old_book.items() if not _still(name, oid, new_book)]
    if lost:
        raise StorageError(
            f"This history dropped {len(lost)} event(s) that an earlier entry holds; nothing was changed.",
            code="STORAGE_CORRUPTION",
            hint=("gitledger", "verify"),
            remediation=("Somebody rewrote the ledger. Fetch it from another clone, and compare.",),
            details={"lost": sorted(lost)[:50]},
        )


def _missing(pg: pygit2.Repository, folders: Iterable[Folder], now: Names) -> Iterator[str]:
    for folder, oid in folders:
        for name, event in event_names(pg, [(folder, oid)]).items():
            if not _still(name, event, now):
                yield f"{folder}/{EVENTS}/{name}"


def _still(name: str, oid: pygit2.Oid, now: Names) -> bool:
    if name.endswith(REDACTED):
        return name in now
    return now.get(name) == oid or name + REDACTED in now


# ---------------------------------------------------------------------------------------------- the walk


class _Walk:
    """The trees of two tips, walked together; what only one side has is taken by object id."""

    def __init__(self, pg: pygit2.Repository, ours: pygit2.Oid, theirs: pygit2.Oid) -> None:
        self.pg = pg
        self.ours = ours
        self.theirs = theirs
        self.merged = Merged("", "merge")
        self.grafts: Names = {}
        self.gone: set[str] = set()

    def run(self) -> pygit2.Oid:
        """The merged tree, built on ours."""
        infos = [self._info(root) for root in (self.ours, self.theirs)]
        is_ours_older, is_theirs_older = (info.fold < codec.FOLD_VERSION for info in infos)
        mine, other, odd = differing_folders(self.pg, self.ours, self.theirs)
        if is_ours_older or is_theirs_older:
            # What is equal, too, was folded by the older version.
            mine, other = _by_task(self.pg, self.ours), _by_task(self.pg, self.theirs)
        for uid12 in sorted(mine.keys() | other.keys()):
            here, there = mine.get(uid12, []), other.get(uid12, [])
            if not here and not is_theirs_older and len(there) == 1:
                self.grafts[there[0][0]] = there[0][1]
                _count(self.pg, self.merged, uid12, {}, event_names(self.pg, there))
            elif not there and not is_ours_older and len(here) == 1:
                self.merged.kept.append(uid_of(self.pg, event_names(self.pg, here), uid12))
            elif is_ours_older or is_theirs_older or not self._take_larger(uid12, here, there):
                self._unite(uid12, here, there)
        self._unite_books(is_ours_older or is_theirs_older)
        files: dict[str, bytes | None] = dict.fromkeys(odd | (self.gone - self.grafts.keys()))
        files[LEDGER_FILE] = codec.encode_ledger(merge.unite_info(*infos))
        return write_tree(self.pg, self.ours, files, grafts=self.grafts)

    def _info(self, root: pygit2.Oid) -> codec.LedgerInfo:
        info = ledger_info(self.pg, root)
        if info is None:
            raise unreadable(LEDGER_FILE, "file")
        if info.fold > codec.FOLD_VERSION:
            raise StorageError(
                f"One side was written by a newer gitledger (fold {info.fold}); this version merges up to "
                f"{codec.FOLD_VERSION}.",
                code="UPGRADE_REQUIRED",
                hint=("gitledger", "version"),
                remediation=("Upgrade gitledger, then try again. Reading goes on.",),
            )
        return info

    def _take_larger(self, uid12: str, mine: list[Folder], other: list[Folder]) -> bool:
        """Take the folder that has every event of the other and more, as it is; False where neither has."""
        was, theirs = event_names(self.pg, mine), event_names(self.pg, other)
        has_redacted = any(name.endswith(REDACTED) for name in was.keys() | theirs.keys())
        if len(mine) != 1 or len(other) != 1 or has_redacted or was == theirs:
            return False
        if was.items() <= theirs.items():
            self.gone.add(mine[0][0])
            self.grafts[other[0][0]] = other[0][1]
            _count(self.pg, self.merged, uid12, was, theirs)
            return True
        return theirs.items() <= was.items()

    def _unite(self, uid12: str, mine: list[Folder], other: list[Folder]) -> None:
        """Unite folders whose names end alike: the events of each task, folded again, in the folder that follows."""
        placed: dict[str, tuple[Names, fold.State]] = {}
        for uid, folders in self._by_uid(uid12, [*mine, *other]).items():
            names = _without_redacted(event_names(self.pg, folders))
            state = merge.unite(self._events(names))
            home = task_directory(state.task.number, uid, archived=state.task.archived_at is not None)
            second = None if any(home == path for path, _ in folders) else find(self.pg, self.ours, home)
            if second is not None and home not in (path for path, _ in mine):
                # Both sides hold, alike, a second folder of this task where the united one belongs.
                return self._unite(uid12, [*mine, (home, second)], other)
            if home in placed:
                raise _clash(home)
            placed[home] = names, state
        was = event_names(self.pg, mine)
        for home, (names, state) in placed.items():
            self.grafts[home] = folder_tree(self.pg, names, fold.files(state))
            _count(self.pg, self.merged, uid12, {name: was[name] for name in names if name in was}, names)
        self.gone.update(path for path, _ in mine)

    def _by_uid(self, uid12: str, folders: list[Folder]) -> dict[str, list[Folder]]:
        """The folders by the whole uid of their task; those of different tasks have next to never 12 digits alike."""
        found: dict[str, list[Folder]] = {}
        for folder in folders:
            uid = uid_of(self.pg, event_names(self.pg, [folder]), "")
            if home_of(task_directory(0, uid)) != uid12:
                raise unreadable(folder[0], "task folder")
            found.setdefault(uid, []).append(folder)
        return found

    def _unite_books(self, is_older: bool) -> None:
        sides = [find(self.pg, root, BOOK) for root in (self.ours, self.theirs)]
        if sides[0] == sides[1] and not is_older:
            return
        names = _without_redacted(event_names(self.pg, [(BOOK, oid) for oid in sides if oid is not None]))
        self.merged.events += _added(book_event_names(self.pg, self.ours), names)
        self.grafts[BOOK] = folder_tree(self.pg, names, fold.files(merge.unite_books(self._events(names))))

    def _events(self, names: Names) -> list[codec.Event]:
        return [read_event(self.pg, name, oid) for name, oid in names.items() if codec.EVENT_NAME.fullmatch(name)]


def _clash(path: str) -> StorageError:
    return StorageError(
        f"Two tasks would lie in {path}: their uids begin with the same 12 digits, and their numbers are equal.",
        code="STORAGE_CORRUPTION",
        hint=("gitledger", "verify"),
        remediation=("No chance makes such a uid; look at where the other side comes from.",),
        details={"path": path},
    )


def folder_tree(pg: pygit2.Repository, names: Names, files: dict[str, bytes | None]) -> pygit2.Oid:
    """Write the whole folder of a task or of the book: event files by id, and what the fold derives from them."""
    events = pg.TreeBuilder()
    for name, oid in names.items():
        events.insert(name, oid, BLOB_MODE)
    top = pg.TreeBuilder(write_tree(pg, None, {name: data for name, data in files.items() if data is not None}))
    top.insert(EVENTS, events.write(), TREE_MODE)
    return top.write()


# ---------------------------------------------------------------------------------------------- reading


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
    data = objects._read(pg, oid, pygit2.GIT_OBJECT_TREE, "tree")
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


def _by_task(pg: pygit2.Repository, root: pygit2.Oid) -> Folders:
    found: Folders = {}
    for path, oid in sorted(task_directories(pg, root)):
        found.setdefault(home_of(path), []).append((path, oid))
    return found


def folders_by_task(pg: pygit2.Repository, root: pygit2.Oid, other: pygit2.Oid | None) -> Folders:
    """The task folders of `root` that `other` (None: nothing) does not hold alike, by the first 12 digits of the task's uid."""
    return _by_task(pg, root) if other is None else differing_folders(pg, root, other)[0]


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


def _without_redacted(names: Names) -> Names:
    """A tombstone stands for the event that one side still has."""
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
