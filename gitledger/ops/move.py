"""The place of a task: under which parent, and where among the parts of that."""

from typing import Annotated, Literal

from gitledger.errors import Conflict, InvalidInput
from gitledger.model.events import TaskMoved
from gitledger.model.listing import sibling_order
from gitledger.model.task import Row, Task
from gitledger.ops._base import Decision, Operation, arg, on, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._graph import ancestors_of, names_of
from gitledger.ops._views import View, task_ref
from gitledger.ops._world import World

_STEP = 1024  # between neighbours, so that something fits in between without moving them


class Moved(View):
    """Where a task lies now. `moved` are the parts of the same parent that had to be given a place too."""

    task_id: str
    uid: str
    title: str
    parent_task_id: str | None
    previous_parent_task_id: str | None
    sort: int | None
    moved: list[str]
    changed: bool
    kind: Literal["task_moved"] = "task_moved"


class MoveTask(Operation, frozen=True, kw_only=True):
    """Give a task another parent, or another place among the parts of its parent.

    --before and --after put it beside another task, under the parent of that. Parents never form a circle.
    """

    command = "move"

    task: Annotated[str, arg("The task: task-0030, 30, its slug or its uid.", metavar="TASK")]
    parent: Annotated[str | None, opt("The task that it becomes a part of.", metavar="TASK")] = None
    root: Annotated[bool, opt("It is a part of no other task.")] = False
    before: Annotated[str | None, opt("Right before this task.", metavar="TASK")] = None
    after: Annotated[str | None, opt("Right after this task.", metavar="TASK")] = None
    sort: Annotated[int | None, opt("Its place as a number: lower comes first, those without come last.")] = None

    def decide(self, world: World) -> Decision:
        self._check()
        task = world.task(self.task)
        beside = self.before or self.after
        neighbour = world.find(beside) if beside else None
        parent = self._parent(world, task, neighbour)
        _refuse_circle(world, task, parent)
        places = {task.uid: task.sort if self.sort is None else self.sort}
        if neighbour is not None:
            places = self._places(world, task, parent, neighbour)
        for uid, sort in places.items():
            moved = world.record(uid)
            if moved is None:
                continue
            home = parent if uid == task.uid else moved.parent
            relation = moved.relation if home == moved.parent else None
            if (home, sort) != (moved.parent, moved.sort):
                yield on(moved, TaskMoved(parent=home, sort=sort, relation=relation))

    def _check(self) -> None:
        where = [self.parent is not None, self.root, self.before is not None, self.after is not None]
        if sum(where) > 1 or (self.sort is not None and (self.before or self.after)) or not (any(where) or self.sort is not None):
            raise InvalidInput(
                "Give one of --parent, --root, --before and --after; --sort alone, or with --parent or --root.",
                code="VALIDATION",
                hint=(PROGRAM, "move", "--help"),
            )

    def _parent(self, world: World, task: Task, neighbour: Row | None) -> str | None:
        """The uid of the parent that the task gets, or keeps."""
        if neighbour is not None:
            if neighbour.uid == task.uid:
                raise InvalidInput(f"{task.id} cannot lie beside itself.", code="VALIDATION", hint=(PROGRAM, "move", "--help"))
            return neighbour.parent
        if self.root:
            return None
        return world.find(self.parent).uid if self.parent is not None else task.parent

    def _places(self, world: World, task: Task, parent: str | None, neighbour: Row) -> dict[str, int | None]:
        """The places by uid that put the task beside its neighbour: its own, and those of others that have none yet."""
        rows = [row for row in world.source.graph().children(parent, 0)[0] if row.uid != task.uid and row.parent == parent]
        if neighbour.uid not in [row.uid for row in rows]:  # it was archived
            rows = sorted([*rows, neighbour], key=sibling_order)
        at = [row.uid for row in rows].index(neighbour.uid) + (self.after is not None)
        lower = rows[at - 1].sort if at else None
        upper = rows[at].sort if at < len(rows) else None
        if at == len(rows) and (at == 0 or lower is not None):
            return {task.uid: (lower or 0) + _STEP}
        if at == 0 and upper is not None:
            return {task.uid: upper - _STEP}
        if lower is not None and upper is not None and upper - lower > 1:
            return {task.uid: (lower + upper) // 2}
        if lower is not None and upper is None:
            return {task.uid: lower + _STEP}
        ordered = [row.uid for row in rows[:at]] + [task.uid] + [row.uid for row in rows[at:] if row.sort is not None]
        return {uid: (place + 1) * _STEP for place, uid in enumerate(ordered)}

    def what(self, world: World) -> str:
        task = world.task(self.task)
        return f"{task.title} → {task_ref(world, task.parent) or 'the root'}"

    def show(self, world: World) -> Moved:
        task = world.task(self.task)
        before = world.row(task.uid)
        return Moved(
            task_id=task.id,
            uid=task.uid,
            title=task.title,
            parent_task_id=task_ref(world, task.parent),
            previous_parent_task_id=task_ref(world, before.parent) if before else None,
            sort=task.sort,
            moved=names_of(world, [uid for uid in world.touched() if uid != task.uid]),
            changed=world.changed,
        )


def _refuse_circle(world: World, task: Task, parent: str | None) -> None:
    if parent is None or parent == task.parent:
        return
    above = [parent, *ancestors_of(world, parent)]
    if task.uid not in above:
        return
    circle = names_of(world, [task.uid, *above[: above.index(task.uid) + 1]])
    raise Conflict(
        f"{task.id} cannot lie under a part of itself ({' → '.join(circle)}).",
        hint=(PROGRAM, "tree", task.id),
        task_id=task.id,
        details={"cycle": circle},
        blocking_refs=list(dict.fromkeys(circle[1:])),
    )


OPERATIONS: tuple[type[Operation], ...] = (MoveTask,)
