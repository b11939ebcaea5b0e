"""Merging two tips: the tree walk that prunes what is equal, and the merge commit that is the same on every machine."""

from collections.abc import Iterable, Iterator

import pygit2
from msgspec import Struct, field

from gitledger.errors import StorageError
from gitledger.model import codec, fold, merge
from gitledger.store.content import ledger_info
from gitledger.store.objects import BLOB_MODE, TREE_MODE, TreeEntry, read_blob, read_commit, read_tree, unreadable
from gitledger.store.tree import (
    BOOK,
    LEDGER_FILE,
    changed_directories,
    find,
    task_directories,
    task_directory,
    write_tree,
)

EVENTS = "events"


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
    walk = _Walk(pg, our_commit.tree_id, their_commit.tree_id)
    tree = walk.run()
    parents = merge.parents_of((ours, our_commit.committer.time), (theirs, their_commit.committer.time))
    who = pygit2.Signature(merge.MERGE_NAME, merge.MERGE_EMAIL, parents.seconds, 0)
    commit = pg.create_commit(None, who, who, merge.MERGE_MESSAGE, tree, [parents.first, parents.second])
    walk.merged.tip = str(commit)
    return walk.merged


def contains(pg: pygit2.Repository, tip: str, other: str) -> bool:
    """Whether `other` is `tip` or one of its ancestors."""
    return tip == other or pg.descendant_of(tip, other)


def _forwarded(pg: pygit2.Repository, old: pygit2.Oid, new: pygit2.Oid, tip: str) -> Merged:
    merged = Merged(tip, "forward")
    before, after = folders_by_task(pg, old, new), folders_by_task(pg, new, old)
    for uid12 in sorted(after):
        was, now = event_names(pg, before.get(uid12, ())), event_names(pg, after[uid12])
        merged.events += len(now.keys() - was.keys())
        uid = uid_of(pg, now, uid12)
        (merged.united if was else merged.new).append(uid)
    merged.events += len(book_event_names(pg, new).keys() - book_event_names(pg, old).keys())
    return merged


# ---------------------------------------------------------------------------------------------- nothing is lost


def only_adds(pg: pygit2.Repository, old: pygit2.Oid, new: pygit2.Oid) -> None:
    """See that the tree `new` holds every event of the tree `old`, unchanged; at the cost of what differs."""
    before, after = folders_by_task(pg, old, new), folders_by_task(pg, new, old)
    lost: list[str] = []
    for uid12, folders in before.items():
        now = event_names(pg, after.get(uid12, ()))
        lost += [f"{folder}/{EVENTS}/{name}" for folder, name in _missing(pg, folders, now)]
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


def _missing(
    pg: pygit2.Repository, folders: Iterable[tuple[str, pygit2.Oid]], now: dict[str, pygit2.Oid]
) -> Iterator[tuple[str, str]]:
    for folder, oid in folders:
        for name, event in event_names(pg, [(folder, oid)]).items():
            if not _still(name, event, now):
                yield folder, name


def _still(name: str, oid: pygit2.Oid, now: dict[str, pygit2.Oid]) -> bool:
    return now.get(name) == oid or name + ".redacted" in now


# ---------------------------------------------------------------------------------------------- the walk


class _Walk:
    """The trees of two tips, walked together."""

    def __init__(self, pg: pygit2.Repository, ours: pygit2.Oid, theirs: pygit2.Oid) -> None:
        self.pg = pg
        self.ours = ours
        self.theirs = theirs
        self.merged = Merged("", "merge")
        self.files: dict[str, bytes | None] = {}
        self.grafts: dict[str, pygit2.Oid] = {}
        self.gone: set[str] = set()

    def run(self) -> pygit2.Oid:
        """The merged tree, built on ours."""
        infos = [self._info(root) for root in (self.ours, self.theirs)]
        refold_ours, refold_theirs = (info.fold < codec.FOLD_VERSION for info in infos)
        before, after = self._differing(refold_ours or refold_theirs)
        for uid12 in sorted(before.keys() | after.keys()):
            mine, other = before.get(uid12, []), after.get(uid12, [])
            if not mine and not refold_theirs and len(other) == 1:
                self.grafts[other[0][0]] = other[0][1]
                self._note(uid12, {}, event_names(self.pg, other))
            elif not other and not refold_ours and len(mine) == 1:
                self.merged.kept.append(uid_of(self.pg, event_names(self.pg, mine), uid12))
            else:
                self._unite(uid12, mine, other)
        self._unite_books()
        self.files[LEDGER_FILE] = codec.encode_ledger(merge.unite_info(*infos))
        return self._write()

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

    def _differing(self, is_everything: bool) -> tuple[dict[str, list], dict[str, list]]:
        if not is_everything:
            return folders_by_task(self.pg, self.ours, self.theirs), folders_by_task(self.pg, self.theirs, self.ours)
        sides: list[dict[str, list]] = []
        for root in (self.ours, self.theirs):
            found: dict[str, list] = {}
            for directory, oid in task_directories(self.pg, root):
                found.setdefault(directory.rpartition("-")[2], []).append((directory, oid))
            sides.append(found)
        return sides[0], sides[1]

    def _note(self, uid12: str, was: dict[str, pygit2.Oid], now: dict[str, pygit2.Oid]) -> None:
        added = len(now.keys() - was.keys())
        self.merged.events += added
        if not was:
            self.merged.new.append(uid_of(self.pg, now, uid12))
        elif added:
            self.merged.united.append(uid_of(self.pg, now, uid12))

    def _unite(self, uid12: str, mine: list, other: list) -> None:
        """Unite the folders of one task: its events from all of them, folded again, in the folder that follows."""
        was, theirs = event_names(self.pg, mine), event_names(self.pg, other)
        names = _without_redacted({**theirs, **was})
        events = [read_event(self.pg, name, oid) for name, oid in names.items() if codec.EVENT_NAME.fullmatch(name)]
        state = fold.fold(events)
        task = state.task
        home = task_directory(task.number, task.uid, archived=task.archived_at is not None)
        self._note(uid12, was, names)
        self.gone.update(folder for folder, _ in mine)
        self.gone.discard(home)
        self._place(home, names, fold.files(state), {folder for folder, _ in mine})

    def _unite_books(self) -> None:
        was, theirs = book_event_names(self.pg, self.ours), book_event_names(self.pg, self.theirs)
        names = _without_redacted({**theirs, **was})
        events = [read_event(self.pg, name, oid) for name, oid in names.items() if codec.EVENT_NAME.fullmatch(name)]
        self.merged.events += len(names.keys() - was.keys())
        self._place(BOOK, names, fold.files(fold.fold_book(events)), {BOOK})

    def _place(
        self, home: str, names: dict[str, pygit2.Oid], files: dict[str, bytes | None], old: set[str]
    ) -> None:
        """The whole subtree of a task is written anew, from event ids and derived files."""
        builder = self.pg.TreeBuilder()
        for name, oid in names.items():
            builder.insert(name, oid, BLOB_MODE)
        events = builder.write()
        derived = {name: data for name, data in files.items() if data is not None}
        subtree = write_tree(self.pg, None, derived) if derived else None
        top = self.pg.TreeBuilder(subtree) if subtree is not None else self.pg.TreeBuilder()
        top.insert(EVENTS, events, TREE_MODE)
        self.grafts[home] = top.write()

    def _write(self) -> pygit2.Oid:
        files = {**self.files, **dict.fromkeys(self.gone, None)}
        return write_tree(self.pg, self.ours, files, grafts=self.grafts)


# ---------------------------------------------------------------------------------------------- reading


def folders_by_task(
    pg: pygit2.Repository, root: pygit2.Oid, other: pygit2.Oid | None
) -> dict[str, list[tuple[str, pygit2.Oid]]]:
    """The task folders of `root` that `other` (None: nothing) does not hold alike, by the first 12 digits of the task's uid."""
    changed, _, _ = changed_directories(pg, other, root)
    found: dict[str, list[tuple[str, pygit2.Oid]]] = {}
    for directory, oid in sorted(changed.items()):
        found.setdefault(directory.rpartition("-")[2], []).append((directory, oid))
    return found


def event_names(pg: pygit2.Repository, folders: Iterable[tuple[str, pygit2.Oid]]) -> dict[str, pygit2.Oid]:
    """The event files in these folders, by name."""
    found: dict[str, pygit2.Oid] = {}
    for _, oid in folders:
        entry = _entry(pg, oid, EVENTS)
        if entry is not None and entry.is_tree:
            found |= {event.name: event.oid for event in read_tree(pg, entry.oid) if not event.is_tree}
    return found


def book_event_names(pg: pygit2.Repository, root: pygit2.Oid) -> dict[str, pygit2.Oid]:
    """The event files of the book, by name."""
    oid = find(pg, root, BOOK)
    return event_names(pg, [(BOOK, oid)]) if oid is not None else {}


def _entry(pg: pygit2.Repository, oid: pygit2.Oid, name: str) -> TreeEntry | None:
    return next((entry for entry in read_tree(pg, oid) if entry.name == name), None)


def _without_redacted(names: dict[str, pygit2.Oid]) -> dict[str, pygit2.Oid]:
    """A tombstone stands for the event that one side still has."""
    return {name: oid for name, oid in names.items() if name + ".redacted" not in names}


def read_event(pg: pygit2.Repository, name: str, oid: pygit2.Oid) -> codec.Event:
    """The event in the file `name`. Raises StorageError where it is none, or has another name."""
    try:
        event = codec.decode(read_blob(pg, oid))
    except codec.CorruptEvent as error:
        raise unreadable(oid, f"event {name}") from error
    if codec.file_name(event) != name:
        raise unreadable(oid, f"event {name}")
    return event


def uid_of(pg: pygit2.Repository, names: dict[str, pygit2.Oid], uid12: str) -> str:
    """The whole uid of a task, from one of its events."""
    for name, oid in sorted(names.items()):
        if codec.EVENT_NAME.fullmatch(name):
            return read_event(pg, name, oid).task or uid12
    return uid12
