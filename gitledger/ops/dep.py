"""Dependencies: what a task waits for, what it relates to, what it was found by; added, removed, listed, drawn, checked."""

from collections.abc import Iterator
from typing import Annotated, Literal

from gitledger.errors import InvalidInput
from gitledger.model.task import Edge, Row, Task
from gitledger.ops._base import Decision, Operation, TaskOperation, arg, opt
from gitledger.ops._dependencies import (
    DependencyView,
    Kind,
    UnblockAt,
    add_dependency,
    check_kind,
    dependency_views,
    remove_dependency,
    warn_of_dropped,
)
from gitledger.ops._facts import PROGRAM
from gitledger.ops._graph import circles, names_of, needed_by, needs_of
from gitledger.ops._views import View, task_ref
from gitledger.ops._world import World
from gitledger.ops.ready import LIMIT, check_limit

_KIND = Annotated[
    Kind, opt("blocks: the task waits; relates_to and discovered_from only say so.", name="--type", short="t")
]
_FIRST = "A task that it depends on; may be given more than once."
_AFTER = "A task that depends on it; may be given more than once."


class DependencyChange(View):
    """The dependencies that were asked for, as they are now; of `dep remove`, those that are gone."""

    task_id: str
    dependencies: list[DependencyView]
    changed: bool
    warnings: list[str]
    kind: Literal["dependency_change"] = "dependency_change"


class _Change(Operation, frozen=True, kw_only=True):
    """What `dep add` and `dep remove` have in common: which tasks, said either way."""

    task: Annotated[str, arg("The task: task-0030, 30, its slug or its uid.", metavar="TASK")]
    others: Annotated[list[str], arg("What it depends on.", metavar="DEPENDS_ON...")] = []
    depends_on: Annotated[list[str], opt(_FIRST, metavar="TASK")] = []
    blocked_by: Annotated[list[str], opt("The same as --depends-on.", metavar="TASK")] = []
    blocks: Annotated[list[str], opt(_AFTER, metavar="TASK")] = []

    def pairs(self) -> list[tuple[str, str]]:
        """(task, what it depends on) as they were named; at least one."""
        found = [(self.task, other) for other in (*self.others, *self.depends_on, *self.blocked_by)]
        found += [(other, self.task) for other in self.blocks]
        if not found:
            raise InvalidInput(
                f"{self.command} TASK takes what it depends on: a second task, --depends-on, --blocked-by or --blocks.",
                code="VALIDATION",
                hint=(PROGRAM, "dep", "add", "--help"),
            )
        return found

    def what(self, world: World) -> str:
        first = world.events[0]
        more = f" and {len(world.events) - 1} more" if len(world.events) > 1 else ""
        return f"{task_ref(world, first.task)} → {task_ref(world, first.data.on)}{more}"


class AddDependency(_Change, frozen=True, kw_only=True):
    """Make a task depend on others: `dep add A B` means that A waits for B.

    `--depends-on` and `--blocked-by` say the same, `--blocks` the reverse. Several at once are added together or
    not at all. One that would close a circle of tasks waiting for each other is refused, and the circle named.
    """

    command = "dep add"

    type: _KIND = "blocks"
    unblock_at: Annotated[UnblockAt, opt("How far what comes first has to be: begun (work), in review, or done.")] = "done"

    def decide(self, world: World) -> Decision:
        hint = (PROGRAM, "dep", "add", "--help")
        check_kind(self.type, self.unblock_at)
        for reference, other in self.pairs():
            task, row = world.task(reference), world.find(other)
            _refuse_itself(task, row, hint)
            if self.type == "blocks":
                warn_of_dropped(world, task, row)
            yield from add_dependency(world, task, row, self.type, self.unblock_at)

    def show(self, world: World) -> DependencyChange:
        edges = []
        for reference, other in self.pairs():
            task, uid = world.task(reference), world.find(other).uid
            edges += [edge for edge in needs_of(world, [task.uid]) if (edge.on, edge.type) == (uid, self.type)]
        return _change(world, self.task, edges)


def _refuse_itself(task: Task, row: Row, hint: tuple[str, ...]) -> None:
    if task.uid == row.uid:
        raise InvalidInput(
            f"{task.id} cannot depend on itself.",
            code="VALIDATION",
            hint=hint,
            task_id=task.id,
            details={"field": "from_id"},
        )


def _change(world: World, reference: str, edges: list[Edge]) -> DependencyChange:
    return DependencyChange(
        task_id=world.find(reference).id,
        dependencies=dependency_views(world, edges),
        changed=world.changed,
        warnings=list(world.warnings),
    )


class RemoveDependency(_Change, frozen=True, kw_only=True):
    """Make a task no longer depend on others; several at once are removed together or not at all."""

    command = "dep remove"

    type: Annotated[
        Kind | None, opt("Only dependencies of this type; left out, of any.", name="--type", short="t")
    ] = None

    def decide(self, world: World) -> Decision:
        for reference, other in self.pairs():
            yield from remove_dependency(world, world.task(reference), other, self.type)

    def show(self, world: World) -> DependencyChange:
        gone = [
            Edge(event.task, event.data.on, event.data.kind)
            for event in world.events
            if event.type == "dependency.removed"
        ]
        return _change(world, self.task, gone)


class AddPattern(Operation, frozen=True, kw_only=True):
    """Add dependencies between several tasks in one of three patterns, together or not at all.

    linear: each waits for the one named before it. fan-out: all wait for the first. fan-in: the last waits for
    all the others.
    """

    command = "dep pattern"

    pattern: Annotated[Literal["linear", "fan-out", "fan-in"], arg("linear, fan-out or fan-in.")]
    tasks: Annotated[list[str], arg("The tasks, at least two.", metavar="TASK...")] = []
    unblock_at: Annotated[UnblockAt, opt("How far what comes first has to be.")] = "done"

    def pairs(self) -> Iterator[tuple[str, str]]:
        """(task, what it depends on) as they were named."""
        first, *rest = self.tasks
        if self.pattern == "linear":
            yield from ((after, before) for before, after in zip(self.tasks, rest, strict=False))
        elif self.pattern == "fan-out":
            yield from ((after, first) for after in rest)
        else:
            yield from ((self.tasks[-1], before) for before in self.tasks[:-1])

    def decide(self, world: World) -> Decision:
        hint = (PROGRAM, "dep", "pattern", "--help")
        if len(self.tasks) < 2:
            raise InvalidInput(
                "A pattern takes at least two tasks.", code="VALIDATION", hint=hint, details={"field": "item_ids"}
            )
        for reference, other in self.pairs():
            task, row = world.task(reference), world.find(other)
            _refuse_itself(task, row, hint)
            yield from add_dependency(world, task, row, unblock_at=self.unblock_at)

    def what(self, world: World) -> str:
        return f"{self.pattern} of {len(self.tasks)} tasks"

    def show(self, world: World) -> DependencyChange:
        edges = []
        for reference, other in self.pairs():
            task, uid = world.task(reference), world.find(other).uid
            edges += [edge for edge in needs_of(world, [task.uid]) if edge.on == uid and edge.blocks]
        return _change(world, self.tasks[0], edges)


# ---------------------------------------------------------------------------------------------- looking


class DependencyRow(DependencyView):
    """A dependency of the task that was asked for. `direction`: it depends_on the other, or is needed_by it."""

    direction: str


class DependencyList(View):
    """What a task depends on, and what depends on it."""

    task_id: str
    dependencies: list[DependencyRow]
    total: int
    truncated: bool
    kind: Literal["dependency_list"] = "dependency_list"


class ListDependencies(TaskOperation, frozen=True, kw_only=True):
    """List what a task depends on, and what depends on it."""

    command = "dep list"
    writes = False

    direction: Annotated[
        Literal["both", "depends-on", "needed-by"], opt("Only what it depends on, or only what depends on it.")
    ] = "both"
    type: Annotated[Kind | None, opt("Only dependencies of this type.", name="--type", short="t")] = None
    limit: Annotated[int, opt("At most this many (0: all).")] = 0

    def show(self, world: World) -> DependencyList:
        check_limit(self.limit)
        task = self.subject(world)
        edges = [(edge, "depends_on") for edge in needs_of(world, [task.uid]) if self.direction != "needed-by"]
        edges += [(edge, "needed_by") for edge in needed_by(world, task.uid) if self.direction != "depends-on"]
        edges = [pair for pair in edges if self.type in (None, pair[0].type)]
        shown = edges[: self.limit] if self.limit else edges
        return DependencyList(
            task_id=task.id,
            dependencies=[
                DependencyRow(**_asdict(view), direction=direction)
                for view, (_, direction) in zip(dependency_views(world, [e for e, _ in shown]), shown, strict=True)
            ],
            total=len(edges),
            truncated=len(shown) < len(edges),
        )


def _asdict(view: DependencyView) -> dict:
    return {name: getattr(view, name) for name in DependencyView.__struct_fields__}


class DependencyNode(View):
    """A task of a dependency tree. `depth` counts from the task asked for; `repeated`: it stands above already, with its own."""

    id: str
    uid: str
    title: str | None
    status: str | None
    depth: int
    type: str | None
    unblock_at: str | None
    satisfied: bool | None
    repeated: bool


class DependencyTree(View):
    """The tasks that a task depends on, and those that they depend on; or what depends on it. In the order of drawing."""

    task_id: str
    direction: str
    nodes: list[DependencyNode]
    total: int | None
    truncated: bool
    kind: Literal["dependency_tree"] = "dependency_tree"


class ShowDependencyTree(TaskOperation, frozen=True, kw_only=True):
    """Show what a task depends on, and what that depends on, and so on; or with --needed-by what depends on it."""

    command = "dep tree"
    writes = False

    needed_by: Annotated[bool, opt("The other way: what depends on it.")] = False
    depth: Annotated[int, opt("At most this many steps away.")] = 10
    limit: Annotated[int, opt("At most this many tasks (0: all).")] = 200

    def show(self, world: World) -> DependencyTree:
        check_limit(self.limit)
        task = self.subject(world)
        nodes: list[DependencyNode] = []
        is_cut = False
        for node in self._walk(world, task):
            if self.limit and len(nodes) == self.limit:
                is_cut = True
                break
            nodes.append(node)
        return DependencyTree(
            task_id=task.id,
            direction="needed_by" if self.needed_by else "depends_on",
            nodes=nodes,
            total=None if is_cut else len(nodes),
            truncated=is_cut,
        )

    def _walk(self, world: World, task: Task) -> Iterator[DependencyNode]:
        seen: set[str] = set()
        stack: list[tuple[str, int, Edge | None]] = [(task.uid, 0, None)]
        while stack:
            uid, depth, edge = stack.pop()
            yield self._node(world, uid, depth, edge, uid in seen)
            if uid in seen or depth >= self.depth:
                continue
            seen.add(uid)
            edges = needed_by(world, uid) if self.needed_by else needs_of(world, [uid])
            stack += [(self._far(edge), depth + 1, edge) for edge in reversed(edges)]

    def _far(self, edge: Edge) -> str:
        return edge.task if self.needed_by else edge.on

    def _node(self, world: World, uid: str, depth: int, edge: Edge | None, is_repeated: bool) -> DependencyNode:
        row = world.row(uid)
        return DependencyNode(
            id=task_ref(world, uid) or uid,
            uid=uid,
            title=row.title if row else None,
            status=row.status if row else None,
            depth=depth,
            type=edge.type if edge else None,
            unblock_at=edge.unblock_at if edge else None,
            satisfied=dependency_views(world, [edge])[0].satisfied if edge else None,
            repeated=is_repeated,
        )


class DependencyCircle(View):
    """Tasks that wait for each other: each for the next, the last for the first."""

    tasks: list[str]
    uids: list[str]


class CircleList(View):
    """The circles in the ledger; only a merge makes one, for no single command can."""

    cycles: list[DependencyCircle]
    total: int
    truncated: bool
    ledger: str
    next_command: str | None
    kind: Literal["dependency_cycles"] = "dependency_cycles"


class ListCircles(Operation, frozen=True, kw_only=True):
    """List the circles of tasks that wait for each other, which a merge of two clones may have made."""

    command = "dep cycles"
    writes = False

    limit: Annotated[int, opt("At most this many (0: all).")] = LIMIT

    def show(self, world: World) -> CircleList:
        check_limit(self.limit)
        found = circles(world.source.graph().edges())
        shown = found[: self.limit] if self.limit else found
        first = names_of(world, found[0]) if found else []
        return CircleList(
            cycles=[DependencyCircle(tasks=names_of(world, uids), uids=uids) for uids in shown],
            total=len(found),
            truncated=len(shown) < len(found),
            ledger=world.ledger,
            next_command=f"{PROGRAM} dep list {first[0]}" if first else None,
        )


OPERATIONS: tuple[type[Operation], ...] = (
    AddDependency,
    RemoveDependency,
    AddPattern,
    ListDependencies,
    ShowDependencyTree,
    ListCircles,
)
