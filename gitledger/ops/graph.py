"""The graph of what waits for what: its tasks, its dependencies, and the longest way that is left through them."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from gitledger.model.task import Edge, Row, Task
from gitledger.ops import _drawing
from gitledger.ops._base import TaskOperation, opt
from gitledger.ops._graph import circles, names_of, needed_by, needs_of
from gitledger.ops._views import View
from gitledger.ops._world import World
from gitledger.ops.ready import check_limit

_LIMIT = 500


class GraphNode(View):
    """A task of the graph. `weight` is its complexity, or 1."""

    id: str
    uid: str
    title: str
    status: str
    role: str
    workflow: str
    priority: str | None
    weight: int
    unmet: int
    critical: bool


class GraphEdge(View):
    """`to` depends on `from_id`: the arrow leads from what comes first to what waits for it."""

    from_id: str
    to_id: str
    from_uid: str
    to_uid: str
    type: str
    unblock_at: str
    waived: bool


class GraphData(View):
    """The graph itself."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]


class CriticalPath(View):
    """The longest way left: each task waits for the one before it. `weight` adds up what is left to do on it."""

    tasks: list[str]
    uids: list[str]
    weight: int


class TaskGraph(View):
    """The graph of a ledger or around a task. `omitted` is how many tasks were left out over the limit; `text`: as asked for."""

    graph: GraphData
    critical_path: CriticalPath
    cycles: int
    omitted: int
    ledger: str
    task_id: str | None
    format: str
    text: str | None
    kind: Literal["task_graph"] = "task_graph"


class ShowGraph(TaskOperation, frozen=True, kw_only=True):
    """Draw which tasks wait for which, with the critical path: the longest chain of unfinished work.

    Without a task, all unfinished tasks that have dependencies; with one, what it depends on and what depends
    on it, as far as that goes. A task weighs its complexity, or 1. An arrow leads from what comes first to what
    waits for it. --format dot and mermaid are for Graphviz and for Markdown.
    """

    command = "graph"
    writes = False

    format: Annotated[Literal["text", "dot", "mermaid", "json"], opt("How to draw it.")] = "text"
    all: Annotated[bool, opt("Finished tasks too.")] = False
    limit: Annotated[int, opt("At most this many tasks (0: all).")] = _LIMIT

    def show(self, world: World) -> TaskGraph:
        check_limit(self.limit)
        task = self.subject(world) if self.task is not None else None
        edges = _around(world, task) if task is not None else world.source.graph().edges()
        rows = {row.uid: row for row in world.source.graph().rows(_ends(edges, task))}
        wanted = [row for row in rows.values() if self.all or row.hindrance != "finished" or (task and row.uid == task.uid)]
        wanted.sort(key=lambda row: (row.number, row.uid))
        kept = {uid: rows[uid] for uid in _kept([row.uid for row in wanted], edges, self.limit)}
        edges = [edge for edge in edges if edge.task in kept and edge.on in kept]
        path = critical_path(kept, edges)
        view = self._view(world, kept, edges, path, len(wanted) - len(kept), task)
        if self.format in ("dot", "mermaid"):
            draw = _drawing.dot if self.format == "dot" else _drawing.mermaid
            view.text = draw(view.graph.nodes, view.graph.edges, path)
        return view

    def _view(
        self, world: World, kept: dict[str, Row], edges: Sequence[Edge], path: list[str], omitted: int, task: Task | None
    ) -> TaskGraph:
        unmet = world.source.graph().unmet(list(kept))
        return TaskGraph(
            graph=GraphData(
                nodes=[_node(row, unmet.get(row.uid, 0), row.uid in path) for row in kept.values()],
                edges=[_edge(edge, kept) for edge in edges],
            ),
            critical_path=CriticalPath(
                tasks=names_of(world, path), uids=path, weight=sum(_weight(kept[uid]) for uid in path)
            ),
            cycles=len(circles(edges)),
            omitted=omitted,
            ledger=world.ledger,
            task_id=task.id if task else None,
            format=self.format,
            text=None,
        )


def _node(row: Row, unmet: int, is_critical: bool) -> GraphNode:
    return GraphNode(
        id=row.id,
        uid=row.uid,
        title=row.title,
        status=row.status,
        role=row.role,
        workflow=row.workflow,
        priority=row.priority,
        weight=row.complexity or 1,
        unmet=unmet,
        critical=is_critical,
    )


def _edge(edge: Edge, rows: dict[str, Row]) -> GraphEdge:
    return GraphEdge(
        from_id=rows[edge.on].id,
        to_id=rows[edge.task].id,
        from_uid=edge.on,
        to_uid=edge.task,
        type=edge.type,
        unblock_at=edge.unblock_at,
        waived=edge.is_waived,
    )


# ---------------------------------------------------------------------------------------------- which tasks


def _around(world: World, task: Task) -> list[Edge]:
    """Everything that the task depends on in the end, and everything that depends on it."""
    found: dict[Edge, None] = {}
    for ask in (lambda uid: needs_of(world, [uid]), lambda uid: needed_by(world, uid)):
        seen, queue = {task.uid}, [task.uid]
        for uid in queue:
            for edge in ask(uid):
                found[edge] = None
                for end in (edge.task, edge.on):
                    if end not in seen:
                        seen.add(end)
                        queue.append(end)
    return list(found)


def _ends(edges: Iterable[Edge], task: Task | None) -> list[str]:
    own = [task.uid] if task is not None else []
    return list(dict.fromkeys([*own, *(uid for edge in edges for uid in (edge.task, edge.on))]))


def _kept(uids: list[str], edges: Sequence[Edge], limit: int) -> list[str]:
    """The tasks to draw, in their order; over the limit those with the most dependencies stay, for they tell the most."""
    if not limit or len(uids) <= limit:
        return uids
    degree = dict.fromkeys(uids, 0)
    for edge in edges:
        for uid in (edge.task, edge.on):
            if uid in degree:
                degree[uid] += 1
    most = set(sorted(uids, key=lambda uid: -degree[uid])[:limit])
    return [uid for uid in uids if uid in most]


# ---------------------------------------------------------------------------------------------- the longest way


def _weight(row: Row) -> int:
    return row.complexity or 1


def critical_path(rows: dict[str, Row], edges: Iterable[Edge]) -> list[str]:
    """The uids on the heaviest chain of unfinished tasks, what comes first at the head; of equals, by number. Circles are cut."""
    open_ = {uid for uid, row in rows.items() if row.hindrance != "finished"}
    after: dict[str, list[str]] = {uid: [] for uid in open_}
    waits = dict.fromkeys(open_, 0)
    for edge in edges:
        if edge.blocks and not edge.is_waived and edge.task in open_ and edge.on in open_:
            after[edge.on].append(edge.task)
            waits[edge.task] += 1
    order = sorted((uid for uid in open_ if not waits[uid]), key=lambda uid: _rank(rows[uid]))
    total = {uid: _weight(rows[uid]) for uid in open_}
    before: dict[str, str] = {}
    for uid in order:
        for later in sorted(after[uid], key=lambda other: _rank(rows[other])):
            if total[uid] + _weight(rows[later]) > total[later]:
                total[later] = total[uid] + _weight(rows[later])
                before[later] = uid
            waits[later] -= 1
            if not waits[later]:
                order.append(later)
    if not before:
        return []
    last = min(before, key=lambda uid: (-total[uid], _rank(rows[uid])))
    path = [last]
    while path[-1] in before:
        path.append(before[path[-1]])
    return path[::-1]


def _rank(row: Row) -> tuple[int, str]:
    return row.number, row.uid


OPERATIONS = (ShowGraph,)
