"""Moving a task by a trigger: the table decides what is legal, guards what is in the way; one way for every command that moves.

A light task moves by events of its own. On a staged task a trigger stands for the command of its stage (`plan start`,
`implement finish` …), and goes through the gates of that.
"""

from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct

from gitledger.errors import Conflict, LedgerError, Refused, ValidationFailed
from gitledger.model import workflow
from gitledger.model.events import (
    ClaimReleased,
    Fields,
    TaskAdvanced,
    TaskCancelled,
    TaskEdited,
    TaskHeld,
    TaskResumed,
    TaskUnarchived,
    TaskUncancelled,
)
from gitledger.model.task import Task
from gitledger.ops import _claim_rules, _types
from gitledger.ops._base import Decision, on
from gitledger.ops._cascading import step_of_parent
from gitledger.ops._commands import on_task
from gitledger.ops._facts import PROGRAM
from gitledger.ops._light_rules import light_rules
from gitledger.ops._world import World

Trigger = Literal["start", "complete", "block", "hold", "resume", "cancel", "reopen", "archive"]

_DONE = "Finished with `advance`."
_AGAIN = "Taken up again with `advance`."


class Request(Struct, frozen=True):
    """What is asked of a task: the trigger, why, and whether that takes a claim. Guards see it as the operation."""

    trigger: str
    reason: str | None = None
    takes_claim: bool = False


def request_of(trigger: str, reason: str | None = None) -> Request:
    """The request for a trigger by any of its names; the start of a stage takes a claim."""
    return Request(workflow.TRIGGER_ALIASES.get(trigger, trigger), reason, trigger == "start")


# ---------------------------------------------------------------------------------------------- moving


def advance(world: World, task: Task, trigger: str, reason: str | None = None) -> Decision:
    """Move the task. Raises the refusal where the table, a claim, a dependency or a gate says no."""
    request = request_of(trigger, reason)
    refusal = refusal_of(world, task, request)
    if refusal is not None:
        raise refusal
    step = staged_step(task, request)
    if step is not None:
        yield from _carry_out(world, step)
    else:
        yield from _MOVES[request.trigger](world, task, request)


def refusal_of(world: World, task: Task, request: Request) -> LedgerError | None:
    """Why the task cannot be moved so, or None where it can: what the table allows comes first, then claims, then gates."""
    if workflow.next_position(task, request.trigger) is None:
        return not_allowed(task, request.trigger)
    if request.trigger in ("block", "resume"):
        return None
    step = staged_step(task, request)
    if step is not None:
        found = (guard(world, step) for guard in step.guards)
        return next((in_graph_words(error) for error in found if error is not None), None)
    if request.trigger == "reopen" and task.workflow == "staged":
        return _refuse_agent(world, task)
    for rule in light_rules(request.trigger):
        blockers = rule.find(world, task, request)
        if blockers:
            return rule.refuse(task, blockers)
    return None


def not_allowed(task: Task, trigger: str) -> Conflict:
    """The refusal of a trigger that the table does not have for where the task stands."""
    position = workflow.position(task)
    allowed = [name for name in workflow.TRIGGERS if workflow.next_position(task, name) is not None]
    if trigger == "resume":
        message = f"Only what is on hold can be resumed; {task.id} is {position}."
    else:
        message = f"Cannot {trigger} {task.id} from {position}."
    way = on_task(task, "next-action")
    if position == "archived":
        way = on_task(task, "task", "unarchive")
    elif position == "blocked":
        way = on_task(task, "resume")
    elif position == "done" and trigger == "reopen":
        way = (PROGRAM, "task", "follow-up", task.id, "TITLE")
    elif position in ("done", "cancelled") and task.workflow == "light":
        way = (PROGRAM, "advance", task.id, "reopen")
    return Conflict(
        message,
        hint=way,
        task_id=task.id,
        details={"field": "trigger", "trigger": trigger, "from": position, "allowed": allowed},
    )


def in_graph_words(error: LedgerError) -> LedgerError:
    """The refusal of a staged command under the codes of the graph; `details.code` keeps its own."""
    if isinstance(error, Refused | ValidationFailed):
        blockers = error.details.get("blockers", [])
        is_waiting = bool(blockers) and str(blockers[0].get("kind", "")).startswith("dependency")
        error.details["code"] = error.code
        error.code = "DEPENDENCY_UNSATISFIED" if is_waiting else "GATE_BLOCKED"
    return error


def _refuse_agent(world: World, task: Task) -> LedgerError | None:
    if world.actor.type == "user":
        return None
    return Refused(
        f"Only a user may take up {task.id} again, which was cancelled.",
        code="GATE_BLOCKED",
        hint=on_task(task, "task", "show"),
        task_id=task.id,
    )


# ---------------------------------------------------------------------------------------------- light moves


def _move_on(world: World, task: Task, request: Request) -> Decision:
    """`start` and `complete`."""
    status = _types.next_position(world, task, request.trigger)
    assert status is not None  # the table has spoken
    yield on(task, TaskAdvanced(trigger=request.trigger, previous=task.status, status=status, reason=request.reason))
    if status == "done":
        yield from _release(task, request.reason)
        yield from _requeue(world, task)
    yield from _cascade(world, task)


def _cascade(world: World, task: Task) -> Decision:
    """Move the parent where its type says so; what keeps it from that is told, and keeps the part from nothing."""
    task = world.task(task.uid)
    following = step_of_parent(world, task)
    if following is None:
        return
    parent, trigger = following
    reason = f"{task.id} is {task.status}"
    refusal = refusal_of(world, parent, request_of(trigger))
    if refusal is not None:
        world.warnings.append(f"{parent.id} did not follow ({trigger}): {refusal.message}")
    else:
        yield from advance(world, parent, trigger, reason)


def _requeue(world: World, task: Task) -> Decision:
    """A scheduled task that is done goes back to the queue until its next run, which the event says."""
    if not task.schedule:
        return
    from gitledger.model.schedule import next_run

    again = next_run(task.schedule, world.now)
    if again is None:
        world.warnings.append(f"The schedule of {task.id} names no next run: {task.schedule}")
        return
    yield on(task, TaskAdvanced(trigger="requeue", previous="done", status="queue", reason="scheduled"))
    yield on(task, TaskEdited(fields=Fields(next_run_at=again)))


def _release(task: Task, reason: str | None) -> Decision:
    """There is no work left to hold the task for."""
    for claim in task.claims:
        yield on(task, ClaimReleased(claim=claim.id, reason=reason))


def _hold(world: World, task: Task, request: Request) -> Decision:
    claim = _claim_rules.claimed_by_other(world, task)
    if claim is not None:
        world.warnings.append(f"{claim.actor.type} {claim.actor.name} holds {task.id} until {claim.until}.")
    yield on(task, TaskHeld(reason=request.reason or "", previous=task.status))


def _resume(world: World, task: Task, request: Request) -> Decision:
    # A merge may have moved the task on under the hold: that stands.
    yield on(task, TaskResumed(status=task.status, reason=request.reason))


def _lift(task: Task) -> Decision:
    """A task that was given up, or is taken up again, is not on hold."""
    if task.hold is not None:
        yield on(task, TaskResumed(status=task.status))


def cancel(world: World, task: Task, reason: str | None) -> Decision:
    """Give the task up: a hold and claims on it end."""
    previous = workflow.position(task)
    yield from _lift(task)
    yield from _release(task, reason)
    if task.workflow == "light":
        payload: Any = TaskAdvanced(
            trigger="cancel", previous=previous, status="cancelled", reason=reason, label="cancelled"
        )
    else:
        payload = TaskCancelled(previous=task.status, reason=reason)
    yield on(task, payload)


def _cancel(world: World, task: Task, request: Request) -> Decision:
    yield from cancel(world, task, request.reason)
    yield from _cascade(world, task)


def uncancel(task: Task, status: str, reason: str) -> Decision:
    """Take a cancelled staged task up again at `status`; a hold that a merge left on it ends."""
    yield from _lift(task)
    yield on(task, TaskUncancelled(status=status, reason=reason))


def _reopen(world: World, task: Task, request: Request) -> Decision:
    if task.workflow == "staged":
        yield from uncancel(task, workflow.resting_status(task), request.reason or _AGAIN)
        return
    yield from _lift(task)
    yield on(task, TaskAdvanced(trigger="reopen", previous=task.status, status="queue", reason=request.reason))
    parent = world.record(task.parent) if task.parent else None
    if parent is not None and parent.workflow == "light" and parent.deleted_at is None:
        yield from _reopen_parent(parent, task)


def reopen_for_note(world: World, uid: str, key: str) -> Decision:
    """A note was set: what is finished and of a type that is `auto-reopen` goes back to the queue; its parent stays as it is."""
    task = world.task(uid)
    if task.workflow != "light" or task.status not in ("done", "cancelled"):
        return
    schema = _types.schema_of(world, task)
    if schema is not None and schema.says.lifecycle == "auto-reopen":
        yield from _take_up(task, "queue", f"The note {key} was set.")


def _reopen_parent(parent: Task, child: Task) -> Decision:
    """A finished task of which a part is taken up again is worked on again; those above it stay as they are."""
    if parent.status in ("done", "cancelled"):
        yield from _take_up(parent, "work", f"{child.id} was reopened")


def _take_up(task: Task, status: str, reason: str) -> Decision:
    """A finished light task is worked on again, out of the archive and off its hold."""
    if task.archived_at is not None:
        yield on(task, TaskUnarchived(reason=reason))
    yield from _lift(task)
    yield on(task, TaskAdvanced(trigger="reopen", previous=task.status, status=status, reason=reason))


_MOVES: dict[str, Callable[[World, Task, Request], Decision]] = {
    "start": _move_on,
    "complete": _move_on,
    "block": _hold,
    "resume": _resume,
    "cancel": _cancel,
    "reopen": _reopen,
}


# ---------------------------------------------------------------------------------------------- the commands of a stage


def staged_step(task: Task, request: Request) -> Any:
    """The operation that the trigger stands for, where it is one of its own: the start or end of a stage, and the archive."""
    if request.trigger == "archive":
        from gitledger.ops._shelving import ArchiveTask

        return ArchiveTask(task=task.uid, reason=request.reason)
    if task.workflow != "staged":
        return None
    if request.trigger == "cancel":
        from gitledger.ops.task import CancelTask

        return CancelTask(task=task.uid, reason=request.reason)
    if request.trigger == "start":
        return _start_of(task, request)
    if request.trigger == "complete":
        return _finish_of(task, request)
    return None


def _start_of(task: Task, request: Request) -> Any:
    if task.status in ("draft", "planning", "plan_review"):
        from gitledger.ops._proposing import StartPlan

        return StartPlan(task=task.uid)
    if task.status in ("implemented", "validating"):
        from gitledger.ops.validate import StartValidation

        return StartValidation(task=task.uid)
    from gitledger.ops.implement import RestartImplementation, ResumeImplementation, StartImplementation

    if task.status == "failed_validation":
        return RestartImplementation(task=task.uid, summary=request.reason or _AGAIN)
    if task.running_run("implementation") is not None:
        return ResumeImplementation(task=task.uid, reason=request.reason or _AGAIN)
    return StartImplementation(task=task.uid)


def _finish_of(task: Task, request: Request) -> Any:
    if task.status == "validating":
        from gitledger.ops.validate import FinishValidation

        return FinishValidation(task=task.uid, result="passed", summary=request.reason or _DONE)
    from gitledger.ops.implement import FinishImplementation

    return FinishImplementation(task=task.uid, summary=request.reason or _DONE)


def _carry_out(world: World, step: Any) -> Decision:
    try:
        yield from step.decide(world)
    except (Refused, ValidationFailed) as error:
        raise in_graph_words(error) from None
