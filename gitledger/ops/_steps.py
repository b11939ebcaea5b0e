"""The next step of a task: one small function a status, each asking the guards of the command it recommends."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from gitledger.model.task import Task, Todo
from gitledger.model.workflow import STATUSES
from gitledger.ops import guards
from gitledger.ops._base import TaskOperation
from gitledger.ops._commands import Argv, on_task
from gitledger.ops._criteria import CriterionState, criteria_states
from gitledger.ops._facts import PROGRAM, Blocker
from gitledger.ops._step import Command, Step, is_unclaimed
from gitledger.ops._views import ref_of, refs_of
from gitledger.ops._world import World


def step_of(world: World, task: Task, op: TaskOperation) -> Step:
    """The next step of the task. `op` is who asks: its `task` is handed on to the operations that are weighed."""
    step = _unhindered(world, task, op)
    unknown = not_understood(task)
    return replace(step, obstacles=[*unknown, *step.obstacles]) if step.action != "none" and unknown else step


def not_understood(task: Task) -> list[Blocker]:
    """The block on every write to a task that holds events of a newer gitledger."""
    types = [name for name in task.unknown if not name.startswith("x.")]
    if not types:
        return []
    message = f"{task.id} holds events that this version does not understand ({', '.join(types)}); upgrade gitledger."
    return [Blocker("upgrade", message, ref=task.id, command=(PROGRAM, "version"))]


def _unhindered(world: World, task: Task, op: TaskOperation) -> Step:
    if task.status == "done":
        return Step(action="none", reason="The task is complete.")
    if task.status == "cancelled":
        return Step(action="none", reason="The task was cancelled.")
    if task.hold is not None:
        show = Command("inspect", "Show the task", on_task(task, "task", "show"))
        resume = Command("resume", "Lift the hold", on_task(task, "resume"))
        held = guards.find_hold(world, task, op)
        return Step(action="hold", reason=held[0].message, commands=[show, resume], work=held)
    if task.workflow == "light" and task.status in STATUSES["light"]:
        return _light(world, task)
    if task.workflow != "staged" or task.status not in STATUSES["staged"]:
        return Step(action="none", reason=f"No next step is known for a {task.workflow} task that is {task.status}.")
    return _planned(world, task, op) or _BY_STATUS[task.status](world, task, op)


def _light(world: World, task: Task) -> Step:
    """The next step of a light task: begin it, or finish it."""
    from gitledger.ops._advancing import request_of
    from gitledger.ops._light_rules import light_rules
    from gitledger.ops._types import skips_review

    if task.status == "queue":
        trigger = "start"
        commands = [Command("advance", "Start working on it", (PROGRAM, "advance", task.id, "start"))]
    else:
        trigger = "complete"
        commands = [Command("advance", "Complete it", (PROGRAM, "advance", task.id, "complete"))]
    if task.status == "work" and not skips_review(world, task):
        commands.append(Command("advance", "Hand it over for review", (PROGRAM, "advance", task.id, "start")))
    request = request_of(trigger)
    reason = {"queue": "The task waits to be begun.", "work": "The task is being worked on.", "review": "The task is in review."}
    return Step(
        action=f"advance-{trigger}",
        reason=reason[task.status],
        item=task,
        commands=commands,
        obstacles=[blocker for rule in light_rules(request.trigger) for blocker in rule.find(world, task, request)],
    )


def _planned(world: World, task: Task, op: TaskOperation) -> Step | None:
    """The step where the plan is not settled yet; None once it is."""
    if task.status in ("draft", "planning", "plan_review"):
        from gitledger.ops import _steps_planning

        return _steps_planning.BY_STATUS[task.status](world, task, op)
    if not task.conflicts:
        return None
    from gitledger.model.readiness import settles
    from gitledger.ops._steps_planning import settle

    return settle(world, task, op) if settles(task) else None


# ---------------------------------------------------------------------------------------------- implementation


def _approved(world: World, task: Task, op: TaskOperation) -> Step:
    from gitledger.ops.implement import StartImplementation

    blockers = guards.blockers_of(world, StartImplementation(task=op.task))
    if any(blocker.kind == "running_run" for blocker in blockers):
        return _resume(world, task, op)
    return Step(
        action="implement",
        reason="The approved plan is ready for implementation.",
        item=task,
        commands=[Command("start", "Start implementation", on_task(task, "implement", "start"))],
        obstacles=blockers,
    )


def _resume(world: World, task: Task, op: TaskOperation) -> Step:
    from gitledger.ops.implement import ResumeImplementation

    return Step(
        action="implement-resume",
        reason="An implementation has begun, but nobody is at it now; take it up again.",
        item=task,
        commands=[
            Command(
                "resume", "Resume implementation", on_task(task, "implement", "resume", "--reason", "REASON")
            )
        ],
        obstacles=guards.blockers_of(world, ResumeImplementation(task=op.task, reason="REASON")),
    )


def _implementing(world: World, task: Task, op: TaskOperation) -> Step:
    from gitledger.ops.implement import FinishImplementation

    blockers = guards.blockers_of(world, FinishImplementation(task=op.task, summary="SUMMARY"))
    if is_unclaimed(blockers):
        return _resume(world, task, op)
    open_todos = [blocker for blocker in blockers if blocker.kind == "todo_open"]
    obstacles = [blocker for blocker in blockers if blocker.kind != "todo_open"]
    if open_todos:
        return _todo_work(task, f"Implementation is in progress; {_remaining(open_todos)}.", obstacles)
    rest = any(not todo.is_done for todo in task.live_todos())
    finish = on_task(task, "implement", "finish", "--summary", "SUMMARY")
    return Step(
        action="implement-finish",
        reason=f"All {'mandatory ' if rest else ''}todos done; ready to finish implementation.",
        item=task,
        commands=[Command("finish", "Finish implementation", finish), _checklist(task)],
        obstacles=obstacles,
        shows="todos",
    )


def _remaining(open_todos: list[Blocker]) -> str:
    return "1 todo remains" if len(open_todos) == 1 else f"{len(open_todos)} todos remain"


def _checklist(task: Task) -> Command:
    return Command("context", "Show implementation checklist", on_task(task, "implement", "checklist"))


def _todo_work(task: Task, reason: str, obstacles: list[Blocker]) -> Step:
    from gitledger.ops.todo import next_todo

    todo = next_todo(task)
    assert todo is not None  # a mandatory one is open
    show = on_task(task, "todo", "show", ref_of(task.todos, todo))
    return Step(
        action="todo-work",
        reason=reason,
        item=todo,
        commands=[
            Command("inspect", "Show next todo", show),
            Command("complete", "Mark todo done after evidence exists", done_argv(task, todo)),
            _checklist(task),
        ],
        obstacles=obstacles,
        shows="todos",
    )


def done_argv(task: Task, todo: Todo) -> Argv:
    """The command that marks a todo done."""
    return on_task(task, "todo", "done", ref_of(task.todos, todo), "--evidence", "...")


# ---------------------------------------------------------------------------------------------- validation


def _validate(world: World, task: Task, op: TaskOperation, reason: str) -> Step:
    from gitledger.ops.validate import StartValidation

    return Step(
        action="validate",
        reason=reason,
        item=task,
        commands=[Command("start", "Start validation", on_task(task, "validate", "start"))],
        obstacles=guards.blockers_of(world, StartValidation(task=op.task)),
    )


def _implemented(world: World, task: Task, op: TaskOperation) -> Step:
    reopened = guards.todo_blockers(world, task)
    if reopened:  # once validation has begun, no todo can be marked done
        reason = f"Implementation is complete, but {_remaining(reopened)}; without that no validation passes."
        return _todo_work(task, reason, [])
    return _validate(world, task, op, "Implementation is complete and ready to validate.")


# What is missing for a passed validation, the most telling first, with kind and label of the command that helps.
_MISSING = {
    "criterion_fail": ("check", "Record validation check"),
    "criterion_missing": ("check", "Record validation check"),
    "todo_open": ("finish", "Send it back: finish validation as failed"),
    "no_finished_implementation": ("inspect", "See what is in the way"),
    "dependency_blocker": ("inspect", "Show the task it waits for"),
    "file_missing": ("inspect", "Show the linked files"),
    "no_accepted_plan": ("inspect", "Show the plans"),
}


def _validating(world: World, task: Task, op: TaskOperation) -> Step:
    from gitledger.ops.validate import FinishValidation

    blockers = guards.blockers_of(world, FinishValidation(task=op.task, result="passed", summary="SUMMARY"))
    if is_unclaimed(blockers):
        return _validate(world, task, op, "Validation has begun, but nobody is at it now; take it up again.")
    missing = [blocker for blocker in blockers if blocker.kind in _MISSING]
    obstacles = [blocker for blocker in blockers if blocker.kind not in _MISSING]
    status = Command("context", "Show validation status", on_task(task, "validate", "status"))
    if missing:
        return _validate_check(world, task, missing, obstacles, status)
    finish = on_task(task, "validate", "finish", "--result", "passed", "--summary", "SUMMARY")
    return Step(
        action="validate-finish",
        reason="Validation is complete enough to finish.",
        item=task,
        commands=[Command("finish", "Finish validation", finish), status],
        obstacles=obstacles,
        shows="validation",
    )


def _validate_check(
    world: World, task: Task, missing: list[Blocker], obstacles: list[Blocker], status: Command
) -> Step:
    order = list(_MISSING)
    first = min(missing, key=lambda blocker: order.index(blocker.kind))
    commands = [Command(*_MISSING[first.kind], first.command)]
    if first.kind == "criterion_fail":
        failed = on_task(task, "validate", "finish", "--result", "failed", "--summary", "SUMMARY")
        commands.append(Command("finish", "Finish validation as failed", failed))
    is_check = first.kind.startswith("criterion_")
    return Step(
        action="validate-check",
        reason="Validation is in progress; "
        + ("required checks remain." if is_check else f"it cannot pass yet: {first.message}"),
        item=_missing_item(task, first),
        commands=[*commands, status],
        work=missing,
        obstacles=obstacles,
        shows="validation",
    )


def _missing_item(task: Task, blocker: Blocker) -> Any:
    if blocker.kind.startswith("criterion_"):
        return next(state for state in criteria_of(task) if state.criterion.id == blocker.ref)
    if blocker.kind == "todo_open":
        refs = refs_of(task.todos)
        return next(todo for todo in task.live_todos() if refs[todo.id] == blocker.ref)
    if blocker.kind == "dependency_blocker":
        return blocker.ref
    return (task.latest_plan() or task) if blocker.kind == "no_accepted_plan" else task


def criteria_of(task: Task) -> list[CriterionState]:
    """How the criteria stand in the validation that goes on, or went last."""
    run = task.running_run("validation") or task.latest_run("validation")
    return criteria_states(task, task.current_plan(), run)


def _failed_validation(world: World, task: Task, op: TaskOperation) -> Step:
    from gitledger.ops.implement import RestartImplementation

    restart = on_task(task, "implement", "restart", "--summary", "SUMMARY")
    return Step(
        action="implement-restart",
        reason="Validation failed; restart implementation.",
        item=task,
        commands=[Command("restart", "Restart implementation", restart)],
        obstacles=guards.blockers_of(world, RestartImplementation(task=op.task, summary="SUMMARY")),
    )


_BY_STATUS: dict[str, Callable[[World, Task, TaskOperation], Step]] = {
    "approved": _approved,
    "implementing": _implementing,
    "implemented": _implemented,
    "validating": _validating,
    "failed_validation": _failed_validation,
}
