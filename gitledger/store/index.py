"""The index of one ledger: a SQLite cache of every task's row and record bytes at one tip, which answers listings."""

from collections.abc import Iterable, Iterator
from functools import cache

import os
import sqlite3

from msgspec import json

from gitledger.model import codec
from gitledger.model.listing import row_of
from gitledger.model.task import Row, Task
from gitledger.store import nodes

INDEX_VERSION = 12

# A listing reads `line`, a whole row in one cell: taking 10,000 rows of 20 columns apart costs three times as much.
# The `id` of a record is never given twice: by it the full text (store/sought) knows what it has not taken in, and by
# `dropped` what has gone since.
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE task (
    number, uid, clock, directory, line, digits, slug, status, role, deleted, archived, top,
    plans, questions, runs, changes, open_claims, todos, todos_done,
    PRIMARY KEY (number, uid, clock, directory)
) WITHOUT ROWID;
CREATE UNIQUE INDEX task_directory ON task (directory);
CREATE INDEX task_digits ON task (digits);
CREATE INDEX task_slug ON task (slug);
CREATE INDEX task_top ON task (top);
CREATE INDEX task_listed ON task (
    deleted, archived, status, role, plans, questions, runs, changes, open_claims, todos, todos_done
);
CREATE TABLE record (id INTEGER PRIMARY KEY AUTOINCREMENT, directory TEXT UNIQUE, data BLOB);
CREATE TABLE dropped (id INTEGER PRIMARY KEY);
CREATE TABLE text (directory, name, data BLOB, PRIMARY KEY (directory, name)) WITHOUT ROWID;
CREATE TABLE dependency (directory, needs);
CREATE INDEX dependency_directory ON dependency (directory);
CREATE INDEX dependency_needs ON dependency (needs);
CREATE TABLE source (directory, id);
CREATE INDEX source_directory ON source (directory);
CREATE INDEX source_id ON source (id);
"""
_TABLES = ("meta", "task", "record", "dropped", "text", "dependency", "source", *nodes.TABLES)

# What is taken in of a task: folder, bytes of `task.json`, long texts by file name, record.
Taken = tuple[str, bytes, list[tuple[str, bytes]], Task]

# Nobody needs to know while there is no full text.
_DROP = (
    "INSERT OR IGNORE INTO dropped SELECT id FROM record"
    " WHERE directory = ? AND EXISTS (SELECT 1 FROM meta WHERE key = 'sought')"
)
_LINES = "SELECT line FROM task WHERE"
_FIRST = "ORDER BY number, uid LIMIT ?"

_encode = json.Encoder().encode
_decode = json.Decoder(Row).decode


class Index:
    """One connection to an index. What it answers belongs to the tip in `tip`, held by a read transaction."""

    def __init__(self, path: str, *, timeout_ms: int = 2000, uri: bool = False) -> None:
        self.path = path
        # The tasks removed or added whose dependents have not been weighed since.
        self._changed: set[str] = set()
        # Explicit BEGIN and COMMIT only; the caller's threads take turns.
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, uri=uri)
        self.set_patience(timeout_ms)
        # Only a crash of the machine can break what was never flushed, and the boot that the index was made in tells.
        self.db.execute(f"PRAGMA synchronous = {'NORMAL' if _boot() is None else 'OFF'}")

    def set_patience(self, timeout_ms: int) -> None:
        """How long to wait for another writer."""
        self.db.execute(f"PRAGMA busy_timeout = {timeout_ms}")

    def close(self) -> None:
        """End the read transaction and the connection."""
        self.db.close()

    # ---------------------------------------------------------------- transactions

    def begin_read(self) -> None:
        """Hold on to the state of this moment until `close` or `end`."""
        self.db.execute("BEGIN")

    def begin_write(self) -> None:
        """Be the only writer until `end`."""
        self.db.execute("BEGIN IMMEDIATE")

    def end(self, *, keep: bool = True) -> None:
        """Commit, or throw away."""
        if self.db.in_transaction:
            self.db.execute("COMMIT" if keep else "ROLLBACK")

    # ---------------------------------------------------------------- what it describes

    def meta(self, key: str) -> str | int | None:
        """A fact about the index itself."""
        found = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return found[0] if found else None

    def set_meta(self, key: str, value: str | int) -> None:
        """Set a fact about the index itself."""
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @property
    def tip(self) -> str | None:
        """The tip that the index describes; None where it describes nothing, or was made by another version or boot."""
        if not self.db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").fetchone():
            return None
        known = dict(self.db.execute("SELECT key, value FROM meta"))
        made_by = (known.get("version"), known.get("fold"), known.get("boot"))
        tip = known.get("tip")
        return str(tip) if tip and made_by == (INDEX_VERSION, codec.FOLD_VERSION, _boot()) else None

    def reset(self) -> None:
        """Empty the index, inside a write transaction."""
        for table in _TABLES:
            self.db.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in (_SCHEMA + nodes.SCHEMA).split(";"):
            if statement.strip():
                self.db.execute(statement)
        self.set_meta("version", INDEX_VERSION)
        self.set_meta("fold", codec.FOLD_VERSION)
        boot = _boot()
        if boot is not None:
            self.set_meta("boot", boot)

    def remove(self, directories: Iterable[str]) -> None:
        """Forget the tasks in these folders."""
        keys = [(directory,) for directory in directories]
        self._changed |= nodes.uids_in(self.db, (directory for (directory,) in keys))
        self.db.executemany(_DROP, keys)
        for table in ("task", "record", "text", "dependency", "source", *nodes.TABLES):
            self.db.executemany(f"DELETE FROM {table} WHERE directory = ?", keys)

    def add(self, tasks: Iterator[Taken]) -> None:
        """Add tasks, and weigh again those that depend on them or on the ones removed before."""
        cells = f"({', '.join('?' * 19)})"
        for chunk in _chunks(tasks, 500):
            self.db.executemany(f"INSERT OR REPLACE INTO task VALUES {cells}", [_cells(d, t) for d, _, _, t in chunk])
            self.db.executemany("INSERT OR REPLACE INTO record (directory, data) VALUES (?, ?)", [item[:2] for item in chunk])
            texts = [(directory, name, data) for directory, _, files, _ in chunk for name, data in files]
            self.db.executemany("INSERT OR REPLACE INTO text VALUES (?, ?, ?)", texts)
            needs = [
                (directory, uid)
                for directory, _, _, task in chunk
                for uid in (*(link.on for link in task.dependencies), task.parent)
                if uid is not None
            ]
            self.db.executemany("INSERT INTO dependency VALUES (?, ?)", needs)
            commits = [(directory, link.commit) for directory, _, _, task in chunk for link in task.commits]
            self.db.executemany("INSERT INTO source VALUES (?, ?)", commits)
            nodes.add_nodes(self.db, [(directory, task) for directory, _, _, task in chunk])
            self._changed |= {task.uid for _, _, _, task in chunk}
        nodes.weigh(self.db, self._changed)
        self._changed = set()

    # ---------------------------------------------------------------- answers

    def lookup(self, *, number: int | None = None, slug: str | None = None, prefix: str | None = None) -> list[Row]:
        """The tasks, not deleted, that match the one criterion given; `prefix` is the beginning of a uid."""
        if number is not None:
            return self._rows("number = ? AND NOT deleted", (nodes.bounded(number),))
        if slug is not None:
            return self._rows("slug = ? AND NOT deleted", (slug,))
        digits = _digits(prefix or "")
        return self._rows("digits >= ? AND digits < ? AND NOT deleted", (digits, digits + "g"))

    def row(self, uid: str) -> Row | None:
        """The row of one task, deleted or not."""
        return next(iter(self._rows("digits = ? AND uid = ?", (_digits(uid), uid))), None)

    def rows(self, *, archived: bool = False) -> list[Row]:
        """Every task that is not deleted, by number; archived ones only if asked for."""
        return self._rows("NOT deleted" if archived else "NOT deleted AND NOT archived", ())

    def page(self, statuses: Iterable[str], role: str | None, limit: int) -> tuple[list[Row], int]:
        """The first `limit` tasks by number, neither deleted nor archived, of these statuses and role, and how many there are."""
        wanted = sorted(statuses)
        where, values = "deleted = 0 AND archived = 0", list[str | int](wanted)
        if wanted:
            where += f" AND status IN ({', '.join('?' * len(wanted))})"
        if role is not None:
            where, values = where + " AND role = ?", [*values, role]
        (total,) = self.db.execute(f"SELECT count(*) FROM task WHERE {where}", values).fetchone()
        if not wanted and role is None:
            # The plus keeps SQLite from sorting whole lines: in order of number, the first ones are found at once.
            found = self.db.execute(f"{_LINES} +deleted = 0 AND +archived = 0 {_FIRST}", (limit,))
        else:
            # Those of one status may be few among many: their keys are sorted first, without the lines.
            keys = f"SELECT number, uid, clock, directory FROM task INDEXED BY task_listed WHERE {where} {_FIRST}"
            found = self.db.execute(f"{_LINES} (number, uid, clock, directory) IN ({keys}) {_FIRST}", [*values, limit, limit])
        return [_decode(line) for (line,) in found], total

    def rows_with(self, field: str) -> list[Row]:
        """The tasks, not deleted, whose record holds the optional field `field` (or a property of that name)."""
        where = "NOT deleted AND directory IN (SELECT directory FROM record WHERE instr(data, ?))"
        return self._rows(where, (f'"{field}"'.encode(),))

    def rows_of_commit(self, commit: str) -> list[Row]:
        """The tasks, not deleted, that a source commit is linked to."""
        return self._rows("NOT deleted AND directory IN (SELECT directory FROM source WHERE id = ?)", (commit,))

    def dependents(self, uid: str) -> list[Row]:
        """The tasks, not deleted, that depend on the task `uid` in any way, or are its children."""
        return self._rows("NOT deleted AND directory IN (SELECT directory FROM dependency WHERE needs = ?)", (uid,))

    def record_bytes(self, uid: str) -> bytes | None:
        """`task.json` of one task."""
        return self._one("SELECT data FROM record JOIN task USING (directory) WHERE digits = ? AND uid = ?", uid)

    def text(self, uid: str, name: str) -> bytes | None:
        """A long text of one task, by file name."""
        query = "SELECT data FROM text JOIN task USING (directory) WHERE digits = ? AND uid = ? AND name = ?"
        return self._one(query, uid, name)

    def _one(self, query: str, uid: str, *values: str) -> bytes | None:
        found = self.db.execute(query + " ORDER BY clock DESC, directory LIMIT 1", (_digits(uid), uid, *values))
        return next((data for (data,) in found), None)

    def taken_slugs(self, stem: str) -> set[str]:
        """The slugs, of deleted tasks too, that are `stem` or `stem` with a suffix after `-`."""
        # "." comes right after "-".
        query = "SELECT slug FROM task WHERE slug = ? OR slug >= ? AND slug < ?"
        return {slug for (slug,) in self.db.execute(query, (stem, stem + "-", stem + "."))}

    def top_number(self) -> int:
        """The highest number ever given in this ledger: deleted and renumbered tasks and the book's floor count."""
        (top,) = self.db.execute("SELECT max(top) FROM task").fetchone()
        return max(top or 0, int(self.meta("floor") or 0))

    def counts(self) -> dict[str, int]:
        """How many there are of everything, deleted tasks left out; `status:<s>` and `role:<r>` for each."""
        names = ("tasks", "plans", "questions", "runs", "changes", "locks", "todos", "todos_done")
        found = {"introductions": 0, **dict.fromkeys(names, 0), "archived": 0}
        query = (
            "SELECT status, role, archived, count(*), sum(plans), sum(questions), sum(runs), sum(changes),"
            " sum(open_claims), sum(todos), sum(todos_done) FROM task WHERE deleted = 0 GROUP BY archived, status, role"
        )
        for status, role, is_archived, *sums in self.db.execute(query):
            for name, many in zip(names, sums, strict=True):
                found[name] += many
            found["archived"] += sums[0] if is_archived else 0
            for key in (f"status:{status}", f"role:{role}"):
                found[key] = found.get(key, 0) + sums[0]
        return found

    def _rows(self, where: str, values: tuple[str | int | bytes, ...]) -> list[Row]:
        query = f"SELECT line FROM task WHERE {where} ORDER BY "
        found = [_decode(line) for (line,) in self.db.execute(query + "number, uid", values)]
        if len({row.uid for row in found}) == len(found):
            return found
        # Two folders of one uid (a merge by plain git): the fuller one is seen, until `doctor` unites them.
        fullest = {}
        for (line,) in self.db.execute(query + "clock DESC, directory", values):
            row = _decode(line)
            fullest.setdefault(row.uid, row)
        return sorted(fullest.values(), key=lambda row: (row.number, row.uid))


@cache
def _boot() -> str | None:
    """The id of this boot of the machine; None where the system does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return None


def remove_files(path: str) -> None:
    """Delete an index file with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        try:
            os.unlink(path + suffix)
        except FileNotFoundError:
            continue


def _chunks(items: Iterator[Taken], size: int) -> Iterator[list[Taken]]:
    chunk = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    yield chunk


def _digits(uid: str) -> str:
    return uid.replace("-", "")


def _cells(directory: str, task: Task) -> tuple[str | int | bytes | None, ...]:
    """The columns of a task, in the order of the schema."""
    row = row_of(task, directory)
    return (
        nodes.bounded(row.number),
        row.uid,
        nodes.bounded(task.clock),
        directory,
        _encode(row),
        _digits(row.uid),
        row.slug,
        row.status,
        row.role,
        row.is_deleted,
        row.is_archived,
        nodes.bounded(max(task.number, *task.former_numbers, 0)),
        len(task.plans),
        len(task.questions),
        len(task.runs),
        len(task.changes),
        len(task.claims),
        row.todos_total,
        row.todos_done,
    )
