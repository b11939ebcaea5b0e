"""The next concrete step of a task, and whether an action could start now. Both only look."""

from importlib import import_module
from typing import Annotated, Any, Literal

from msgspec import UNSET, UnsetType

from gitledger.errors import InvalidInput
from gitledger.model.readiness import open_required_questions
from gitledger.model.task import Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._base import TaskOperation, arg, opt
from gitledger.ops._commands import line_of, on_task, shown_blocker
from gitledger.ops._facts import PROGRAM, Blocker
from gitledger.ops._items import NextItem, item_view
from gitledger.ops._step import Step
from gitledger.ops._steps import criteria_of, not_understood, step_of
from gitledger.ops._views import CommandHint, View, active_stage, refs_of
from gitledger.ops._world import World
from gitledger.ops.todo import Progress, progress

# ---------------------------------------------------------------------------------------------- progress


class QuestionProgress(View):
    """The questions that the plan waits for."""

    required_open: int
    required_open_ids: list[str]
    answered_since_latest_plan: list[str] | UnsetType = UNSET


class ValidationProgress(View):
    """How many mandatory criteria hold. `blocking_ids` names all that a passed validation still lacks."""

    total: int
    satisfied: int
    remaining: int
    blocking_ids: list[str]


class StepProgress(View):
    """How far the step has come, where that can be counted."""

    questions: QuestionProgress | UnsetType = UNSET
    todos: Progress | UnsetType = UNSET
    validation: ValidationProgress | UnsetType = UNSET


def step_progress(task: Task, step: Step) -> StepProgress:
    """The progress that belongs to the step."""
    if step.shows == "todos":
        return StepProgress(todos=progress(task))
    if step.shows == "validation":
        states = [state for state in criteria_of(task) if state.criterion.mandatory]
        satisfied = sum(state.is_satisfied for state in states)
        return StepProgress(
            validation=ValidationProgress(
                total=len(states),
                satisfied=satisfied,
                remaining=len(states) - satisfied,
                blocking_ids=[blocker.ref for blocker in step.work if blocker.ref],
            )
        )
    if step.shows == "questions":
        from gitledger.ops._planning import new_answers

        refs = refs_of(task.questions)
        asked = [refs[question.id] for question in open_required_questions(task)]
        news = [refs[question.id] for question in new_answers(task)]
        return StepProgress(
            questions=QuestionProgress(
                required_open=len(asked), required_open_ids=asked, answered_since_latest_plan=news or UNSET
            )
        )
    return StepProgress()


# ---------------------------------------------------------------------------------------------- next-action


class NextAction(View):
    """The next step. `next_command` is the primary one of `commands`; placeholders in capitals are to be filled in."""

    task_id: str
    status_stage: str
    active_stage: str | None
    action: str
    reason: str
    blocking: list[dict[str, Any]]
    next_command: str | None
    next_item: NextItem | None
    commands: list[CommandHint]
    progress: StepProgress
    template_command: str | UnsetType = UNSET
    required_plan_fields: list[str] | UnsetType = UNSET
    recommended_plan_fields: list[str] | UnsetType = UNSET
    kind: Literal["task_next_action"] = "task_next_action"


class ShowNextAction(TaskOperation, frozen=True, kw_only=True):
    """Show the next concrete step of a task, and the command for it.

    The place to begin in a fresh session. It only looks: nothing is claimed or changed.
    """

    command = "next-action"
    writes = False

    def show(self, world: World) -> NextAction:
        task = self.subject(world)
        _claim_rules.warn_of_losses(world, [task])
        step = step_of(world, task, self)
        commands = [
            CommandHint(
                kind=command.kind,
                label=command.label,
                command=line_of(command.argv, task, self),
                primary=place == 0,
            )
            for place, command in enumerate(step.ordered())
        ]
        return NextAction(
            task_id=task.id,
            status_stage=task.status,
            active_stage=active_stage(task, world.now),
            action=step.action,
            reason=step.sentence(),
            blocking=[shown_blocker(blocker, task, self) for blocker in (*step.obstacles, *step.work)],
            next_command=commands[0].command if commands else None,
            next_item=item_view(task, step.item, self),
            commands=commands,
            progress=step_progress(task, step),
            **(_plan_fields(task, self) if step.action == "plan-regenerate" else {}),
        )


def _plan_fields(task: Task, op: TaskOperation) -> dict[str, Any]:
    """What a plan made from answers needs."""
    from gitledger.model.planfile import RECOMMENDED_FIELDS, REQUIRED_FIELDS

    template = on_task(task, "plan", "template", "--from-answers", "--file", "plan.md")
    return {
        "template_command": line_of(template, task, op),
        "required_plan_fields": list(REQUIRED_FIELDS),
        "recommended_plan_fields": list(RECOMMENDED_FIELDS),
    }


# ---------------------------------------------------------------------------------------------- can

Action = Literal["plan", "implement", "implement-resume", "implement-restart", "validate"]

# action → module and class of the operation that starts it, and what else that operation has to be given.
_ACTIONS: dict[str, tuple[str, str, dict[str, str]]] = {
    "plan": ("plan", "StartPlan", {}),
    "implement": ("implement", "StartImplementation", {}),
    "implement-resume": ("implement", "ResumeImplementation", {"reason": "REASON"}),
    "implement-restart": ("implement", "RestartImplementation", {"summary": "SUMMARY"}),
    "validate": ("validate", "StartValidation", {}),
}


class Capability(View):
    """Whether an action could start now, and everything that stands in its way."""

    task_id: str
    action: str
    ok: bool
    reason: str
    active_stage: str | None
    blocking: list[dict[str, Any]]
    kind: Literal["task_capability"] = "task_capability"


class CheckCan(TaskOperation, frozen=True, kw_only=True):
    """Check whether an action could start now, and what stands in its way.

    It asks the rules by which the action itself would be refused. The exit code is 0 either way.
    """

    command = "can"
    writes = False

    action: Annotated[Action, arg("plan, implement, implement-resume, implement-restart or validate.")]
    task: Annotated[
        str | None,
        opt("The task: task-0030, 30, its slug or its uid; left out, the active one.", positional_too=True),
    ] = None

    def show(self, world: World) -> Capability:
        task = self.subject(world)
        blockers = self._blockers(world, task)
        return Capability(
            task_id=task.id,
            action=self.action,
            ok=not blockers,
            reason=" ".join(blocker.message for blocker in blockers) or f"{self.action} can start now.",
            active_stage=active_stage(task, world.now),
            blocking=[shown_blocker(blocker, task, self) for blocker in blockers],
        )

    def _blockers(self, world: World, task: Task) -> list[Blocker]:
        if self.action not in _ACTIONS:
            raise InvalidInput(
                f"{self.action!r} is not an action to ask about; known are {', '.join(_ACTIONS)}.",
                hint=(PROGRAM, "can", "--help"),
            )
        module, name, given = _ACTIONS[self.action]
        operation = getattr(import_module(f"gitledger.ops.{module}"), name)
        return [*not_understood(task), *guards.blockers_of(world, operation(task=self.task, **given))]


OPERATIONS = (ShowNextAction, CheckCan)
