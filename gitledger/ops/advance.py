"""Triggers: move a task along its workflow, put it on hold, take it up again."""

from typing import Annotated, Any, Literal

from gitledger.errors import command_line
from gitledger.model import workflow
from gitledger.model.task import Task
from gitledger.ops import _advancing
from gitledger.ops._advancing import Trigger
from gitledger.ops._base import Decision, Operation, TaskOperation, arg, opt, require_text
from gitledger.ops._facts import PROGRAM
from gitledger.ops._graph import released_by
from gitledger.ops._types import next_position
from gitledger.ops._views import View, task_ref
from gitledger.ops._world import World

_TASK = Annotated[
    str | None,
    opt("The task: task-0030, 30, its slug or its uid; left out, the active one.", positional_too=True),
]
_MOST = 100


class Unblocked(View):
    """A task that waited for this one alone, and waits for nothing now."""

    id: str
    uid: str
    title: str
    status: str


class Followed(View):
    """A task above that moved along, and where it stands now."""

    id: str
    uid: str
    title: str
    status: str


class Advanced(View):
    """Where a task stands after a trigger. `previous` and `position`: a status, `blocked` or `archived`.

    `unblocked` are the tasks that can begin now because of it, `parent_reopened` the parent that is worked on again,
    `followed` the parents that moved along, as their types say.
    """

    task_id: str
    uid: str
    slug: str
    title: str
    workflow: str
    trigger: str
    previous: str
    position: str
    status: str
    status_stage: str
    role: str
    label: str | None
    changed: bool
    parent_reopened: str | None
    followed: list[Followed]
    next_run_at: str | None
    unblocked: list[Unblocked]
    unblocked_total: int
    warnings: list[str]
    next_command: str
    kind: Literal["task_advanced"] = "task_advanced"


def advanced(world: World, task: Task, trigger: str) -> Advanced:
    """The answer to a trigger."""
    before = world.row(task.uid)
    was = {"archived": "archived", "blocked": "blocked"}.get(before.role, before.status) if before else task.status
    freed = released_by(world, task) if world.events else []
    rows = [row for row in map(world.standing, freed[:_MOST]) if row is not None]
    return Advanced(
        task_id=task.id,
        uid=task.uid,
        slug=task.slug,
        title=task.title,
        workflow=task.workflow,
        trigger=trigger,
        previous=was,
        position=workflow.position(task),
        status=task.status,
        status_stage=task.status,
        role=workflow.role(task),
        label=task.label,
        changed=world.changed,
        parent_reopened=_reopened_parent(world, task),
        followed=_followed(world, task),
        next_run_at=task.next_run_at,
        unblocked=[Unblocked(id=row.id, uid=row.uid, title=row.title, status=row.status) for row in rows],
        unblocked_total=len(freed),
        warnings=list(world.warnings),
        next_command=command_line(_next_argv(task)),
    )


def _reopened_parent(world: World, task: Task) -> str | None:
    moved = any(event.task == task.parent and event.data.trigger == "reopen" for event in _moves(world))
    return task_ref(world, task.parent) if moved else None


def _moves(world: World) -> list[Any]:
    return [event for event in world.events if event.type == "task.advanced"]


def _followed(world: World, task: Task) -> list[Followed]:
    uids = dict.fromkeys(event.task for event in _moves(world) if event.data.trigger in ("start", "complete"))
    found = [world.task(uid) for uid in uids if uid != task.uid]
    return [Followed(id=each.id, uid=each.uid, title=each.title, status=each.status) for each in found]


def _next_argv(task: Task) -> tuple[str, ...]:
    if workflow.role(task) in ("done", "cancelled", "archived"):
        return (PROGRAM, "next")
    return (PROGRAM, "next-action", "--task", task.id)


class AdvanceTask(Operation, frozen=True, kw_only=True):
    """Move a task along its workflow.

    A light task goes from queue over work and review to done with `start`, or at once with `complete`; its
    dependencies are asked when it leaves the queue. On a staged task `start` is the start of planning, of the
    implementation or of the validation, whichever is due, and `complete` the finish of the stage that goes on,
    each with all its gates. `block` (or `hold`) puts work on hold, `resume` lifts that, `reopen` takes up what
    was finished, `archive` puts it out of the listings.
    """

    command = "advance"

    task: Annotated[str, arg("The task: task-0030, 30, its slug or its uid.", metavar="TASK")]
    trigger: Annotated[Trigger, arg("start, complete, block, hold, resume, cancel, reopen or archive.")]
    reason: Annotated[str | None, opt("Why; for a stage that ends, its summary.", is_input=True)] = None

    @property
    def takes_claim(self) -> bool:  # type: ignore[override]
        """The start of a stage claims the task."""
        return self.trigger == "start"

    def decide(self, world: World) -> Decision:
        yield from _advancing.advance(world, world.task(self.task), self.trigger, self.reason)

    def what(self, world: World) -> str:
        task = world.task(world.touched()[0])
        return f"{self.trigger} {task.title}"

    def show(self, world: World) -> Advanced:
        return advanced(world, world.task(self.task), self.trigger)


class HoldTask(TaskOperation, frozen=True, kw_only=True):
    """Put a task on hold: nothing is started or finished on it until `resume`.

    Its status is kept. Where somebody has claimed it, they hear of the hold with their next step.
    """

    command = "hold"

    task: _TASK = None
    reason: Annotated[str, opt("Why.", is_input=True)]

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        reason = require_text(self.reason, "--reason", (PROGRAM, "hold", "--help")).strip()
        if workflow.position(task) == "blocked" and task.hold is not None and task.hold.reason == reason:
            return
        yield from _advancing.advance(world, task, "block", reason)

    def what(self, world: World) -> str:
        return self.reason

    def show(self, world: World) -> Advanced:
        return advanced(world, self.subject(world), "block")


class ResumeTask(TaskOperation, frozen=True, kw_only=True):
    """Lift the hold on a task: it stands again where it stood."""

    command = "resume"

    task: _TASK = None
    reason: Annotated[str | None, opt("Why.", is_input=True)] = None

    def decide(self, world: World) -> Decision:
        yield from _advancing.advance(world, self.subject(world), "resume", self.reason)

    def show(self, world: World) -> Advanced:
        return advanced(world, self.subject(world), "resume")


class Transition(View):
    """Whether a trigger could move a task now, where to, and what is in the way."""

    trigger: str
    can_advance: bool
    next: str | None
    code: str | None
    reason: str | None
    blocking: list[dict]


class Transitions(View):
    """Where a task stands, and what each trigger would do."""

    task_id: str
    uid: str
    workflow: str
    position: str
    role: str
    transitions: list[Transition]
    kind: Literal["task_transitions"] = "task_transitions"


def transition(world: World, task: Task, trigger: str) -> Transition:
    """Whether `trigger` could move the task now: the rules are those by which it would be refused."""
    refusal = _advancing.refusal_of(world, task, _advancing.request_of(trigger))
    return Transition(
        trigger=trigger,
        can_advance=refusal is None,
        next=next_position(world, task, trigger),
        code=refusal.code if refusal else None,
        reason=refusal.message if refusal else None,
        blocking=refusal.details.get("blockers", []) if refusal else [],
    )


class ShowTransitions(TaskOperation, frozen=True, kw_only=True):
    """Show which triggers could move a task now, where each would lead, and what is in the way of the others."""

    command = "transitions"
    writes = False

    trigger: Annotated[Trigger | None, opt("Only this trigger.")] = None

    def show(self, world: World) -> Transitions:
        task = self.subject(world)
        names = (self.trigger,) if self.trigger else tuple(t for t in workflow.TRIGGERS if t != "hold")
        return Transitions(
            task_id=task.id,
            uid=task.uid,
            workflow=task.workflow,
            position=workflow.position(task),
            role=workflow.role(task),
            transitions=[transition(world, task, name) for name in names],
        )


OPERATIONS: tuple[type[Operation], ...] = (AdvanceTask, HoldTask, ResumeTask, ShowTransitions)
