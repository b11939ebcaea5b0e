"""What the questions of a task mean for its plan, and the command to go on with."""

from typing import Literal

from gitledger.model.planfile import RECOMMENDED_FIELDS, REQUIRED_FIELDS
from gitledger.model.readiness import answered_questions, needs_regeneration, open_required_questions, plan_in_review
from gitledger.model.task import Task
from gitledger.ops._base import TaskOperation
from gitledger.ops._commands import next_line
from gitledger.ops._planning import new_answers, version_of
from gitledger.ops._views import View, refs_of


class QuestionStatus(View):
    """What the questions mean for the plan, and the command to go on with."""

    task_id: str
    required_open: int
    required_open_questions: list[str]
    answered: int
    answered_since_latest_plan: list[str]
    plan_regeneration_needed: bool
    next_action: str
    template_command: str
    required_plan_fields: list[str]
    recommended_plan_fields: list[str]
    kind: Literal["question_status"] = "question_status"


def question_status(task: Task, op: TaskOperation) -> QuestionStatus:
    """The state of a task's questions; its commands name the task where `op` did."""
    refs = refs_of(task.questions)
    required_open = [refs[question.id] for question in open_required_questions(task)]
    return QuestionStatus(
        task_id=task.id,
        required_open=len(required_open),
        required_open_questions=required_open,
        answered=len(answered_questions(task)),
        answered_since_latest_plan=[refs[question.id] for question in new_answers(task)],
        plan_regeneration_needed=needs_regeneration(task),
        next_action=_next_action(task, op, required_open),
        template_command=next_line(op, "plan", "template", "--from-answers", "--file", "plan.md"),
        required_plan_fields=list(REQUIRED_FIELDS),
        recommended_plan_fields=list(RECOMMENDED_FIELDS),
    )


def _next_action(task: Task, op: TaskOperation, required_open: list[str]) -> str:
    if task.status not in ("draft", "planning", "plan_review"):
        return next_line(op, "next-action")
    if required_open:
        return next_line(op, "question", "answer", required_open[0], "--text", "ANSWER")
    if needs_regeneration(task):
        return next_line(op, "plan", "upsert", "--from-answers", "--file", "plan.md")
    if task.status == "draft":
        return next_line(op, "plan", "start")
    if task.status == "planning":
        return next_line(op, "plan", "upsert", "--file", "plan.md")
    plan = plan_in_review(task)
    words = ("plan", "show", "--version", version_of(task, plan)) if plan else ("plan", "revise")
    return next_line(op, *words)
