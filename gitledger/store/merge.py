"""Merging two tips: the tree walk that prunes what is equal, and the merge commit that is the same on every machine."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pygit2
from msgspec import Struct, field

from gitledger.errors import StorageError
from gitledger.model import codec, fold, merge
from gitledger.store.ancestry import distance
from gitledger.store.content import ledger_info
from gitledger.store.folders import (
    EVENTS,
    REDACTED,
    Folder,
    Names,
    book_event_names,
    differing_folders,
    event_names,
    folders_of,
    home_of,
    uid_of,
    without_redacted,
)
from gitledger.store.objects import check_whole, read_commit, unreadable
from gitledger.store.tree import BOOK, LEDGER_FILE, find, task_directories, write_tree
from gitledger.store.unite import by_uid, clash, folder_tree, read_events, united


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

    `kind`: `same`, `ahead` (ours contains theirs), `forward` (theirs contains ours), `equal` (equal trees: the
    tip with more commits behind it stands, else the smaller id), `merge` (a merge commit).
    """
    if ours == theirs:
        return Merged(ours, "same")
    our_commit, their_commit = read_commit(pg, ours), read_commit(pg, theirs)
    apart = distance(pg, ours, theirs)
    if not apart.behind:
        only_adds(pg, their_commit.tree_id, our_commit.tree_id)
        return Merged(ours, "ahead")
    if not apart.ahead:
        only_adds(pg, our_commit.tree_id, their_commit.tree_id)
        return _forwarded(pg, our_commit.tree_id, their_commit.tree_id, theirs)
    if our_commit.tree_id == their_commit.tree_id:
        return Merged(merge.foremost(ours, theirs, ahead=apart.ahead, behind=apart.behind), "equal")
    parents = merge.parents_of((ours, our_commit.committer.time), (theirs, their_commit.committer.time))
    with _naming_failure(pg):
        root, merged = merge_trees(pg, our_commit.tree_id, their_commit.tree_id)
        merged.tip = merge_commit(pg, root, parents)
    return merged


def merge_trees(pg: pygit2.Repository, ours: pygit2.Oid, theirs: pygit2.Oid) -> tuple[pygit2.Oid, Merged]:
    """The tree that two trees of ledgers merge to, and what that came to for ours. Writes objects."""
    with _naming_failure(pg):
        walk = _Walk(pg, ours, theirs)
        return walk.run(), walk.merged


def refolded(pg: pygit2.Repository, root: pygit2.Oid) -> pygit2.Oid:
    """The tree of a ledger in which this version has made every record again. Writes objects."""
    return merge_trees(pg, root, root)[0]


@contextmanager
def _naming_failure(pg: pygit2.Repository) -> Iterator[None]:
    try:
        yield
    except (pygit2.GitError, OSError) as error:
        raise StorageError(
            f"The merge could not be written, and nothing changed: {error}.",
            code="WRITE_FAILED",
            hint=("git", "count-objects", "-v"),
            remediation=(f"Check free space and permissions of {pg.path}, then try again.",),
        ) from error


def merge_commit(pg: pygit2.Repository, tree: pygit2.Oid, parents: merge.Parents) -> str:
    """Write the merge commit of design §9: nothing in it but what follows from its parents."""
    # An equal tree may have been there before, and libgit2 looks at what it is to point at.
    check_whole(pg, tree, "tree")
    who = pygit2.Signature(merge.MERGE_NAME, merge.MERGE_EMAIL, parents.seconds, 0)
    return str(pg.create_commit(None, who, who, merge.MERGE_MESSAGE, tree, [parents.first, parents.second]))


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
            mine, other = folders_of(self.pg, self.ours), folders_of(self.pg, self.theirs)
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
        for uid, folders in by_uid(self.pg, uid12, [*mine, *other]).items():
            names, state, home = united(self.pg, uid, folders)
            second = None if any(home == path for path, _ in folders) else find(self.pg, self.ours, home)
            if second is not None and home not in (path for path, _ in mine):
                # Both sides hold, alike, a second folder of this task where the united one belongs.
                return self._unite(uid12, [*mine, (home, second)], other)
            if home in placed:
                raise clash(home)
            placed[home] = names, state
        was = event_names(self.pg, mine)
        for home, (names, state) in placed.items():
            self.grafts[home] = folder_tree(self.pg, names, fold.files(state))
            _count(self.pg, self.merged, uid12, {name: was[name] for name in names if name in was}, names)
        self.gone.update(path for path, _ in mine)

    def _unite_books(self, is_older: bool) -> None:
        sides = [find(self.pg, root, BOOK) for root in (self.ours, self.theirs)]
        if sides[0] == sides[1] and not is_older:
            return
        names = without_redacted(event_names(self.pg, [(BOOK, oid) for oid in sides if oid is not None]))
        self.merged.events += _added(book_event_names(self.pg, self.ours), names)
        self.grafts[BOOK] = folder_tree(self.pg, names, fold.files(merge.unite_books(read_events(self.pg, names))))
