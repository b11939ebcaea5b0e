"""Pure tests of operations: `given(...).when(op).then(...)` or `.refused(code)`, without a repository."""

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import random
import uuid

import pytest

from gitledger.errors import LedgerError
from gitledger.model import fold, ids, listing, seeking
from gitledger.model.book import Book
from gitledger.model.policy import Policy
from gitledger.model.schemafile import OutsideTypes
from gitledger.model.task import Actor, Row, Task
from gitledger.ops._base import Operation
from gitledger.ops._captured import Ran
from gitledger.ops._drive import drive
from gitledger.ops._facts import Active, Code, Host, Place, Trees
from gitledger.ops._naming import no_ledger
from gitledger.ops._world import World
from tests.ops.memory_graph import MemoryGraph
from tests.ops.memory_history import MemoryHistory

NOW = "2026-11-20T10:00:00.000000Z"
ADA = Actor(type="user", name="ada", host="h", worktree="w1")
BOT = Actor(type="agent", name="bot", session="s1")
OTHER = Actor(type="agent", name="other", session="s2")


class MemorySource:
    """A `Source` over folded states in memory."""

    def __init__(self) -> None:
        self.states: dict[str, Any] = {}
        self.history: dict[str | None, list[Any]] = {}
        self.the_book = Book(uid="00000000-0000-4000-8000-00000000b00c", name="main")
        self.book_texts: dict[str, str] = {}

    def as_it_is(self) -> "MemorySource":
        """The state of now, which an operation goes on looking at after its events were recorded."""
        held = copy(self)
        held.states = dict(self.states)
        held.history = {uid: list(events) for uid, events in self.history.items()}
        return held

    def _rows(self, archived: bool = False) -> list[Row]:
        tasks = [state.task for state in self.states.values() if state.task.deleted_at is None]
        return [row_of(task) for task in sorted(tasks, key=lambda t: t.number) if archived or task.archived_at is None]

    def lookup(self, *, number=None, slug=None, prefix=None) -> list[Row]:
        return [
            row
            for row in self._rows(archived=True)
            if number == row.number or slug == row.slug or (prefix is not None and row.uid.startswith(prefix))
        ]

    def row(self, uid: str) -> Row | None:
        state = self.states.get(uid)
        return row_of(state.task) if state else None

    def rows(self, *, archived: bool = False) -> list[Row]:
        return self._rows(archived)

    def page(self, statuses, role, limit):
        rows = [row for row in self._rows() if (not statuses or row.status in statuses) and role in (None, row.role)]
        return rows[:limit], len(rows)

    def taken_slugs(self, stem: str) -> set[str]:
        return {row.slug for row in self._rows(archived=True) if row.slug == stem or row.slug.startswith(stem + "-")}

    def top_number(self) -> int:
        return max((state.task.number for state in self.states.values()), default=self.the_book.number_floor)

    def record(self, uid: str) -> Task | None:
        state = self.states.get(uid)
        return fold.start(uid, state.task).task if state else None

    def text(self, uid: str | None, name: str) -> str | None:
        if uid is None:
            return self.book_texts.get(name)
        state = self.states.get(uid)
        data = fold.files(state).get(name) if state else None
        return data.decode() if data is not None else None

    def events(self, uid: str | None, *, last: int = 0) -> list[Any]:
        return list(self.history.get(uid, []))[-last:]

    def events_named(self, prefix: str) -> list[Any]:
        return [event for events in self.history.values() for event in events if event.id.startswith(prefix)]

    def requested(self, key: str) -> list[Any]:
        return [event for events in self.history.values() for event in events if event.request == key]

    def book(self) -> Book:
        return self.the_book

    def rows_with(self, field: str) -> list[Row]:
        return [row for row in self._rows(archived=True) if getattr(self.states[row.uid].task, field, None)]

    def rows_of_commit(self, commit: str) -> list[Row]:
        return [row for row in self._rows(archived=True) if commit in self._commits(row.uid)]

    def _commits(self, uid: str) -> list[str]:
        return [link.commit for link in self.states[uid].task.commits]

    def graph(self) -> MemoryGraph:
        return MemoryGraph(lambda: [state.task for state in self.states.values()], _directory)

    def search(self, sought: seeking.Sought) -> tuple[list[seeking.Find], int]:
        listed = [row.uid for row in self._rows(archived=sought.archived)]
        documents = (
            (uid, seeking.document_of(self.states[uid].task, lambda name, uid=uid: self.text(uid, name) or "")) for uid in listed
        )
        found = seeking.find_plainly(documents, sought.terms)
        return found[: sought.limit or None], len(found)

    def dependents(self, uid: str) -> list[Row]:
        tasks = [state.task for state in self.states.values()]
        return [row_of(task) for task in tasks if task.parent == uid or any(d.on == uid for d in task.dependencies)]

    def counts(self) -> dict[str, int]:
        found = {"tasks": len(self._rows())}
        for row in self._rows(archived=True):
            for name in (f"status:{row.status}", f"role:{row.role}"):
                found[name] = found.get(name, 0) + 1
        return found

    def entries(self, *, uid: str | None = None, limit: int = 0) -> list[Any]:
        return []


def row_of(task: Task) -> Row:
    return listing.row_of(task, _directory(task))


def _directory(task: Task) -> str:
    return f"tasks/00/{task.number:04d}-{task.uid[:8]}"


class Scene:
    """A ledger in memory that operations are run against, one after another."""

    def __init__(self) -> None:
        self.source = MemorySource()
        self.random = random.Random(7)
        self.now = NOW
        self.actor = ADA
        self.active: str | None = None
        self.policy = Policy()
        self.outside = OutsideTypes()
        self.host = Host()
        self.lease_s = 7200
        self.others: dict[str, MemorySource] = {}
        self.trees = Trees()
        # The files changed since a tree (or `HEAD`), where this clone knows it; evidence that it trusts; programs that ran.
        self.changed: dict[str, list[str]] = {}
        self.trusted: set[str] = set()
        # The files that are in the work tree.
        self.present: set[str] = set()
        self.ran: list[Ran] = []
        self.staged: list[str] = []
        self.under_way: str | None = None
        self.published: Callable[[str, str, str], bool] = lambda ledger, uid, event: True
        self.commits = MemoryHistory()
        self.world: World | None = None

    # ------------------------------------------------------------ set-up

    def as_(self, actor: Actor) -> "Scene":
        """Who acts from now on."""
        self.actor = actor
        return self

    def later(self, seconds: int) -> "Scene":
        """Let time pass."""
        self.now = ids.later(self.now, seconds)
        return self

    def with_policy(self, policy: Policy) -> "Scene":
        self.policy = policy
        return self

    def at(self, host: Host) -> "Scene":
        self.host = host
        return self

    # ------------------------------------------------------------ acting

    def make_world(self) -> World:
        active = Active(uid=self.active, source="worktree") if self.active else None
        return World(
            self.source,
            place=Place(ledger="main", ref="refs/taskledger/main", git_dir="/r/.git", common_dir="/r/.git", tip="t"),
            actor=lambda: self.actor,
            now=self.now,
            policy=lambda: self.policy,
            outside_types=lambda: self.outside,
            host=self.host,
            lease_s=self.lease_s,
            active=lambda: active,
            code=lambda: Code(branch="main", head="1" * 40),
            commits=lambda: self.commits,
            trees=lambda: self.trees,
            changed_since=self.changed_since,
            lacking=lambda paths: [path for path in paths if path not in self.present],
            is_trusted=lambda evidence: evidence in self.trusted,
            ran=self.ran,
            staged=lambda: self.staged,
            under_way=lambda: self.under_way,
            others=lambda: self.others.items(),
            ledgers=lambda: ["main", *self.others],
            foreign=self.foreign,
            published=self.published,
            new_uid=lambda: str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            new_nonce=lambda: f"{self.random.getrandbits(32):08x}",
        )

    def changed_since(self, trees: Sequence[str]) -> dict[str, list[str]]:
        """What git would tell of these trees."""
        return {tree: self.changed[tree] for tree in trees if tree in self.changed}

    def foreign(self, ledger: str) -> MemorySource:
        """Another ledger by name."""
        if ledger not in self.others:
            raise no_ledger(ledger)
        return self.others[ledger]

    def run(self, op: Operation) -> Any:
        """Run `op` for good; returns its view. Raises what it refuses with."""
        world = self.world = self.make_world()
        if not op.writes:
            return op.show(world)
        world.source = self.source.as_it_is()
        events = drive(op, world)
        for uid, state in world.states.items():
            if uid is None:
                self.source.the_book = state.book
                self.source.book_texts |= state.texts
            else:
                self.source.states[uid] = _merged(self.source.states.get(uid), state)
        for event in events:
            self.source.history.setdefault(event.task, []).append(event)
            if event.type == "task.activated":
                self.active = event.task
            elif event.type == "task.deactivated" and event.data.next is None:
                self.active = None
        return op.show(world)

    def when(self, op: Operation) -> "Attempt":
        """Try `op`; look at what came of it with `then` or `refused`."""
        before = {uid: len(events) for uid, events in self.source.history.items()}
        try:
            return Attempt(self, self.run(op), None, before)
        except LedgerError as error:
            return Attempt(self, None, error, before)

    def task(self, reference: str | None = None) -> Task:
        """The record of a task."""
        return self.make_world().task(reference)

    def types(self) -> list[str]:
        """The types of the events that the last operation recorded."""
        assert self.world is not None
        return [event.type for event in self.world.events]


class Attempt:
    """What came of an operation."""

    def __init__(self, scene: Scene, view: Any, error: LedgerError | None, before: dict[Any, int]) -> None:
        self.scene = scene
        self.view = view
        self.error = error
        self._before = before

    def then(self, *types: str) -> Any:
        """It recorded exactly events of these types, in this order. Returns the view."""
        if self.error is not None:
            raise AssertionError(f"refused: {self.error.code} {self.error.message}") from self.error
        assert self.scene.types() == list(types)
        return self.view

    def refused(self, code: str, exit_code: int | None = None) -> LedgerError:
        """It was refused with this code, has a hint, and recorded nothing."""
        error = self.refused_without_hint_check(code, exit_code)
        assert error.hint, f"{code} has no hint"
        return error

    def refused_without_hint_check(self, code: str, exit_code: int | None = None) -> LedgerError:
        """It was refused with this code and recorded nothing."""
        assert self.error is not None, f"not refused: {self.view}"
        assert self.error.code == code, f"{self.error.code}: {self.error.message}"
        if exit_code is not None:
            assert self.error.exit_code == exit_code
        assert {uid: len(events) for uid, events in self.scene.source.history.items()} == self._before
        return self.error


def _merged(old: Any, new: Any) -> Any:
    if old is not None:
        new.texts = {**old.texts, **new.texts}
    return new


def given(*ops: Operation | Callable[[Scene], Any]) -> Scene:
    """A scene after these operations (or functions of the scene) have run."""
    scene = Scene()
    for op in ops:
        if isinstance(op, Operation):
            scene.run(op)
        else:
            op(scene)
    return scene


raises = pytest.raises
