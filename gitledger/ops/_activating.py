"""The active task: choosing it, leaving it, and showing it."""

from typing import Annotated, Any, Literal

from gitledger.errors import Conflict
from gitledger.model.events import TaskActivated, TaskDeactivated
from gitledger.model.task import Task
from gitledger.ops._base import Decision, Operation, arg, on, opt, require_text
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import ActorView, View, active_stage, actor_view, task_ref
from gitledger.ops._world import World, live_claim


class ActiveTask(View):
    """The active task, and whether this command changed it."""

    task_id: str
    uid: str
    slug: str
    title: str
    status_stage: str
    active_stage: str | None
    active: bool
    changed: bool
    previous_task_id: str | None
    source: str | None
    state: dict[str, Any] | None
    kind: Literal["active_task"] = "active_task"


def _active_view(world: World, task: Task, *, active: bool, previous: str | None, source: str | None) -> ActiveTask:
    event = next((event for event in reversed(world.events) if event.type == "task.activated"), None)
    activated_by: ActorView | None = actor_view(event.actor) if event else None
    known = world.active()
    state = {
        "task_id": task.id,
        "activated_at": event.at if event else (known.at if known else None),
        "activated_by": activated_by,
        "reason": event.data.reason if event else (known.reason if known else None),
        "previous_task_id": previous,
    }
    return ActiveTask(
        task_id=task.id,
        uid=task.uid,
        slug=task.slug,
        title=task.title,
        status_stage=task.status,
        active_stage=active_stage(task, world.now),
        active=active,
        changed=world.changed,
        previous_task_id=previous,
        source=source,
        state=state if active else None,
    )


def _refuse_leaving_claimed(world: World, old: Task | None, force: bool, reason: str | None) -> None:
    """Leaving a task that one holds a live claim on needs to be said twice."""
    if old is None:
        return
    claim = live_claim(old.claims, world.now)
    if claim is None or claim.holder != world.actor.holder():
        return
    if not force:
        raise Conflict(
            f"You hold {old.id} until {claim.until}; finish it first, or leave it with --force and a --reason.",
            code="LOCK_CONFLICT",
            hint=(PROGRAM, "next-action", "--task", old.id),
            task_id=old.id,
        )
    require_text(reason, "With --force, --reason")


def _current(world: World) -> Task | None:
    active = world.active()
    task = world.record(active.uid) if active else None
    return task if task is not None and task.deleted_at is None else None


class ActivateTask(Operation, frozen=True, kw_only=True):
    """Make a task the active one, so that commands need no --task.

    With a session (GITLEDGER_SESSION or the harness's own), only that session's choice changes; else that of
    this work tree.
    """

    command = "task activate"

    task: Annotated[str, arg("The task: task-0030, 30, its slug or its uid.", metavar="TASK")]
    reason: Annotated[str | None, opt("Why.")] = None
    force: Annotated[bool, opt("Leave a task that you still hold; needs --reason.")] = False

    def decide(self, world: World) -> Decision:
        task, old = world.task(self.task), _current(world)
        if old is not None and old.uid == task.uid:
            return
        _refuse_leaving_claimed(world, old, self.force, self.reason)
        if old is not None:
            yield on(old, TaskDeactivated(reason=self.reason, next=task.uid, forced=self.force))
        yield on(task, TaskActivated(reason=self.reason, previous=old.uid if old else None, forced=self.force))

    def what(self, world: World) -> str:
        return world.task(self.task).title

    def show(self, world: World) -> ActiveTask:
        event = next((event for event in world.events if event.type == "task.activated"), None)
        previous = task_ref(world, event.data.previous) if event else None
        active = world.active()
        source = active.source if active else None
        return _active_view(world, world.task(self.task), active=True, previous=previous, source=source)


class DeactivateTask(Operation, frozen=True, kw_only=True):
    """Have no active task any more."""

    command = "task deactivate"

    reason: Annotated[str, opt("Why.")]
    force: Annotated[bool, opt("Leave a task that you still hold.")] = False

    def decide(self, world: World) -> Decision:
        old = world.task()
        require_text(self.reason, "--reason")
        _refuse_leaving_claimed(world, old, self.force, self.reason)
        yield on(old, TaskDeactivated(reason=self.reason, forced=self.force))

    def show(self, world: World) -> ActiveTask:
        task = world.task(world.touched()[0])
        return _active_view(world, task, active=False, previous=task.id, source=None)


class ShowActive(Operation, frozen=True, kw_only=True):
    """Show the active task, and where that choice comes from."""

    command = "task active"
    writes = False

    source: Annotated[bool, opt("Say only where the choice comes from: environment, session or worktree.")] = False

    def show(self, world: World) -> ActiveTask:
        active = world.active()
        source = active.source if active else None
        return _active_view(world, world.task(), active=True, previous=None, source=source)
