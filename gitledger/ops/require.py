"""Requirements: the tasks that must be done before this one. They never form a cycle, and a person may waive one."""

from typing import Annotated, Literal

from gitledger.errors import Refused
from gitledger.model.events import DependencyWaived
from gitledger.model.task import Dependency, Task
from gitledger.ops import guards
from gitledger.ops._base import Decision, Operation, TaskOperation, arg, on, opt, require_text
from gitledger.ops._commands import on_task
from gitledger.ops._dependencies import (
    add_dependency,
    dependency_named,
    dependency_on,
    remove_dependency,
    requirements_of,
    warn_of_dropped,
)
from gitledger.ops._facts import PROGRAM
from gitledger.ops._graph import names_of, path_between
from gitledger.ops._person import person_wanted
from gitledger.ops._task_views import TaskView, task_view
from gitledger.ops._views import View, actor_view, task_ref
from gitledger.ops._work_views import WaiverView
from gitledger.ops._world import World

_TASK = "The task that must be done first: task-0030, 30, its slug or its uid."


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
        if dependency_on(task, required.uid) is None:
            warn_of_dropped(world, task, required)
            yield from add_dependency(world, task, required)

    def what(self, world: World) -> str:
        return _named(world, world.find(self.required).uid)

    def show(self, world: World) -> TaskView:
        return task_view(world, self.subject(world))


class RemoveRequirement(TaskOperation, frozen=True, kw_only=True):
    """Make a task no longer wait for another one; a waiver of that goes with it."""

    command = "require remove"

    required: Annotated[str, arg(_TASK, metavar="REQUIRED_TASK")]

    def decide(self, world: World) -> Decision:
        yield from remove_dependency(world, self.subject(world), self.required, "blocks")

    def what(self, world: World) -> str:
        return _named(world, world.events[-1].data.on)

    def show(self, world: World) -> TaskView:
        return task_view(world, self.subject(world))


class WaiveRequirement(TaskOperation, frozen=True, kw_only=True):
    """Excuse a requirement, as a person and with a reason. It then counts as met, and is added if it was not there."""

    command = "require waive"
    guards = (
        person_wanted(
            "waive a requirement",
            lambda task: on_task(task, "require", "list"),
            "A person waives it in a terminal, with require waive.",
        ),
    )

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
        uid = dependency_named(world, task, self.required)
        known = dependency_on(task, uid)
        if known is None:
            yield from add_dependency(world, task, world.find(self.required))
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
                cycle = " → ".join(names_of(world, (task.uid, *path)))
                world.warnings.append(f"These tasks wait for each other until one requirement is removed: {cycle}.")
        return RequirementList(task_id=task.id, requirements=found, total=len(found), truncated=False)


OPERATIONS: tuple[type[Operation], ...] = (AddRequirement, ListRequirements, RemoveRequirement, WaiveRequirement)
