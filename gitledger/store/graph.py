"""The work graph of one ledger, answered from its index: what is ready, what waits for what, what lies under what.

Whether a task waits is counted when the index takes it in, and counted again when what it depends on changes; claims and
due dates are weighed when asked, for they change with the time alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import sqlite3

from msgspec import json

from gitledger.model.listing import Order, Sieve, Wanted
from gitledger.model.task import Edge, Row
from gitledger.store.nodes import chunks, labelled_any

if TYPE_CHECKING:
    from gitledger.store.index import Index

T = TypeVar("T")
_decode = json.Decoder(Row).decode

class IndexGraph:
    """A `Graph` (ops/_graph) over an index. `ask` puts a question to the index, and answers the default where there is none."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        self._ask = ask

    # ---------------------------------------------------------------- readiness

    def ready(self, wanted: Wanted) -> tuple[list[Row], int]:
        """The first tasks, in ready order, that whoever asks could work on now, and how many there are."""
        return self._ask(lambda index: _ready(index.db, wanted), ([], 0))

    def hindered(self, wanted: Wanted) -> dict[str, int]:
        """How many tasks that were not put away are kept from whoever asks, by what is in the way first."""
        return self._ask(lambda index: _hindered(index.db, wanted), {})

    def blocked(self, limit: int, any_label: frozenset[str] = frozenset()) -> tuple[list[Row], int]:
        """The first tasks, the most urgent first, that wait for others or are on hold, and how many there are."""
        labelled, labels = labelled_any(any_label)

        def read(index: "Index") -> tuple[list[Row], int]:
            where = f"FROM node WHERE waits = 1{labelled}"
            (total,) = index.db.execute(f"SELECT count(*) {where}", labels).fetchone()
            query = f"SELECT directory {where} ORDER BY rank, created, number, uid LIMIT ?"
            return _lines(index.db, index.db.execute(query, (*labels, limit or -1))), total

        return self._ask(read, ([], 0))

    def stale(
        self, before: dict[str, str], limit: int, any_label: frozenset[str] = frozenset()
    ) -> tuple[list[Row], int]:
        """The first tasks by role that nothing happened to since the moment of their role, the longest first, and how many."""
        labelled, labels = labelled_any(any_label)
        asked = [(*pair, *labels) for pair in before.items()]

        def read(index: "Index") -> tuple[list[Row], int]:
            where = f"FROM node WHERE role = ? AND updated < ?{labelled}"
            total = sum(index.db.execute(f"SELECT count(*) {where}", values).fetchone()[0] for values in asked)
            query = f"SELECT updated, number, uid, directory {where} ORDER BY updated, number, uid LIMIT ?"
            found = merge(*(index.db.execute(query, (*values, limit or -1)) for values in asked))
            return _lines(index.db, [(directory,) for *_, directory in islice(found, limit or None)]), total

        return self._ask(read, ([], 0))

    def sift(self, sieve: Sieve) -> list[Row]:
        """The tasks that a sieve lets through, in its order."""
        from gitledger.store.sift import sift

        return self._ask(lambda index: _lines(index.db, sift(index.db, sieve)), [])

    def roles(self, any_label: frozenset[str] = frozenset()) -> dict[str, int]:
        """How many tasks there are of each role, of those with one of the labels if there are any; archived ones too."""
        labelled, labels = labelled_any(any_label)
        query = f"SELECT role, count(*) FROM node WHERE role <> ''{labelled} GROUP BY role"
        return self._ask(lambda index: dict(index.db.execute(query, labels)), {})

    def unmet(self, uids: Sequence[str]) -> dict[str, int]:
        """How many dependencies of each of these tasks are not satisfied."""
        return self._ask(lambda index: dict(_select(index.db, "SELECT uid, unmet FROM node WHERE uid IN", uids)), {})

    def claimed(self, now: str) -> list[Row]:
        """The tasks with a claim that has not run out."""
        query = "SELECT DISTINCT directory FROM live WHERE until > ?"
        return self._ask(lambda index: _lines(index.db, index.db.execute(query, (now,))), [])

    # ---------------------------------------------------------------- edges

    def needs(self, uids: Sequence[str]) -> list[Edge]:
        """What these tasks depend on, each in the order in which it was added."""
        query, order = f"{_EDGES} WHERE uid IN", " ORDER BY uid, rowid"
        return self._ask(lambda index: [_edge(found) for found in _select(index.db, query, uids, order)], [])

    def needed_by(self, uids: Sequence[str]) -> list[Edge]:
        """What depends on these tasks."""
        return self._ask(lambda index: [_edge(found) for found in _select(index.db, f"{_EDGES} WHERE needs IN", uids)], [])

    def edges(self) -> list[Edge]:
        """Every dependency there is."""
        return self._ask(lambda index: [_edge(found) for found in index.db.execute(f"{_EDGES} ORDER BY uid, needs")], [])

    def rows(self, uids: Sequence[str]) -> list[Row]:
        """The rows of these tasks, of those that there are, deleted ones too."""
        return self._ask(
            lambda index: _lines(index.db, _select(index.db, "SELECT directory FROM node WHERE uid IN", uids)), []
        )

    # ---------------------------------------------------------------- hierarchy and labels

    def children(self, parent: str | None, limit: int) -> tuple[list[Row], int]:
        """The first children of a task, in order, that were not put away, and how many there are; of None, the roots."""
        return self._ask(lambda index: _children(index.db, parent, limit), ([], 0))

    def child_counts(self, uids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """How many children each of these tasks has that were not put away, and how many of them are done or cancelled."""
        query = "SELECT parent, count(*), sum(standing = 'finished') FROM node WHERE hidden = 0 AND parent IN"

        def read(index: "Index") -> dict[str, tuple[int, int]]:
            found = _select(index.db, query, uids, " GROUP BY parent")
            return {parent: (many, ended) for parent, many, ended in found}

        return self._ask(read, {})

    def labels(self) -> dict[str, int]:
        """Every label with how many tasks have it that were not put away."""
        query = "SELECT label, count(*) FROM label JOIN node USING (directory) WHERE hidden = 0 GROUP BY label ORDER BY label"
        return self._ask(lambda index: dict(index.db.execute(query)), {})


_EDGES = "SELECT uid, needs, kind, unblock_at, waived FROM edge"


def _edge(found: tuple[str, str, str, str, int]) -> Edge:
    return Edge(*found[:4], bool(found[4]))


def _select(db: sqlite3.Connection, query: str, uids: Sequence[str], rest: str = "") -> Iterator[tuple]:
    for chunk in chunks(list(dict.fromkeys(uids))):
        yield from db.execute(f"{query} ({', '.join('?' * len(chunk))}){rest}", chunk)


def _lines(db: sqlite3.Connection, directories: Iterable[tuple[str]]) -> list[Row]:
    """The rows of the tasks in these folders, each uid once."""
    found: dict[str, Row] = {}
    for (directory,) in directories:
        for (line,) in db.execute("SELECT line FROM task WHERE directory = ?", (directory,)):
            row = _decode(line)
            found.setdefault(row.uid, row)
    return list(found.values())


# ---------------------------------------------------------------------------------------------- what is ready


def _ready(db: sqlite3.Connection, wanted: Wanted) -> tuple[list[Row], int]:
    claimed = _claimed(db, wanted)
    hidden = {uid for uid, holder in claimed.items() if holder != wanted.holder or not wanted.with_mine} | wanted.without
    narrowed, values = _narrowed(wanted)
    standings = ("", "waiting_for_user") if wanted.is_person else ("",)
    most = wanted.limit + len(hidden) if wanted.limit else -1
    streams = [_boosted(db, wanted, standing, narrowed, values, most) for standing in standings]
    streams += [_in_order(db, wanted, standing, narrowed, values) for standing in standings]
    chosen: dict[str, str] = {}
    for order, directory in merge(*streams):
        if order[3] not in hidden:
            chosen.setdefault(order[3], directory)
            if len(chosen) == wanted.limit:
                break
    total = sum(_count(db, wanted, standing, narrowed, values, hidden) for standing in standings)
    return _lines(db, [(directory,) for directory in chosen.values()]), total


# A task that may be begun: nothing is in the way (`standing`), nothing unsatisfied, and its next run is not still to come.
_CAN = "standing = ? AND unmet = 0 AND (next_run IS NULL OR next_run <= ?)"


def _boosted(
    db: sqlite3.Connection, wanted: Wanted, standing: str, narrowed: str, values: list[str], most: int
) -> Iterator[tuple[Order, str]]:
    """The first of those whose due date is near or past, by their boosted rank."""
    query = (
        "SELECT CASE WHEN due <= ? THEN 0 ELSE max(0, rank - 1) END, created, number, uid, directory FROM node"
        f" WHERE +{_CAN} AND due < ?{narrowed} ORDER BY 1, 2, 3, 4 LIMIT ?"
    )
    for *order, directory in db.execute(query, (wanted.now, standing, wanted.now, wanted.soon, *values, most)):
        yield tuple(order), directory


def _in_order(db: sqlite3.Connection, wanted: Wanted, standing: str, narrowed: str, values: list[str]) -> Iterator[tuple[Order, str]]:
    """The others as the index has them in order, read no further than they are asked for."""
    query = (
        f"SELECT rank, created, number, uid, directory FROM node INDEXED BY node_ready WHERE {_CAN}"
        f" AND (due IS NULL OR due >= ?){narrowed} ORDER BY rank, created, number, uid"
    )
    for *order, directory in db.execute(query, (standing, wanted.now, wanted.soon, *values)):
        yield tuple(order), directory


def _count(db: sqlite3.Connection, wanted: Wanted, standing: str, narrowed: str, values: list[str], hidden: Iterable[str]) -> int:
    """How many there are: all in this standing, less those that run later and those that are hidden."""
    all_of_them = f"SELECT count(*) FROM node WHERE standing = ? AND unmet = 0{narrowed}"
    (total,) = db.execute(all_of_them, (standing, *values)).fetchone()
    later = f"SELECT count(*) FROM node WHERE next_run > ? AND +standing = ? AND +unmet = 0{narrowed}"
    total -= db.execute(later, (wanted.now, standing, *values)).fetchone()[0]
    for chunk in chunks(sorted(hidden)):
        query = f"SELECT count(*) FROM node WHERE uid IN ({', '.join('?' * len(chunk))}) AND +{_CAN}{narrowed}"
        total -= db.execute(query, (*chunk, standing, wanted.now, *values)).fetchone()[0]
    return total


def _narrowed(wanted: Wanted) -> tuple[str, list[str]]:
    """The rest of a condition on `node` for the statuses and labels that are wanted, and its values."""
    statuses = sorted(wanted.statuses)
    parts = [f" AND status IN ({', '.join('?' * len(statuses))})"] if statuses else []
    parts += [" AND directory IN (SELECT directory FROM label WHERE label = ?)" for _ in wanted.labels]
    labelled, labels = labelled_any(wanted.any_label)
    return "".join([*parts, labelled]), [*statuses, *wanted.labels, *labels]


def _claimed(db: sqlite3.Connection, wanted: Wanted) -> dict[str, str]:
    """Who holds which task now: the first claim that has not run out, by uid."""
    found: dict[str, str] = {}
    for uid, holder in db.execute("SELECT uid, holder FROM live WHERE until > ? ORDER BY uid, place", (wanted.now,)):
        found.setdefault(uid, holder)
    return found


def _hindered(db: sqlite3.Connection, wanted: Wanted) -> dict[str, int]:
    counts: dict[str, int] = {}

    def count(found: Iterable[tuple], step: int, held_by: str | None = None) -> None:
        for standing, waits, runs_later, is_other_stage, many in found:
            why = _why(wanted, standing, waits, runs_later, is_other_stage, held_by)
            if why is not None:
                counts[why] = counts.get(why, 0) + step * many

    statuses = sorted(wanted.statuses)
    other = f"status NOT IN ({', '.join('?' * len(statuses))})" if statuses else "0"
    columns = f"SELECT standing, unmet > 0, coalesce(next_run > ?, 0), {other}, count(*) FROM node WHERE hidden = 0"
    count(db.execute(f"{columns} GROUP BY 1, 2, 3, 4", (wanted.now, *statuses)), 1)
    for uid, holder in _claimed(db, wanted).items():
        found = db.execute(f"{columns} AND uid = ? GROUP BY 1, 2, 3, 4", (wanted.now, *statuses, uid)).fetchall()
        count(found, -1)
        count(found, 1, holder)
    return {why: many for why, many in counts.items() if many}


def _why(
    wanted: Wanted, standing: str, waits: bool, runs_later: bool, is_other_stage: bool, held_by: str | None
) -> str | None:
    """What is in the way first; None where nothing is."""
    if standing in ("finished", "on_hold"):
        return standing
    if held_by is not None and (held_by != wanted.holder or not wanted.with_mine):
        return "mine" if held_by == wanted.holder else "claimed"
    if is_other_stage:
        return "other_stage"
    if waits:
        return "dependencies"
    if runs_later:
        return "scheduled"
    return None if standing == "waiting_for_user" and wanted.is_person else standing or None


# ---------------------------------------------------------------------------------------------- what lies under what


def _children(db: sqlite3.Connection, parent: str | None, limit: int) -> tuple[list[Row], int]:
    order = "ORDER BY unsorted, sort, number, uid LIMIT ?"
    if parent is not None:
        where, values = "hidden = 0 AND parent = ?", (parent,)
    else:
        # Whose parent is not among the listed stands at the root, so that it is not lost to sight.
        listed = "SELECT 1 FROM node AS other WHERE other.uid = node.parent AND other.hidden = 0"
        where, values = f"hidden = 0 AND (parent IS NULL OR NOT EXISTS ({listed}))", ()
    (total,) = db.execute(f"SELECT count(*) FROM node WHERE {where}", values).fetchone()
    return _lines(db, db.execute(f"SELECT directory FROM node WHERE {where} {order}", (*values, limit or -1))), total
