"""What a ledger knows of the work graph, and the ways through it: who waits for whom, in which circle, along which chain."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from gitledger.model.listing import Sieve, Wanted
from gitledger.model.task import Edge, Row, Task, edges_of
from gitledger.ops import guards
from gitledger.ops._views import task_ref
from gitledger.ops._world import World


class Graph(Protocol):
    """The work graph of a ledger, as it was before the operation. `limit` 0 is no limit; with a limit comes how many there are.

    `any_label`, if any: only tasks with one of these labels.
    """

    def ready(self, wanted: Wanted) -> tuple[list[Row], int]: ...
    def hindered(self, wanted: Wanted) -> dict[str, int]: ...
    def blocked(self, limit: int, any_label: frozenset[str] = ...) -> tuple[list[Row], int]: ...
    def stale(self, before: dict[str, str], limit: int, any_label: frozenset[str] = ...) -> tuple[list[Row], int]: ...
    def sift(self, sieve: Sieve) -> list[Row]: ...
    def roles(self, any_label: frozenset[str] = frozenset()) -> dict[str, int]: ...
    def unmet(self, uids: Sequence[str]) -> dict[str, int]: ...
    def claimed(self, now: str) -> list[Row]: ...
    def needs(self, uids: Sequence[str]) -> list[Edge]: ...
    def needed_by(self, uids: Sequence[str]) -> list[Edge]: ...
    def edges(self) -> list[Edge]: ...
    def rows(self, uids: Sequence[str]) -> list[Row]: ...
    def children(self, parent: str | None, limit: int) -> tuple[list[Row], int]: ...
    def child_counts(self, uids: Sequence[str]) -> dict[str, tuple[int, int]]: ...
    def labels(self) -> dict[str, int]: ...


# ---------------------------------------------------------------------------------------------- edges


class _Written:
    """The dependencies of the tasks that this operation has written to, kept up with its events as they come."""

    def __init__(self) -> None:
        self.seen = 0
        self.needs: dict[str, list[Edge]] = {}
        self.needed_by: dict[str, dict[str, None]] = {}

    def catch_up(self, world: World) -> "_Written":
        """Take in what was recorded since the last time."""
        changed = dict.fromkeys(event.task for event in world.events[self.seen :] if event.task is not None)
        self.seen = len(world.events)
        for uid in changed:
            for edge in self.needs.get(uid, ()):
                self.needed_by[edge.on].pop(uid, None)
            self.needs[uid] = edges_of(world.states[uid].task)
            for edge in self.needs[uid]:
                self.needed_by.setdefault(edge.on, {})[uid] = None
        return self


def _written(world: World) -> _Written:
    if world.written_graph is None:
        world.written_graph = _Written()
    return world.written_graph.catch_up(world)


def needs_of(world: World, uids: Sequence[str]) -> list[Edge]:
    """What these tasks depend on, with what this operation has written."""
    written = _written(world).needs
    known = [uid for uid in uids if uid not in written]
    found = world.source.graph().needs(known) if known else []
    return [*found, *(edge for uid in uids for edge in written.get(uid, ()))]


def needed_by(world: World, uid: str) -> list[Edge]:
    """What depends on the task, by number, with what this operation has written."""
    edges = _all_needed_by(world, [uid])
    rows = (world.standing(edge.task) for edge in edges)
    numbers = {row.uid: row.number for row in rows if row is not None}
    return sorted(edges, key=lambda edge: (numbers.get(edge.task, 0), edge.task, edge.type))


def _all_needed_by(world: World, uids: Sequence[str]) -> list[Edge]:
    written = _written(world)
    found = [edge for edge in world.source.graph().needed_by(uids) if edge.task not in written.needs]
    tasks = dict.fromkeys(task for uid in uids for task in written.needed_by.get(uid, ()))
    return [*found, *(edge for task in tasks for edge in written.needs[task] if edge.on in uids)]


def path_between(world: World, start: str, goal: str) -> list[str]:
    """The uids on the shortest way from `start` to `goal` along what tasks wait for; empty where there is none."""
    if not _is_reached(world, start, goal):
        return []
    came_from: dict[str, str | None] = {start: None}
    level = [start]
    while level and goal not in came_from:
        found: list[str] = []
        for edge in needs_of(world, level):
            if edge.blocks and edge.on not in came_from:
                came_from[edge.on] = edge.task
                found.append(edge.on)
        level = found
    if goal not in came_from:
        return []
    path = [goal]
    while (before := came_from[path[-1]]) is not None:
        path.append(before)
    return path[::-1]


def _is_reached(world: World, start: str, goal: str) -> bool:
    """Whether `start` waits for `goal` in the end: asked from both sides, for a new task mostly nobody waits yet."""
    ahead, behind = {start}, {goal}
    front, back = [start], [goal]
    is_met = start == goal
    while front and back and not is_met:
        if len(ahead) < len(behind):
            front = list({edge.on for edge in needs_of(world, front) if edge.blocks} - ahead)
            ahead.update(front)
            is_met = not behind.isdisjoint(front)
        else:
            back = list({edge.task for edge in _all_needed_by(world, back) if edge.blocks} - behind)
            behind.update(back)
            is_met = not ahead.isdisjoint(back)
    return is_met


def circles(edges: Iterable[Edge]) -> list[list[str]]:
    """The circles of tasks that wait for each other: one way round each, smallest uid first; others may share its tasks.

    A waiver opens a circle.
    """
    after: dict[str, list[str]] = {}
    for edge in edges:
        if edge.blocks and not edge.is_waived:
            after.setdefault(edge.task, []).append(edge.on)
    return [_way_round(members, after) for members in _knots(after)]


def _knots(after: dict[str, list[str]]) -> list[set[str]]:
    """The groups in which every task waits for every other in the end (Tarjan's algorithm, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: list[str] = []
    is_open: set[str] = set()
    found: list[set[str]] = []
    for root in sorted(after):
        if root in index:
            continue
        index[root] = low[root] = len(index)
        open_.append(root)
        is_open.add(root)
        work = [(root, iter(after[root]))]
        while work:
            uid, rest = work[-1]
            step = next(rest, None)
            if step is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[uid])
                if low[uid] == index[uid]:
                    members = _closed(open_, uid)
                    is_open -= members
                    if len(members) > 1 or uid in after.get(uid, ()):
                        found.append(members)
            elif step not in index:
                index[step] = low[step] = len(index)
                open_.append(step)
                is_open.add(step)
                work.append((step, iter(after.get(step, ()))))
            elif step in is_open:
                low[uid] = min(low[uid], index[step])
    return found


def _closed(open_: list[str], uid: str) -> set[str]:
    """The tasks that were opened since `uid`, and it itself, taken off the pile."""
    members = {uid}
    while (top := open_.pop()) != uid:
        members.add(top)
    return members


def _way_round(members: set[str], after: dict[str, list[str]]) -> list[str]:
    """The shortest way round from the smallest uid of a knot back to it."""
    start = min(members)
    came_from: dict[str, str] = {}
    queue = [start]
    for uid in queue:
        for step in after.get(uid, ()):
            if step == start:
                way = [uid]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if step in members and step not in came_from:
                came_from[step] = uid
                queue.append(step)
    return [start]


# ---------------------------------------------------------------------------------------------- waiting


def unmet_edges(world: World, task: Task | Row) -> list[Edge]:
    """The dependencies of a task that are not satisfied, in the order in which they were added."""
    return [edge for edge in needs_of(world, [task.uid]) if _is_unmet(world, edge, task.workflow)]


def _is_unmet(world: World, edge: Edge, workflow_name: str) -> bool:
    return edge.blocks and not edge.is_waived and not is_met(world, edge, workflow_name)


def is_met(world: World, edge: Edge, workflow_name: str) -> bool:
    """Whether a task of this workflow need not wait for what the edge names any longer."""
    blocking = world.standing(edge.on)
    return blocking is not None and guards.is_satisfied(blocking, edge.unblock_at, workflow_name)


def chain_of(world: World, row: Row, longest: int) -> list[str]:
    """Whom the task waits for, and whom that one waits for, to the one that waits for nobody; at most `longest` uids.

    Of several it follows the first. The last may not be in this ledger, or on hold; a circle ends where it closes.
    """
    chain: list[str] = []
    seen = {row.uid}
    current: Row | None = row
    while current is not None and len(chain) < longest:
        unmet = unmet_edges(world, current)
        if not unmet:
            break
        chain.append(unmet[0].on)
        if unmet[0].on in seen:
            break
        seen.add(unmet[0].on)
        current = world.standing(unmet[0].on)
    return chain


def would_release(world: World, uid: str) -> list[str]:
    """The uids of the tasks that wait for this one alone, so that they could begin once it is done, in order of number."""
    waiting = [edge.task for edge in world.source.graph().needed_by([uid]) if edge.blocks and not edge.is_waived]
    unmet = world.source.graph().unmet(waiting)
    rows = world.source.graph().rows([task for task in waiting if unmet.get(task) == 1])
    found = [row for row in rows if row.hindrance != "finished" and uid in {edge.on for edge in unmet_edges(world, row)}]
    return [row.uid for row in sorted(found, key=lambda row: (row.number, row.uid))]


def released_by(world: World, task: Task) -> list[str]:
    """The uids of the tasks that waited for this one before this operation, and wait for nothing now, in order of number."""
    before, now = world.row(task.uid), world.standing(task.uid)
    if before is None or now is None:
        return []
    rows: dict[str, Row] = {}
    for edge in _all_needed_by(world, [task.uid]):
        row = world.standing(edge.task)
        if row is None or row.hindrance == "finished" or not edge.blocks or edge.is_waived:
            continue
        was_met = guards.is_satisfied(before, edge.unblock_at, row.workflow)
        if not was_met and guards.is_satisfied(now, edge.unblock_at, row.workflow):
            rows[row.uid] = row
    waiting = {edge.task for edge in needs_of(world, list(rows)) if _is_unmet(world, edge, rows[edge.task].workflow)}
    found = [row for row in rows.values() if row.uid not in waiting]
    return [row.uid for row in sorted(found, key=lambda row: (row.number, row.uid))]


# ---------------------------------------------------------------------------------------------- hierarchy


def ancestors_of(world: World, uid: str) -> list[str]:
    """The uids of the tasks above this one, the nearest first; a circle of parents, which a merge may make, ends."""
    found: list[str] = []
    record = world.record(uid)
    while record is not None and record.parent is not None and record.parent not in (uid, *found):
        found.append(record.parent)
        record = world.record(record.parent)
    return found


def names_of(world: World, uids: Iterable[str]) -> list[str]:
    """The numbers of tasks as answers give them; the uid of one that is not in this ledger."""
    return [task_ref(world, uid) or uid for uid in uids]
