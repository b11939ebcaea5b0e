"""A ledger with what the earlier operations of an entry have written: what the next one of them takes for the state before it."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from copy import copy
from typing import Any

from gitledger.errors import InvalidInput
from gitledger.model import listing
from gitledger.model.book import Book
from gitledger.model.task import Edge, Row, Task, edges_of
from gitledger.ops._facts import PROGRAM, Active
from gitledger.ops._world import Source, World
from gitledger.ops.guards import is_satisfied


class Overlay:
    """A `Source` over another. The folded states are the world's own; rows and dependencies are as they were when last taken in."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._base: Source = world.source
        self._events: dict[str | None, list[Any]] = {}
        self._rows: dict[str, Row] = {}
        self._numbers: dict[int, list[str]] = {}
        self._slugs: list[tuple[str, str]] = []
        self._top = 0
        self.needs: dict[str, list[Edge]] = {}
        self.needed_by: dict[str, dict[str, None]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._base, name)

    def take(self, events: Sequence[Any]) -> None:
        """Take in what an operation has recorded."""
        for event in events:
            self._events.setdefault(event.task, []).append(event)
        for uid in dict.fromkeys(event.task for event in events if event.task is not None):
            self._take_task(uid, self._world.states[uid].task)

    def _take_task(self, uid: str, task: Task) -> None:
        old, known = self._rows.get(uid), self._base.row(uid)
        row = self._rows[uid] = listing.row_of(task, known.directory if known is not None else "")
        self._top = max(self._top, row.number)
        if old is None or old.number != row.number:
            self._numbers.setdefault(row.number, []).append(uid)
        if old is None or old.slug != row.slug:
            insort(self._slugs, (row.slug, uid))
        for edge in self.needs.get(uid, ()):
            self.needed_by[edge.on].pop(uid, None)
        self.needs[uid] = [] if row.is_deleted else edges_of(task)
        for edge in self.needs[uid]:
            self.needed_by.setdefault(edge.on, {})[uid] = None

    def has(self, uid: str) -> bool:
        """Whether an earlier operation wrote to the task."""
        return uid in self._rows

    def own(self) -> list[Row]:
        """The rows of the tasks that were written to and not deleted."""
        return [row for row in self._rows.values() if not row.is_deleted]

    # ---------------------------------------------------------------- rows

    def lookup(self, *, number: int | None = None, slug: str | None = None, prefix: str | None = None) -> list[Row]:
        """The tasks that match the one criterion given."""
        found = [row for row in self._base.lookup(number=number, slug=slug, prefix=prefix) if row.uid not in self._rows]
        if number is not None:
            uids: Any = [uid for uid in self._numbers.get(number, ()) if self._rows[uid].number == number]
        elif slug is not None:
            uids = [uid for held, uid in self._slugs_from(slug) if held == slug and self._rows[uid].slug == slug]
        elif prefix in self._rows:
            uids = [prefix]
        else:
            uids = [uid for uid in self._rows if prefix is not None and uid.startswith(prefix)]
        return [*found, *(self._rows[uid] for uid in dict.fromkeys(uids) if not self._rows[uid].is_deleted)]

    def _slugs_from(self, stem: str) -> list[tuple[str, str]]:
        """The slugs that are `stem`, or `stem` and more, each with who had it at some time."""
        # `-` comes before every letter and digit that a slug may hold, and `.` right after it.
        return self._slugs[bisect_left(self._slugs, (stem, "")) : bisect_left(self._slugs, (f"{stem}.", ""))]

    def row(self, uid: str) -> Row | None:
        """The row of a task, deleted or not."""
        return self._rows[uid] if uid in self._rows else self._base.row(uid)

    def rows(self, *, archived: bool = False) -> list[Row]:
        """The rows of all tasks that are not deleted, by number."""
        found = [row for row in self._base.rows(archived=archived) if row.uid not in self._rows]
        return sorted([*found, *(row for row in self.own() if archived or not row.is_archived)], key=_by_number)

    def taken_slugs(self, stem: str) -> set[str]:
        """The slugs that are `stem` or begin with `stem-`."""
        return self._base.taken_slugs(stem) | {held for held, uid in self._slugs_from(stem) if self._rows[uid].slug == held}

    def top_number(self) -> int:
        """The highest number ever given."""
        return max(self._base.top_number(), self._top)

    def rows_with(self, field: str) -> list[Row]:
        """The tasks whose record may hold the optional field."""
        return [*(row for row in self._base.rows_with(field) if row.uid not in self._rows), *self.own()]

    def rows_of_commit(self, commit: str) -> list[Row]:
        """The tasks that a source commit is linked to."""
        found = [row for row in self._base.rows_of_commit(commit) if row.uid not in self._rows]
        links = ((row, self._world.states[row.uid].task.commits) for row in self.own())
        return [*found, *(row for row, held in links if any(link.commit == commit for link in held))]

    def dependents(self, uid: str) -> list[Row]:
        """The tasks that depend on the task `uid` in any way."""
        found = [row for row in self._base.dependents(uid) if row.uid not in self._rows]
        waiting = self.needed_by.get(uid, {})
        return sorted([*found, *(row for row in self.own() if row.parent == uid or row.uid in waiting)], key=_by_number)

    # ---------------------------------------------------------------- one task

    def record(self, uid: str) -> Task | None:
        """The record of a task; one that was written to is the world's own."""
        state = self._world.states.get(uid)
        return state.task if state is not None else self._base.record(uid)

    def text(self, uid: str, name: str) -> str | None:
        """A long text of a task."""
        state = self._world.states.get(uid)
        return state.texts[name] if state is not None and name in state.texts else self._base.text(uid, name)

    def events(self, uid: str | None, *, last: int = 0) -> list[Any]:
        """The events of a task, or of the book."""
        return [*self._base.events(uid, last=last), *self._events.get(uid, ())][-last:]

    def book(self) -> Book:
        """The ledger's own record."""
        state = self._world.states.get(None)
        return state.book if state is not None else self._base.book()

    def graph(self) -> "OverlayGraph":
        """The work graph."""
        return OverlayGraph(self._base.graph(), self)


def _by_number(row: Row) -> tuple[int, str]:
    return row.number, row.uid


class OverlayGraph:
    """The work graph of an overlay. What lists the whole ledger in an order of its own is not asked within an entry."""

    def __init__(self, base: Any, overlay: Overlay) -> None:
        self._base = base
        self._overlay = overlay

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise InvalidInput(
            "An operation that chooses among all tasks stands by itself, and not among others: name the task.",
            code="NOT_IN_A_BATCH",
            hint=(PROGRAM, "claim", "--next"),
        )

    def needs(self, uids: Sequence[str]) -> list[Edge]:
        """What these tasks depend on."""
        needs = self._overlay.needs
        known = [uid for uid in uids if uid not in needs]
        found = self._base.needs(known) if known else []
        return [*found, *(edge for uid in dict.fromkeys(uids) for edge in needs.get(uid, ()))]

    def needed_by(self, uids: Sequence[str]) -> list[Edge]:
        """What depends on these tasks."""
        needs = self._overlay.needs
        found = [edge for edge in self._base.needed_by(uids) if edge.task not in needs]
        tasks = dict.fromkeys(task for uid in uids for task in self._overlay.needed_by.get(uid, ()))
        return [*found, *(edge for task in tasks for edge in needs[task] if edge.on in uids)]

    def edges(self) -> list[Edge]:
        """Every dependency there is."""
        needs = self._overlay.needs
        found = [*(edge for edge in self._base.edges() if edge.task not in needs), *(e for own in needs.values() for e in own)]
        return sorted(found, key=lambda edge: (edge.task, edge.on))

    def rows(self, uids: Sequence[str]) -> list[Row]:
        """The rows of these tasks, of those that there are."""
        others = self._base.rows([uid for uid in uids if not self._overlay.has(uid)])
        own = (self._overlay.row(uid) for uid in dict.fromkeys(uids) if self._overlay.has(uid))
        return [*others, *(row for row in own if row is not None)]

    def unmet(self, uids: Sequence[str]) -> dict[str, int]:
        """How many dependencies of each of these tasks are not satisfied."""
        found = {row.uid: 0 for row in self.rows(uids)}
        for edge in self.needs(list(found)):
            task, other = self._overlay.row(edge.task), self._overlay.row(edge.on)
            assert task is not None  # it has a row
            is_met = other is not None and is_satisfied(other, edge.unblock_at, task.workflow)
            found[edge.task] += edge.blocks and not edge.is_waived and not is_met
        return found

    def claimed(self, now: str) -> list[Row]:
        """The tasks with a claim that has not run out."""
        found = [row for row in self._base.claimed(now) if not self._overlay.has(row.uid)]
        return [*found, *(row for row in self._overlay.own() if any(claim.until > now for claim in row.claims))]

    def children(self, parent: str | None, limit: int) -> tuple[list[Row], int]:
        """The children of a task, in order, that were not put away, and how many there are."""
        found = [row for row in self._base.children(parent, 0)[0] if not self._overlay.has(row.uid)]
        own = (row for row in self._overlay.own() if not row.is_archived and self._stands_under(row) == parent)
        rows = sorted([*found, *own], key=listing.sibling_order)
        return rows[: limit or None], len(rows)

    def _stands_under(self, row: Row) -> str | None:
        """The parent; None at the root, where what lay under a task that was put away stands too."""
        above = self._overlay.row(row.parent) if row.parent is not None else None
        return None if above is None or above.is_archived or above.is_deleted else above.uid

    def child_counts(self, uids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """How many children each of these tasks has that were not put away, and how many of them are done or cancelled."""
        found = {}
        for uid in dict.fromkeys(uids):
            rows, many = self.children(uid, 0)
            if many:
                found[uid] = many, sum(row.hindrance == "finished" for row in rows)
        return found


# ---------------------------------------------------------------------------------------------- the world of one step


def step_of(world: World, overlay: Overlay) -> World:
    """The world of the next operation: what came before it in the entry is the state that it finds."""
    assert world.actor is not None  # asked once, for all of them
    step = copy(world)
    step.source = overlay
    step.events, step.warnings = [], []
    step.found = step.written_graph = None
    step._named, step._recent = {}, {}
    step._active = lambda: _active_after(world)
    return step


def _active_after(world: World) -> Active | None:
    """The active task, as the earlier operations have left it."""
    for event in reversed(world.events):
        if event.type == "task.activated":
            source = "session" if world.actor.session else "worktree"
            return Active(uid=event.task, source=source, reason=event.data.reason, at=event.at)
        if event.type == "task.deactivated" and event.data.next is None:
            return None
    return world.active()
