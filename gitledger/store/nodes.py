"""The tables of the work graph in an index: tasks as its nodes, dependencies as its edges, live claims and labels."""

from collections.abc import Iterable, Iterator, Sequence

import sqlite3

from gitledger.model import readiness, workflow
from gitledger.model.codec import MAX_INTEGER
from gitledger.model.task import Edge, Task, edges_of

CHUNK = 500
FEW = 20

# A task that is no longer there, or was put away, is `hidden`. `standing` is what in the record is in the way, '' if
# nothing; `unmet` counts the dependencies that are not satisfied; `waits`: unfinished, and waiting or on hold.
SCHEMA = """
CREATE TABLE node (
    uid, directory, number, hidden, standing, unmet, waits, light, reach, dropped, rank, created, due, next_run, status,
    role, updated, parent, unsorted, sort,
    PRIMARY KEY (uid, directory)
) WITHOUT ROWID;
CREATE INDEX node_directory ON node (directory);
CREATE INDEX node_ready ON node (standing, unmet, rank, created, number, uid, due, next_run, status, hidden);
CREATE INDEX node_waits ON node (waits, rank, created, number, uid);
CREATE INDEX node_due ON node (due) WHERE due IS NOT NULL;
CREATE INDEX node_next_run ON node (next_run) WHERE next_run IS NOT NULL;
CREATE INDEX node_created ON node (created, number, uid, directory, role);
CREATE INDEX node_role ON node (role, updated, number, uid);
CREATE INDEX node_parent ON node (hidden, parent, unsorted, sort, number, uid);
CREATE TABLE edge (directory, uid, needs, kind, unblock_at, needed, waived);
CREATE INDEX edge_directory ON edge (directory);
CREATE INDEX edge_uid ON edge (uid, needs, needed, waived);
CREATE INDEX edge_needs ON edge (needs, uid);
CREATE TABLE live (directory, uid, place, holder, until);
CREATE INDEX live_directory ON live (directory);
CREATE INDEX live_until ON live (until);
CREATE TABLE label (label, directory);
CREATE INDEX label_directory ON label (directory);
CREATE INDEX label_label ON label (label, directory);
"""
TABLES = ("node", "edge", "live", "label")

# A dependency that is not satisfied: not waived, and its task is neither far enough nor dropped where that will do.
_UNMET = """
SELECT count(*) FROM edge WHERE edge.uid = node.uid AND edge.directory = node.directory AND edge.needed > 0
    AND NOT edge.waived AND NOT EXISTS (
        SELECT 1 FROM node AS other WHERE other.uid = edge.needs
        AND CASE WHEN other.dropped THEN node.light ELSE other.reach >= edge.needed END)
"""
_WEIGH = f"UPDATE node SET unmet = ({_UNMET})"
_MARK = "UPDATE node SET waits = standing <> 'finished' AND (unmet > 0 OR standing = 'on_hold')"


def add_nodes(db: sqlite3.Connection, tasks: Sequence[tuple[str, Task]]) -> None:
    """Add tasks with their folders; `weigh` counts afterwards what they wait for."""
    db.executemany(f"INSERT OR REPLACE INTO node VALUES ({', '.join('?' * 20)})", [_node(d, t) for d, t in tasks])
    edges = [
        (directory, edge.task, edge.on, edge.type, edge.unblock_at, _needed(edge), edge.is_waived)
        for directory, task in tasks
        if task.deleted_at is None
        for edge in edges_of(task)
    ]
    db.executemany("INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?, ?)", edges)
    claims = [
        (directory, task.uid, place, claim.holder, claim.until if claim.lease_s > 0 else "")
        for directory, task in tasks
        for place, claim in enumerate(task.claims)
    ]
    db.executemany("INSERT INTO live VALUES (?, ?, ?, ?, ?)", claims)
    db.executemany("INSERT INTO label VALUES (?, ?)", [(label, d) for d, task in tasks for label in task.labels])


def uids_in(db: sqlite3.Connection, directories: Iterable[str]) -> set[str]:
    """The uids of the tasks in these folders."""
    query = "SELECT uid FROM node WHERE directory = ?"
    return {uid for directory in directories for (uid,) in db.execute(query, (directory,))}


def weigh(db: sqlite3.Connection, changed: set[str]) -> None:
    """Count again what these tasks, and those that depend on them, wait for."""
    if len(changed) > FEW and len(changed) * 2 > db.execute("SELECT count(*) FROM (SELECT 1 FROM node LIMIT 1000)").fetchone()[0]:
        db.execute(_WEIGH)
        db.execute(_MARK)
        return
    for chunk in chunks(sorted(changed)):
        marks = ", ".join("?" * len(chunk))
        where = f"WHERE uid IN ({marks}) OR uid IN (SELECT uid FROM edge WHERE needs IN ({marks}))"
        db.execute(f"{_WEIGH} {where}", (*chunk, *chunk))
        db.execute(f"{_MARK} {where}", (*chunk, *chunk))


def _node(directory: str, task: Task) -> tuple[str | int | None, ...]:
    role = workflow.role(task)
    is_deleted = task.deleted_at is not None
    return (
        task.uid,
        directory,
        bounded(task.number),
        is_deleted or task.archived_at is not None,
        readiness.hindrance(task) or "",
        0,
        0,
        readiness.goes_on_without(task.workflow),
        readiness.reached_rank(role, task.status),
        readiness.is_dropped(task.status, is_deleted),
        readiness.priority_rank(task.priority),
        task.created_at,
        readiness.due_moment(task.due),
        readiness.due_moment(task.next_run_at),
        task.status,
        "" if is_deleted else role,
        task.updated_at,
        task.parent,
        task.sort is None,
        bounded(task.sort or 0),
    )


def _needed(edge: Edge) -> int:
    return readiness.needed_rank(edge.unblock_at) if edge.blocks else 0


def bounded(number: int) -> int:
    """`number` as SQLite can hold it; an event made by somebody else may carry any."""
    return max(-MAX_INTEGER, min(number, MAX_INTEGER))


def labelled_any(labels: Iterable[str]) -> tuple[str, list[str]]:
    """The rest of a condition on `node` for tasks with one of these labels, if there are any, and its values."""
    values = sorted(labels)
    marks = ", ".join("?" * len(values))
    return f" AND directory IN (SELECT directory FROM label WHERE label IN ({marks}))" if values else "", values


def chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    """The items in portions that one question to SQLite can name."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
