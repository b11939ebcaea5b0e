"""Requirements: the tasks that must be done before this one. They never form a cycle, and a person may waive one."""

from typing import Annotated, Literal

from gitledger.errors import Conflict, NotFound, Refused
from gitledger.model import ids
from gitledger.model.events import DependencyAdded, DependencyRemoved, DependencyWaived
from gitledger.model.task import Dependency, Row, Task
from gitledger.ops import guards
from gitledger.ops._base import (
    PROGRAM,
    Decision,
    Operation,
    TaskOperation,
    World,
    arg,
    on,
    opt,
    require_text,
)
from gitledger.ops._views import TaskView, View, WaiverView, actor_view, task_ref, task_view

_TASK = "The task that must be done first: task-0030, 30, its slug or its uid."


def requirements_of(task: Task) -> list[Dependency]:
    """The dependencies that block the task until they are met."""
    return [dep for dep in task.dependencies if dep.type == "blocks"]


def requirement_on(task: Task, uid: str) -> Dependency | None:
    """The requirement of the task `uid`, if there is one."""
    return next((dep for dep in requirements_of(task) if dep.on == uid), None)


def path_between(world: World, start: str, goal: str) -> list[str]:
    """The uids on the shortest way from `start` to `goal` along requirements; empty where there is none."""
    came_from: dict[str, str | None] = {start: None}
    queue = [start]
    for uid in queue:
        if uid == goal:
            path = [uid]
            while (before := came_from[path[-1]]) is not None:
                path.append(before)
            return path[::-1]
        record = world.record(uid)
        for dep in requirements_of(record) if record is not None else ():
            if dep.on not in came_from:
                came_from[dep.on] = uid
                queue.append(dep.on)
    return []


def _refuse_cycle(world: World, task: Task, required: Row) -> None:
    """Two tasks that wait for each other would wait for ever."""
    path = path_between(world, required.uid, task.uid)
    if not path:
        return
    cycle = [task_ref(world, uid) or uid for uid in (task.uid, *path)]
    shown = " → ".join(cycle)
    raise Conflict(
        f"{task.id} cannot require itself ({shown})."
        if required.uid == task.uid
        else f"{task.id} cannot require {required.id}: each would wait for the other ({shown}).",
        hint=(PROGRAM, "require", "list", "--task", required.id),
        details={"cycle": cycle},
        task_id=task.id,
        blocking_refs=list(dict.fromkeys(cycle[1:])),
    )


def _uid_of(world: World, task: Task, reference: str) -> str:
    """The uid of the task that `reference` names; one that is required and no longer in the ledger counts too."""
    try:
        return world.find(reference).uid
    except NotFound:
        text = reference.strip().lower()
        gone = [dep.on for dep in requirements_of(task) if _is_called(world, dep.on, text)]
        if len(gone) == 1:
            return gone[0]
        raise


def _is_called(world: World, uid: str, text: str) -> bool:
    row = world.row(uid)
    is_number = row is not None and ids.parse_task_number(text) == row.number
    return is_number or (ids.is_uid_prefix(text) and uid.startswith(text))


def _named(world: World, uid: str) -> str:
    """A required task for the entry's subject."""
    record = world.record(uid)
    return f"{record.id} {record.title}" if record is not None else uid


class AddRequirement(TaskOperation, frozen=True, kw_only=True):
    """Make a task wait for another one.

    It cannot be implemented or validated before the other is done, unless a person waives that. Waivers of
    other requirements stay.
    """

    command = "require add"

    required: Annotated[str, arg(_TASK, metavar="REQUIRED_TASK")]

    def decide(self, world: World) -> Decision:
        task, required = self.subject(world), world.find(self.required)
        if requirement_on(task, required.uid) is not None:
            return
        _refuse_cycle(world, task, required)
        if required.role == "cancelled":
            world.warnings.append(f"{required.id} is cancelled: {task.id} waits until it is taken up again.")
        yield on(task, DependencyAdded(on=required.uid))

    def what(self, world: World) -> str:
        return _named(world, world.find(self.required).uid)

    def show(self, world: World) -> TaskView:
        return task_view(world, self.subject(world))


class RemoveRequirement(TaskOperation, frozen=True, kw_only=True):
    """Make a task no longer wait for another one; a waiver of that goes with it."""

    command = "require remove"

    required: Annotated[str, arg(_TASK, metavar="REQUIRED_TASK")]

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        uid = _uid_of(world, task, self.required)
        if requirement_on(task, uid) is None:
            raise NotFound(
                f"{task.id} does not require {task_ref(world, uid)}.",
                hint=(PROGRAM, "require", "list", "--task", task.id),
                task_id=task.id,
            )
        yield on(task, DependencyRemoved(on=uid))

    def what(self, world: World) -> str:
        return _named(world, world.events[-1].data.on)

    def show(self, world: World) -> TaskView:
        return task_view(world, self.subject(world))


class WaiveRequirement(TaskOperation, frozen=True, kw_only=True):
    """Excuse a requirement, as a person and with a reason. It then counts as met, and is added if it was not there."""

    command = "require waive"

    required: Annotated[str, arg(_TASK, metavar="REQUIRED_TASK")]
    reason: Annotated[str, opt("Why the task need not wait.", is_input=True)]
    actor: Annotated[str, opt("Who excuses it: only user may.")] = "user"

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        if self.actor != "user":
            raise Refused(
                "Only a user may waive a requirement.",
                hint=(PROGRAM, "require", "list", "--task", task.id),
                task_id=task.id,
            )
        reason = require_text(self.reason, "--reason", (PROGRAM, "require", "waive", "--help"))
        uid = _uid_of(world, task, self.required)
        known = requirement_on(task, uid)
        if known is None:
            _refuse_cycle(world, task, world.find(self.required))
            yield on(task, DependencyAdded(on=uid))
        elif known.waiver is not None and known.waiver.reason == reason:
            return
        yield on(task, DependencyWaived(on=uid, reason=reason))

    def what(self, world: World) -> str:
        return f"{task_ref(world, world.events[-1].data.on)} {self.reason}"

    def show(self, world: World) -> TaskView:
        return task_view(world, self.subject(world))


class RequirementView(View):
    """A task that must be done first. Where it is not in this ledger, `required_task_id` is its uid and it is not met."""

    id: str
    task_id: str
    required_task_id: str
    required_task_uid: str
    required_task_title: str | None
    required_status: str
    status: str | None
    satisfied: bool
    waiver: WaiverView | None
    parent_task_id: str | None = None
    event: str = ""


class RequirementList(View):
    """The requirements of a task."""

    task_id: str
    requirements: list[RequirementView]
    total: int
    truncated: bool
    kind: Literal["requirement_list"] = "requirement_list"


def requirement_view(world: World, task: Task, dep: Dependency) -> RequirementView:
    """The view of a requirement."""
    row, waiver = world.row(dep.on), dep.waiver
    return RequirementView(
        id=_requirement_id(world, task, dep),
        task_id=task.id,
        required_task_id=task_ref(world, dep.on) or dep.on,
        required_task_uid=dep.on,
        required_task_title=row.title if row is not None else None,
        required_status=dep.unblock_at,
        status=row.status if row is not None else None,
        satisfied=guards.dependency_blocker(world, task, dep) is None,
        waiver=WaiverView(actor=actor_view(waiver.by), reason=waiver.reason, created_at=waiver.at) if waiver else None,
        event=dep.id,
    )


def _requirement_id(world: World, task: Task, dep: Dependency) -> str:
    """`req-0030` for the task required, with part of its uid where two have that number or it is not here."""
    row = world.row(dep.on)
    if row is None:
        return f"req-{dep.on[:8]}"
    rows = [world.row(other.on) for other in requirements_of(task)]
    is_alone = sum(other is not None and other.number == row.number for other in rows) == 1
    return f"req-{row.number:04d}" + ("" if is_alone else f".{dep.on[:6]}")


class ListRequirements(TaskOperation, frozen=True, kw_only=True):
    """List the tasks that must be done before this one."""

    command = "require list"
    writes = False

    def show(self, world: World) -> RequirementList:
        task = self.subject(world)
        found = [requirement_view(world, task, dep) for dep in requirements_of(task)]
        for dep in requirements_of(task):
            # Two clones that added one half each: the merge has a cycle that no single command could make.
            path = path_between(world, dep.on, task.uid)
            if path:
                cycle = " → ".join(task_ref(world, uid) or uid for uid in (task.uid, *path))
                world.warnings.append(f"These tasks wait for each other until one requirement is removed: {cycle}.")
        return RequirementList(task_id=task.id, requirements=found, total=len(found), truncated=False)


OPERATIONS: tuple[type[Operation], ...] = (AddRequirement, ListRequirements, RemoveRequirement, WaiveRequirement)
