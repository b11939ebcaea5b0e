"""How the events of two tips differ, at a cost that follows the difference; and what a tip alone holds."""

from collections.abc import Iterable

import pygit2
from msgspec import Struct

from gitledger.model import codec
from gitledger.store.ancestry import contains
from gitledger.store.folders import book_event_names, event_names, folders_by_task, read_event, uid_of
from gitledger.store.objects import read_commit

BOOK_KEY = ""


class Difference(Struct):
    """One task (uid None: the book) whose events differ: those that only the one, only the other tip holds, in order."""

    uid: str | None
    ours: list[codec.Event]
    theirs: list[codec.Event]
    is_ours: bool = True
    is_theirs: bool = True


def differences(pg: pygit2.Repository, ours: str, theirs: str) -> list[Difference]:
    """What differs between two tips, the book first. `is_ours`, `is_theirs`: whether the side has the task at all."""
    here, there = read_commit(pg, ours).tree_id, read_commit(pg, theirs).tree_id
    if here == there:
        return []
    found = []
    mine, other = book_event_names(pg, here), book_event_names(pg, there)
    if mine.keys() != other.keys():
        found.append(Difference(None, _events(pg, mine, other), _events(pg, other, mine)))
    before, after = folders_by_task(pg, here, there), folders_by_task(pg, there, here)
    for uid12 in sorted(before.keys() | after.keys()):
        mine, other = event_names(pg, before.get(uid12, ())), event_names(pg, after.get(uid12, ()))
        if mine.keys() != other.keys():
            found.append(
                Difference(
                    uid_of(pg, {**mine, **other}, uid12),
                    _events(pg, mine, other),
                    _events(pg, other, mine),
                    is_ours=bool(mine),
                    is_theirs=bool(other),
                )
            )
    return found


def _events(pg: pygit2.Repository, names: dict[str, pygit2.Oid], without: Iterable[str]) -> list[codec.Event]:
    known = set(without)
    found = [
        read_event(pg, name, oid)
        for name, oid in names.items()
        if name not in known and codec.EVENT_NAME.fullmatch(name)
    ]
    return sorted(found, key=lambda event: event.order)


def unshared(pg: pygit2.Repository, tip: str, others: Iterable[str]) -> list[codec.Event]:
    """The events that `tip` holds and none of the tips `others`, oldest first."""
    root = read_commit(pg, tip).tree_id
    others = list(dict.fromkeys(others))
    if any(contains(pg, other, tip) for other in others):
        return []
    left = _alone(pg, root, read_commit(pg, others[0]).tree_id if others else None)
    for other in others[1:]:
        if left:
            left = _both(left, _alone(pg, root, read_commit(pg, other).tree_id))
    found = [read_event(pg, name, oid) for names in left.values() for name, oid in names.items()]
    return sorted(found, key=lambda event: (event.at, event.order))


def _alone(pg: pygit2.Repository, root: pygit2.Oid, other: pygit2.Oid | None) -> dict[str, dict[str, pygit2.Oid]]:
    """The event files that only `root` has, by task; all of them where there is no `other`."""
    theirs = folders_by_task(pg, other, root) if other is not None else {}
    sides = {
        uid12: (event_names(pg, folders), event_names(pg, theirs.get(uid12, ())))
        for uid12, folders in folders_by_task(pg, root, other).items()
    }
    sides[BOOK_KEY] = (book_event_names(pg, root), book_event_names(pg, other) if other is not None else {})
    found = {
        uid12: {name: oid for name, oid in mine.items() if name not in known and codec.EVENT_NAME.fullmatch(name)}
        for uid12, (mine, known) in sides.items()
    }
    return {uid12: names for uid12, names in found.items() if names}


def _both(
    one: dict[str, dict[str, pygit2.Oid]], other: dict[str, dict[str, pygit2.Oid]]
) -> dict[str, dict[str, pygit2.Oid]]:
    common = {
        uid12: {name: oid for name, oid in names.items() if name in other.get(uid12, {})}
        for uid12, names in one.items()
    }
    return {uid12: names for uid12, names in common.items() if names}
