"""Dependencies between tasks: one way to add and remove them, for `dep` and for `require`. Those that block never form a circle."""

from collections.abc import Iterable
from typing import Any, Literal

from gitledger.errors import Conflict, InvalidInput, NotFound
from gitledger.model import ids
from gitledger.model.events import DependencyAdded, DependencyRemoved
from gitledger.model.task import Dependency, Edge, Row, Task
from gitledger.ops._base import Decision, on
from gitledger.ops._facts import PROGRAM
from gitledger.ops._graph import is_met, names_of, path_between
from gitledger.ops._views import View, task_ref
from gitledger.ops._world import World

Kind = Literal["blocks", "relates_to", "discovered_from"]
UnblockAt = Literal["work", "review", "done"]


def dependency_on(task: Task, uid: str, kind: str = "blocks") -> Dependency | None:
    """The dependency of that kind on the task `uid`, if there is one."""
    return next((dep for dep in task.dependencies if dep.on == uid and dep.type == kind), None)


def requirements_of(task: Task) -> list[Dependency]:
    """The dependencies that block the task until they are met."""
    return [dep for dep in task.dependencies if dep.type == "blocks"]


# ---------------------------------------------------------------------------------------------- adding and removing


def add_dependency(world: World, task: Task, other: Row, kind: str = "blocks", unblock_at: str = "done") -> Decision:
    """Make `task` depend on `other`; nothing happens where it does already. Refused where each would wait for the other."""
    known = dependency_on(task, other.uid, kind)
    if known is not None and known.unblock_at == unblock_at:
        return
    if known is None and kind == "blocks":
        refuse_circle(world, task, other)
    yield on(task, DependencyAdded(on=other.uid, kind=kind, unblock_at=unblock_at))


def remove_dependency(world: World, task: Task, reference: str, kind: str | None = None) -> Decision:
    """Make `task` no longer depend on the task that `reference` names: in that way, or in any."""
    uid = dependency_named(world, task, reference)
    found = [dep for dep in task.dependencies if dep.on == uid and kind in (None, dep.type)]
    if not found:
        raise NotFound(
            f"{task.id} does not {'require' if kind == 'blocks' else 'depend on'} {task_ref(world, uid)}.",
            hint=(PROGRAM, "dep", "list", task.id),
            task_id=task.id,
        )
    for dep in found:
        yield on(task, DependencyRemoved(on=uid, kind=dep.type))


def dependency_named(world: World, task: Task, reference: str) -> str:
    """The uid of the task that `reference` names; one that `task` depends on and that is no longer in the ledger counts too."""
    try:
        return world.find(reference).uid
    except NotFound:
        text = reference.strip().lower()
        gone = list(dict.fromkeys(dep.on for dep in task.dependencies if _is_called(world, dep.on, text)))
        if len(gone) == 1:
            return gone[0]
        raise


def _is_called(world: World, uid: str, text: str) -> bool:
    row = world.row(uid)
    is_number = row is not None and ids.parse_task_number(text) == row.number
    return is_number or (ids.is_uid_prefix(text) and uid.startswith(text))


def refuse_circle(world: World, task: Task, other: Row) -> None:
    """Two tasks that wait for each other would wait for ever."""
    path = path_between(world, other.uid, task.uid)
    if not path:
        return
    circle = names_of(world, (task.uid, *path))
    shown = " → ".join(circle if len(circle) <= 12 else [*circle[:6], "…", *circle[-5:]])
    raise Conflict(
        f"{task.id} cannot require itself ({shown})."
        if other.uid == task.uid
        else f"{task.id} cannot require {other.id}: each would wait for the other ({shown}).",
        hint=(PROGRAM, "require", "list", "--task", other.id),
        details={"cycle": circle},
        task_id=task.id,
        blocking_refs=list(dict.fromkeys(circle[1:])),
    )


def warn_of_dropped(world: World, task: Task, other: Row) -> None:
    """Who makes a task wait for one that was cancelled hears of it, where that does not count as done."""
    if other.role == "cancelled" and task.workflow != "light":
        world.warnings.append(f"{other.id} is cancelled: {task.id} waits until it is taken up again.")


def check_kind(kind: str, unblock_at: str) -> None:
    """Only what blocks can say from when it no longer does."""
    if kind != "blocks" and unblock_at != "done":
        raise InvalidInput(
            f"A dependency that {kind.replace('_', ' ')} another task blocks nothing; --unblock-at is for those that do.",
            code="VALIDATION",
            hint=(PROGRAM, "dep", "add", "--help"),
            details={"field": "unblock_at"},
        )


# ---------------------------------------------------------------------------------------------- views


class DependencyView(View):
    """`task_id` depends on `depends_on_id`. Ids are uids where a task is not in this ledger."""

    task_id: str
    task_uid: str
    task_title: str | None
    task_status: str | None
    depends_on_id: str
    depends_on_uid: str
    depends_on_title: str | None
    depends_on_status: str | None
    type: str
    unblock_at: str
    waived: bool
    satisfied: bool


def dependency_views(world: World, edges: Iterable[Edge]) -> list[DependencyView]:
    """The views of dependencies."""
    return [DependencyView(**dependency_fields(world, edge)) for edge in edges]


def dependency_fields(world: World, edge: Edge) -> dict[str, Any]:
    """What a view of a dependency holds, by field."""
    task, other = world.standing(edge.task), world.standing(edge.on)
    return {
        "task_id": task_ref(world, edge.task) or edge.task,
        "task_uid": edge.task,
        "task_title": task.title if task else None,
        "task_status": task.status if task else None,
        "depends_on_id": task_ref(world, edge.on) or edge.on,
        "depends_on_uid": edge.on,
        "depends_on_title": other.title if other else None,
        "depends_on_status": other.status if other else None,
        "type": edge.type,
        "unblock_at": edge.unblock_at,
        "waived": edge.is_waived,
        "satisfied": not edge.blocks or edge.is_waived or is_met(world, edge, task.workflow if task else "staged"),
    }
