"""Planning under a claim: beginning it, taking it up again, and ending it with a proposed version."""

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec.structs import force_setattr

from gitledger.model import workflow
from gitledger.model.events import PlanProposed, RunFinished, RunResumed, RunStarted
from gitledger.model.planfile import normal_body, parse_plan, plan_digest
from gitledger.model.questionfile import answers_hash
from gitledger.model.readiness import AFTER_QUESTIONS, answered_questions, needs_regeneration, plan_in_review
from gitledger.model.task import Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._base import Decision, StageOperation, TaskOperation, on, opt, require_text
from gitledger.ops._commands import next_line, on_task
from gitledger.ops._lifecycle import Lifecycle, lifecycle
from gitledger.ops._planning import (
    in_planning,
    questions_answered,
    regenerates,
    upsertable,
    version_of,
)
from gitledger.ops._views import summary_of
from gitledger.ops._world import World, next_number
from gitledger.ops.implement import holds, release_claims, started, take_claim

_STAGE = "planning"

# ---------------------------------------------------------------------------------------------- the planning run


def _start_planning(world: World, task: Task, reason: str) -> Decision:
    """Claim the task for its planning run: a new one, or one that nobody is at any more."""
    if task.status == _STAGE and holds(world, task, _STAGE):
        return
    run = task.running_run("planning")
    if run is not None:
        yield on(task, RunResumed(run=run.id, status=_STAGE))
        yield on(task, take_claim(world, task, _STAGE, run.id, reason))
        return
    code = world.code()
    begun = yield on(
        task,
        RunStarted(
            number=next_number(task.runs), kind="planning", status=_STAGE, branch=code.branch, head=code.head
        ),
    )
    yield on(task, take_claim(world, task, _STAGE, begun.id, reason))


class StartPlan(StageOperation, frozen=True, kw_only=True):
    """Start planning; this claims the task.

    Planning that nobody is at any more (the claim ran out or was broken) is taken up again.
    """

    command = "plan start"
    takes_claim = True
    guards = (_claim_rules.not_claimed_by_other, guards.stage("plan start"))

    def decide(self, world: World) -> Decision:
        yield from _start_planning(world, self.subject(world), "plan task")

    def show(self, world: World) -> Lifecycle:
        return started(world, self.subject(world), self.command, "planning")


class RevisePlan(TaskOperation, frozen=True, kw_only=True):
    """Plan again, after a plan was proposed or rejected; this claims the task."""

    command = "plan revise"
    takes_claim = True
    guards = (_claim_rules.not_claimed_by_other, guards.status_in("plan_review", "planning"))

    def decide(self, world: World) -> Decision:
        yield from _start_planning(world, self.subject(world), "revise plan")

    def show(self, world: World) -> Lifecycle:
        return started(world, self.subject(world), self.command, "planning")


# ---------------------------------------------------------------------------------------------- proposing


def proposal(
    world: World, task: Task, text: str, criteria: Sequence[str] = (), reason: str | None = None
) -> PlanProposed:
    """The event of a new version, from a text and the criteria that were given beside it."""
    draft = parse_plan(require_text(text, "--text", on_task(task, "plan", "template")), criteria)
    reason = reason or draft.generation_reason or "initial"
    if not draft.body:
        world.warnings.append("The plan has no body; whoever implements it may have nothing else to go by.")
    world.warnings += [f"The plan's front matter has `{key}`, which nothing reads." for key in draft.ignored]
    earlier, run = plan_in_review(task), task.running_run("planning")
    is_answered = reason == AFTER_QUESTIONS
    return PlanProposed(
        version=next_number(task.plans),
        digest=plan_digest(draft),
        body=normal_body(draft.body),
        goal=draft.goal,
        criteria=draft.criteria,
        todos=draft.todos,
        files=draft.files,
        test_commands=draft.test_commands,
        expected_outputs=draft.expected_outputs,
        generation_reason=reason,
        todos_waived_reason=draft.todos_waived_reason,
        run=run.id if run else None,
        questions=[question.id for question in answered_questions(task)] if is_answered else [],
        answers_hash=answers_hash(task.questions) if is_answered else None,
        supersedes=earlier.id if earlier else None,
        status=workflow.next_status(task.workflow, "planning", "plan propose") or "plan_review",
    )


def propose(task: Task, payload: PlanProposed) -> Decision:
    """Record a version; the planning run is finished with it and the claim ends."""
    runs = [run for run in task.runs if run.type == "planning" and run.status == "running"]
    released = release_claims(task, _STAGE)
    yield on(task, payload)
    for run in runs:
        yield on(task, RunFinished(run=run.id, result="finished", summary=summary_of(payload.body)))
    for claim in released:
        yield on(task, claim)


def proposed_view(world: World, op: Any, **extra: Any) -> Lifecycle:
    task = op.subject(world)
    event = next(event for event in world.events if event.type == "plan.proposed")
    plan = task.plan(event.id)
    assert plan is not None  # the event has just been folded
    if needs_regeneration(task):
        world.warnings.append("Answers call for a plan made from them: plan upsert --from-answers.")
    body = event.data.body
    return lifecycle(
        world,
        task,
        op.command,
        plan_version=plan.version,
        plan_digest=plan.digest,
        plan_body_chars=len(body),
        plan_body_lines=len(body.splitlines()),
        next_command=next_line(op, "plan", "lint", "--version", version_of(task, plan)),
        **extra,
    )


class ProposePlan(TaskOperation, frozen=True, kw_only=True):
    """Propose a plan: a new version that waits for review. The planning run and its claim end.

    The text is Markdown with optional YAML front matter; `plan template` shows both.
    """

    command = "plan propose"
    guards = (in_planning, _claim_rules.my_claim(_STAGE), guards.running("planning"))

    text: Annotated[str, opt("The plan.", file="--file")]
    criterion: Annotated[list[str], opt("An acceptance criterion, where the text has none; repeatable.")] = []

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        yield from propose(task, proposal(world, task, self.text, self.criterion))

    def what(self, world: World) -> str:
        return what_is_new(world)

    def show(self, world: World) -> Lifecycle:
        return proposed_view(world, self)


class UpsertPlan(TaskOperation, frozen=True, kw_only=True):
    """Propose a plan, or make a new version from the answers.

    It is made from the answers with --from-answers, or when a required answer is newer than the latest plan;
    then planning need not be going on. Otherwise this is `plan propose`.
    """

    command = "plan upsert"
    guards = (_claim_rules.not_claimed_by_other, upsertable, questions_answered)

    from_answers: Annotated[bool, opt("The plan was made from the answers.")] = False
    text: Annotated[str, opt("The plan.", file="--file")]
    criterion: Annotated[list[str], opt("An acceptance criterion, where the text has none; repeatable.")] = []
    allow_open_questions: Annotated[bool, opt("Go on although required questions are open.")] = False

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        reason = AFTER_QUESTIONS if regenerates(task, self) else None
        yield from propose(task, proposal(world, task, self.text, self.criterion, reason))

    def what(self, world: World) -> str:
        return what_is_new(world)

    def show(self, world: World) -> Lifecycle:
        event = next(event for event in world.events if event.type == "plan.proposed")
        is_new = event.data.generation_reason == AFTER_QUESTIONS
        return proposed_view(world, self, operation="regenerated" if is_new else "proposed")


class RegeneratePlan(UpsertPlan, frozen=True, kw_only=True):
    """Make a new version of the plan from the answers; planning need not be going on.

    The required questions have to be answered. Once a plan is accepted this is refused.
    """

    command = "plan regenerate"

    from_answers: Annotated[bool, opt("That is what this command does, said or not.")] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        force_setattr(self, "from_answers", True)


def what_is_new(world: World) -> str:
    """The version that was proposed, in a few words."""
    data = next(event.data for event in world.events if event.type == "plan.proposed")
    return f"v{data.version} {data.goal or summary_of(data.body)}"
