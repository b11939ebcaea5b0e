"""What planning knows and demands: whether answers are newer than the plan, and the rules that its commands share."""

from typing import Annotated, Any

from msgspec.structs import replace

from gitledger.errors import Conflict, LedgerError, NotFound, Refused
from gitledger.model.readiness import answered_questions, needs_regeneration, open_required_questions, plan_in_review
from gitledger.model.task import Plan, Question, Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._base import opt
from gitledger.ops._commands import on_task
from gitledger.ops._facts import Blocker
from gitledger.ops._views import refs_of
from gitledger.ops._world import World
from gitledger.ops.guards import Rule

# ---------------------------------------------------------------------------------------------- facts


def new_answers(task: Task) -> list[Question]:
    """The answered questions that call for a new plan; none where the latest plan stands on them."""
    if not needs_regeneration(task):
        return []
    plan, answered = task.latest_plan(), answered_questions(task)
    if plan is None:
        return answered
    newer = [question for question in answered if (question.answered_at or "") > plan.created_at]
    return newer or [question for question in answered if question.required]


def version_of(task: Task, plan: Plan) -> str:
    """What --version takes for a plan: its number, or part of its id where two plans share the number."""
    twins = [other for other in task.plans if other.version == plan.version]
    return str(plan.version) if len(twins) == 1 else plan.id[:8]


# How the commands on one plan take its version.
Version = Annotated[
    int | str | None, opt("The version: 2, part of the plan's id, or with its task: 30/plan-v2; left out, the latest.")
]


def find_plan(world: World, task: Task, version: int | str | None) -> Plan:
    """The plan that `version` names, else the latest."""
    if version is not None:
        return world.item(task.plans, "plan", str(version), task)
    latest = task.latest_plan()
    if latest is None:
        raise NotFound(f"{task.id} has no plan yet.", hint=guards.next_step(task), task_id=task.id)
    return latest


# ---------------------------------------------------------------------------------------------- rules


def _find_open_questions(world: World, task: Task, op: Any) -> list[Blocker]:
    asked = open_required_questions(task)
    if not asked or getattr(op, "allow_open_questions", False):
        return []
    named = refs_of(task.questions)
    refs = [named[question.id] for question in asked]
    return [
        Blocker(
            "open_questions",
            f"{task.id} is blocked by required open questions: {', '.join(refs)}.",
            ref=refs[0],
            command=on_task(task, "question", "answer", refs[0], "--text", "ANSWER"),
            details={"question_ids": refs},
        )
    ]


# Every question that the plan depends on has an answer.
questions_answered = Rule(
    "questions answered", _find_open_questions, lambda task, blockers: guards.refusal(Refused, task, blockers)
)


def _find_stale_answers(world: World, task: Task, op: Any) -> list[Blocker]:
    if not needs_regeneration(task):
        return []
    named = refs_of(task.questions)
    refs = [named[question.id] for question in new_answers(task)]
    return [
        Blocker(
            "stale_answers",
            f"The latest plan of {task.id} does not stand on the answers to {', '.join(refs)}.",
            ref=refs[0],
            command=on_task(task, "plan", "upsert", "--from-answers", "--file", "plan.md"),
            details={"question_ids": refs},
        )
    ]


# The latest plan was made from the answers as they are.
answers_used = Rule(
    "answers used",
    _find_stale_answers,
    lambda task, blockers: guards.refusal(Refused, task, blockers, code="APPROVAL_REQUIRED"),
)


def _find_not_planning(world: World, task: Task, op: Any) -> list[Blocker]:
    blockers = guards.stage("plan propose").find(world, task, op)
    start = {"draft": "start", "plan_review": "revise"}.get(task.status)
    if start is None or task.hold is not None:
        return blockers
    return [replace(blocker, command=on_task(task, "plan", start)) for blocker in blockers]


# Planning goes on.
in_planning = Rule("in planning", _find_not_planning, lambda task, blockers: guards.refusal(Refused, task, blockers))


def regenerates(task: Task, op: Any) -> bool:
    """Whether `plan upsert` makes a plan from the answers, for which planning need not be going on."""
    return op.from_answers or needs_regeneration(task)


def _find_not_upsertable(world: World, task: Task, op: Any) -> list[Blocker]:
    if not regenerates(task, op):
        rules = (in_planning, _claim_rules.my_claim("planning"), guards.running("planning"))
        return next(filter(None, (rule.find(world, task, op) for rule in rules)), [])
    blockers = guards.stage("plan regenerate").find(world, task, op)
    if blockers or task.plans or answered_questions(task):
        return blockers
    return [
        Blocker(
            "no_answers",
            f"{task.id} has neither an answered question nor an earlier plan; leave --from-answers out.",
            ref=task.id,
            command=on_task(task, "plan", "upsert", "--file", "plan.md"),
        )
    ]


def _refuse_upsert(task: Task, blockers: list[Blocker]) -> LedgerError:
    code = {"lock": "LOCK_CONFLICT", "lock_missing": "LOCK_CONFLICT", "lock_expired": "STALE_LOCK_REQUIRES_BREAK"}.get(
        blockers[0].kind
    )
    return guards.refusal(Conflict if code else Refused, task, blockers, code=code)


# There is a planning run of mine to conclude, or there are answers to plan from.
upsertable = Rule("upsertable", _find_not_upsertable, _refuse_upsert)


def _find_nothing_to_reject(world: World, task: Task, op: Any) -> list[Blocker]:
    latest = task.latest_plan()
    if plan_in_review(task) is not None or (latest is not None and latest.status == "rejected"):
        return []
    return [Blocker("approval", f"{task.id} has no proposed plan.", ref=task.id, command=on_task(task, "plan", "list"))]


# There is a proposed plan (or it is rejected already).
rejectable = Rule(
    "rejectable", _find_nothing_to_reject, lambda task, blockers: guards.refusal(Refused, task, blockers)
)
