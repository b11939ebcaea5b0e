"""What a step is about, as `next-action` shows it: one shape for each kind of thing."""

from typing import Any

from gitledger.model.task import Plan, Question, Task, Todo
from gitledger.ops._base import TaskOperation
from gitledger.ops._commands import line_of
from gitledger.ops._criteria import CriterionState
from gitledger.ops._steps import done_argv
from gitledger.ops._views import View, ref_of


class Item(View, tag_field="kind"):
    """What a step is about."""

    id: str


class TaskItem(Item, tag="task"):
    """The task itself."""

    status_stage: str


class PlanItem(Item, tag="plan"):
    """The plan that waits for a decision."""

    version: int
    status: str


class QuestionItem(Item, tag="question"):
    """The question to answer first."""

    text: str
    status: str
    required_for_plan: bool
    plan_version: int | None


class AnsweredQuestionItem(Item, tag="answered_question"):
    """An answer that the plan does not stand on yet."""

    text: str
    status: str
    required_for_plan: bool
    plan_version: int | None
    answer: str | None
    answered_at: str | None


class TodoItem(Item, tag="todo"):
    """The todo to work on."""

    text: str
    status: str
    mandatory: bool
    source: str
    done: bool
    validation_hint: str | None
    done_command_hint: str


class CriterionItem(Item, tag="criterion"):
    """The criterion to check."""

    text: str
    mandatory: bool
    latest_status: str
    satisfied: bool


class DependencyItem(Item, tag="dependency"):
    """The task that must come first."""


NextItem = TaskItem | PlanItem | QuestionItem | AnsweredQuestionItem | TodoItem | CriterionItem | DependencyItem


def item_view(task: Task, item: Any, op: TaskOperation) -> NextItem | None:
    """The view of what a step is about."""
    match item:
        case None:
            return None
        case Task():
            return TaskItem(id=task.id, status_stage=task.status)
        case Plan():
            return PlanItem(id=ref_of(task.plans, item), version=item.version, status=item.status)
        case Question():
            return _question_item(task, item)
        case Todo():
            return TodoItem(
                id=ref_of(task.todos, item),
                text=item.text,
                status=item.status,
                mandatory=item.mandatory,
                source=item.source,
                done=item.is_done,
                validation_hint=item.validation_hint,
                done_command_hint=line_of(done_argv(task, item), task, op),
            )
        case CriterionState():
            return CriterionItem(
                id=item.criterion.id,
                text=item.criterion.text,
                mandatory=item.criterion.mandatory,
                latest_status=item.latest.status if item.latest else "not_run",
                satisfied=item.is_satisfied,
            )
    return DependencyItem(id=item)


def _question_item(task: Task, question: Question) -> QuestionItem | AnsweredQuestionItem:
    asked = {
        "id": ref_of(task.questions, question),
        "text": question.text,
        "status": question.status,
        "required_for_plan": question.required,
        "plan_version": question.plan_version,
    }
    if question.status != "answered":
        return QuestionItem(**asked)
    return AnsweredQuestionItem(**asked, answer=question.answer, answered_at=question.answered_at)
