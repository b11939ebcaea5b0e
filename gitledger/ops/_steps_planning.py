"""The next step while a task is planned: questions first, then a plan, then the user's word on it."""

from collections.abc import Callable
from typing import Any

from gitledger.model.readiness import needs_regeneration, open_required_questions, plan_in_review
from gitledger.model.task import Plan, Question, Task
from gitledger.ops import guards
from gitledger.ops._base import TaskOperation
from gitledger.ops._commands import on_task
from gitledger.ops._facts import Blocker
from gitledger.ops._planning import answers_used, new_answers, questions_answered, version_of
from gitledger.ops._step import Command, Step, is_unclaimed
from gitledger.ops._views import ref_of
from gitledger.ops._world import World


def _plan(world: World, task: Task, op: TaskOperation, reason: str, verb: str = "start") -> Step:
    from gitledger.ops._proposing import RevisePlan, StartPlan

    operation: type[Any] = RevisePlan if verb == "revise" else StartPlan
    label = {"start": "Start planning", "revise": "Revise the plan"}[verb]
    return Step(
        action="plan",
        reason=reason,
        commands=[Command("start", label, on_task(task, "plan", verb))],
        obstacles=guards.blockers_of(world, operation(task=op.task)),
    )


def draft(world: World, task: Task, op: TaskOperation) -> Step:
    """Before any planning."""
    return _plan(world, task, op, "The task needs a plan.")


def planning(world: World, task: Task, op: TaskOperation) -> Step:
    """While a planning run goes on: questions need no claim, the plan does."""
    from gitledger.ops._proposing import ProposePlan

    questions = _questions(world, task, op)
    if questions is not None:
        return questions
    blockers = guards.blockers_of(world, ProposePlan(task=op.task, text=""))
    if is_unclaimed(blockers):
        return _plan(world, task, op, "Planning has begun, but nobody is at it now; take it up again.")
    return Step(
        action="plan-propose",
        reason="Planning is in progress; write the plan and propose it.",
        commands=[
            Command("complete", "Propose the plan", on_task(task, "plan", "upsert", "--file", "plan.md")),
            Command("context", "Write a plan template", on_task(task, "plan", "template", "--file", "plan.md")),
        ],
        obstacles=blockers,
    )


def _questions(world: World, task: Task, op: TaskOperation) -> Step | None:
    """What questions demand before the plan can go on; None where they demand nothing."""
    asked = open_required_questions(task)
    if asked:
        return _answer(world, task, op, asked, questions_answered.find(world, task, op))
    if not needs_regeneration(task):
        return None
    from gitledger.ops._proposing import UpsertPlan

    answered = new_answers(task)[0]
    return Step(
        action="plan-regenerate",
        reason="Required questions were answered; make the plan from the answers.",
        item=answered,
        commands=[
            Command(
                "regenerate",
                "Regenerate plan from answers",
                on_task(task, "plan", "upsert", "--from-answers", "--file", "plan.md"),
            )
        ],
        work=answers_used.find(world, task, op),
        obstacles=guards.blockers_of(world, UpsertPlan(task=op.task, from_answers=True, text="")),
        shows="questions",
    )


def _answer(world: World, task: Task, op: TaskOperation, asked: list[Question], work: list[Blocker]) -> Step:
    from gitledger.ops.question import AnswerQuestion

    count, ref = len(asked), ref_of(task.questions, asked[0])
    return Step(
        action="question-answer",
        reason=f"{count} required {'question waits for an answer' if count == 1 else 'questions wait for answers'}.",
        item=asked[0],
        commands=[
            Command(
                "answer", "Answer required question", on_task(task, "question", "answer", ref, "--text", "ANSWER")
            ),
            Command("context", "Show open questions", on_task(task, "question", "open")),
        ],
        work=work,
        obstacles=guards.blockers_of(world, AnswerQuestion(task=op.task, question=ref, text="ANSWER")),
        shows="questions",
    )


def plan_review(world: World, task: Task, op: TaskOperation) -> Step:
    """After a plan was proposed, or rejected."""
    questions = _questions(world, task, op)
    if questions is not None:
        return questions
    plan = plan_in_review(task)
    if plan is not None:
        return _approve(world, task, op, plan)
    latest = task.latest_plan()
    if latest is None or latest.status != "rejected":
        return _plan(world, task, op, "No plan is waiting for review; plan again.", "revise")
    why = f": {latest.rejected_reason}" if latest.rejected_reason else "."
    return _plan(world, task, op, f"Plan v{latest.version} was rejected{why} Plan again.", "revise")


def _approve(world: World, task: Task, op: TaskOperation, plan: Plan) -> Step:
    version = version_of(task, plan)
    return Step(
        action="plan-approve",
        reason=f"Plan v{plan.version} waits for the user to accept or reject it.",
        item=plan,
        commands=[
            _accept(task, plan, version),
            Command("inspect", "Show the plan", on_task(task, "plan", "show", "--version", version)),
        ],
        obstacles=_approval_blockers(world, task, op, version),
    )


def _accept(task: Task, plan: Plan, version: str) -> Command:
    argv = on_task(task, "plan", "accept", "--version", version, "--note", "NOTE")
    return Command("approve", f"Accept plan v{plan.version}", argv)


def _approval_blockers(world: World, task: Task, op: TaskOperation, version: str) -> list[Blocker]:
    """What is in the way of accepting the plan: its rules, and its demands (lint among them), which only refuse."""
    from gitledger.ops._review import AcceptPlan

    accept = AcceptPlan(task=op.task, version=version, note="NOTE")
    blockers = guards.blockers_of(world, accept)
    for demand in accept.guards:
        refusal = None if isinstance(demand, guards.Rule) else demand(world, accept)
        if refusal is not None:
            blockers.append(Blocker("approval", refusal.message, ref=task.id, command=refusal.hint))
    return blockers


def settle(world: World, task: Task, op: TaskOperation) -> Step:
    """Two plans were accepted at the same time: a person has to say which one holds."""
    accepted = [plan for plan in task.plans if plan.approval is not None]
    holding = task.plan(task.accepted_plan) or next(iter(accepted), None)
    return Step(
        action="plan-approve",
        reason="Two plans were accepted at the same time; the user has to accept one of them again.",
        item=holding,
        commands=[
            Command("inspect", "Compare the accepted plans", on_task(task, "plan", "list")),
            *(_accept(task, plan, version_of(task, plan)) for plan in accepted),
        ],
        work=guards.accepted_plan.find(world, task, op),
        obstacles=_approval_blockers(world, task, op, version_of(task, holding)) if holding else [],
    )


BY_STATUS: dict[str, Callable[[World, Task, TaskOperation], Step]] = {
    "draft": draft,
    "planning": planning,
    "plan_review": plan_review,
}
