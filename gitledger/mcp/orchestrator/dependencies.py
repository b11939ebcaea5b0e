"""What depends on what: added, removed, asked for, several at once in a pattern."""

from collections.abc import Iterator
from typing import Any

from gitledger.mcp.orchestrator.desk import Desk, carry_out
from gitledger.mcp.orchestrator.errors import about, conflict, invalid, missing
from gitledger.mcp.orchestrator.forms import Tool, check_operation
from gitledger.mcp.orchestrator.shapes import dependencies_of, live, record_of, resolve
from gitledger.model.readiness import RANKS
from gitledger.model.task import Edge
from gitledger.ops._base import Decision
from gitledger.ops._dependencies import add_dependency, dependency_on, refuse_circle
from gitledger.ops._graph import needed_by, needs_of
from gitledger.ops._interchange import words_of
from gitledger.ops._world import World
from gitledger.ops.dep import AddPattern, RemoveDependency

_PATTERNS = ("linear", "fan-out", "fan-in")
# A walk through the graph answers at most this many edges.
_MOST = 1000


class ManageDependencies(Tool, frozen=True, kw_only=True):
    """Dependencies: to_id waits for from_id until that has reached unblock_at (work, review or done).

    add, remove: from_id and to_id. query: those of item_id; direction outbound (what it blocks), inbound (what blocks it) or both.
    pattern: several at once, all or none, between item_ids (a comma list): linear (each waits for the one before it), fan-out (all
    wait for the first), fan-in (the last waits for all). A circle of items that wait for each other is refused.
    """

    tool = "manage_dependencies"

    operation: str
    from_id: str = ""
    to_id: str = ""
    item_id: str = ""
    direction: str = "both"
    item_ids: str = ""
    pattern: str = "linear"
    unblock_at: str = "done"

    def answer(self, desk: Desk) -> Any:
        check_operation(self.operation, ("add", "remove", "query", "pattern"))
        return {"add": self._add, "remove": self._remove, "query": self._query, "pattern": self._pattern}[self.operation](desk)

    def _add(self, desk: Desk) -> Any:
        def decide(world: World) -> Decision:
            yield from add_edge(world, resolve(world, self.from_id), resolve(world, self.to_id), "blocks", self.unblock_at)

        return desk.write("dep add", decide, lambda world: added(world)[0])

    def _remove(self, desk: Desk) -> Any:
        def decide(world: World) -> Decision:
            before, after = resolve(world, self.from_id), record_of(world, resolve(world, self.to_id))
            if after is not None and any(dep.on == before for dep in after.dependencies):
                yield from carry_out(world, RemoveDependency(task=after.uid, others=[before]))

        return desk.write("dep remove", decide, lambda world: {"removed": world.changed})

    def _query(self, desk: Desk) -> Any:
        return desk.read(lambda world: neighbours(world, resolve(world, self.item_id or self.from_id), self.direction))

    def _pattern(self, desk: Desk) -> Any:
        if self.pattern not in _PATTERNS:
            raise invalid("pattern", f"Invalid pattern: {self.pattern[:40]}. Must be one of: {', '.join(_PATTERNS)}")
        _check_threshold(self.unblock_at)
        words = words_of(self.item_ids)
        if len(words) < 2:
            raise invalid("item_ids", "A pattern takes at least 2 item ids")

        def decide(world: World) -> Decision:
            uids = [resolve(world, word) for word in words]
            op = AddPattern(pattern=self.pattern, tasks=uids, unblock_at=self.unblock_at)  # type: ignore[arg-type]
            for after, before in op.pairs():
                _check_pair(world, before, after, "blocks")
            yield from carry_out(world, op)

        return desk.write("dep pattern", decide, added)


def add_edge(world: World, before: str, after: str, kind: str, unblock_at: str) -> Decision:
    """`after` waits for `before`, in the reference's order of refusals."""
    if before == after:
        raise invalid("from_id", "Cannot depend on self")
    if kind not in ("blocks", "relates_to"):
        raise invalid("dep_type", f"Invalid dep_type: {kind[:40]}")
    if kind == "relates_to" and unblock_at != "done":
        raise invalid("unblock_at", "unblock_at is for dependencies that block")
    _check_threshold(unblock_at)
    _check_pair(world, before, after, kind)
    other = live(world, before)
    assert other is not None  # it was just seen
    yield from add_dependency(world, world.task(after), other, kind, unblock_at)


def _check_threshold(unblock_at: str) -> None:
    if unblock_at not in RANKS:
        raise invalid("unblock_at", f"Invalid unblock_at: {unblock_at[:40]}. Must be one of: {', '.join(RANKS)}")


def _check_pair(world: World, before: str, after: str, kind: str) -> None:
    """Refuse what is not there, what is there already, and what would close a circle."""
    task, other = record_of(world, after), live(world, before) if before else None
    for uid, found in ((before, other), (after, task)):
        if found is None:
            raise missing("from_id", f"Item {uid[:80]} not found")
    assert task is not None and other is not None
    if before == after:
        raise invalid("from_id", "Cannot depend on self")
    if kind == "blocks":
        with about("from_id"):
            refuse_circle(world, task, other)
    if any(dependency_on(task, before, known) is not None for known in ("blocks", "relates_to")):
        raise conflict("from_id", "The dependency exists already")


def added(world: World) -> list[dict[str, Any]]:
    """The dependencies that were recorded."""
    events = [event for event in world.events if event.type == "dependency.added"]
    return dependencies_of(world, [Edge(event.task, event.data.on, event.data.kind, event.data.unblock_at) for event in events])


# ---------------------------------------------------------------------------------------------- looking


def neighbours(world: World, uid: str, direction: str) -> dict[str, Any]:
    """What an item blocks, and what blocks it."""
    blocks = needed_by(world, uid) if uid and direction in ("outbound", "both") else []
    blocked_by = needs_of(world, [uid]) if uid and direction in ("inbound", "both") else []
    return {
        "blocks": [dep | _end(world, dep["to_id"], "to_") for dep in dependencies_of(world, blocks)],
        "blocked_by": [dep | _end(world, dep["from_id"], "from_") for dep in dependencies_of(world, blocked_by)],
    }


def _end(world: World, uid: str, prefix: str = "") -> dict[str, Any]:
    row = live(world, uid)
    assert row is not None  # only dependencies between tasks that there are are told
    found = {f"{prefix}title": row.title, f"{prefix}status": row.role}
    return found if prefix else found | {"priority": row.priority or "medium"}


class QueryDependencies(Tool, frozen=True, kw_only=True):
    """The dependencies of an item: its own, or with neighbors_only=false all that are reached from it.

    direction: outbound (what it blocks), inbound (what blocks it). max_depth bounds how far is gone, depth tells how far each is.
    """

    tool = "query_dependencies"

    item_id: str
    direction: str = "outbound"
    neighbors_only: bool = True
    max_depth: int = 10

    def answer(self, desk: Desk) -> Any:
        return desk.read(self._near if self.neighbors_only else self._far)

    def _near(self, world: World) -> Any:
        return neighbours(world, resolve(world, self.item_id), self.direction)

    def _far(self, world: World) -> Any:
        found = []
        for edge, depth in self._walk(world, resolve(world, self.item_id)):
            far = edge.task if self.direction == "outbound" else edge.on
            found += [dep | _end(world, far) | {"depth": depth} for dep in dependencies_of(world, [edge])]
            if len(found) >= _MOST:
                break
        return found

    def _walk(self, world: World, start: str) -> Iterator[tuple[Edge, int]]:
        seen, level = {start}, [start] if start else []
        for depth in range(1, self.max_depth + 1):
            is_out = self.direction == "outbound"
            edges = [edge for uid in level for edge in (needed_by(world, uid) if is_out else needs_of(world, [uid]))]
            yield from ((edge, depth) for edge in edges)
            ends = dict.fromkeys(edge.task if is_out else edge.on for edge in edges)
            level = [uid for uid in ends if uid not in seen]
            seen.update(level)
            if not level:
                return
