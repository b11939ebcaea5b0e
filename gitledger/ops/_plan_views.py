"""Plans and their questions as operations answer with them."""

from collections.abc import Iterable

from gitledger.model.task import Plan, Question, Task
from gitledger.ops._views import ActorView, View, actor_view, ref_of, refs_of


class QuestionView(View):
    """A planning question."""

    id: str
    task_id: str
    question: str
    status: str
    created_at: str
    required_for_plan: bool
    plan_version: int | None = None
    answer: str | None = None
    answered_at: str | None = None
    answered_by: str | None = None
    answered_by_actor: ActorView | None = None
    answer_source: str | None = None
    asked_by_actor: ActorView | None = None
    asked_in_harness: str | None = None
    event: str = ""


def question_view(task: Task, question: Question) -> QuestionView:
    """The view of a question."""
    return question_views(task, [question])[0]


def question_views(task: Task, questions: Iterable[Question]) -> list[QuestionView]:
    """The views of questions of the task."""
    refs = refs_of(task.questions)
    return [
        QuestionView(
            id=refs[question.id],
            task_id=task.id,
            question=question.text,
            status=question.status,
            created_at=question.created_at,
            required_for_plan=question.required,
            plan_version=question.plan_version,
            answer=question.answer,
            answered_at=question.answered_at,
            answered_by=question.answered_by.type if question.answered_by else None,
            answered_by_actor=actor_view(question.answered_by),
            answer_source=question.answer_source,
            asked_by_actor=actor_view(question.asked_by),
            asked_in_harness=question.asked_by.harness,
            event=question.id,
        )
        for question in questions
    ]


class CriterionView(View):
    """An acceptance criterion."""

    id: str
    text: str
    mandatory: bool


class PlanTodoView(View):
    """A todo as the plan states it."""

    id: str
    text: str
    mandatory: bool
    validation_hint: str | None = None


class PlanView(View):
    """A plan version."""

    task_id: str
    plan_id: str
    plan_version: int
    version: int
    status: str
    created_at: str
    created_by: ActorView | None
    digest: str
    goal: str
    criteria: list[CriterionView]
    todos: list[PlanTodoView]
    files: list[str]
    test_commands: list[str]
    expected_outputs: list[str]
    generation_reason: str
    todos_waived_reason: str | None = None
    supersedes: int | None = None
    supersedes_plan_id: str | None = None
    question_refs: list[str] = []
    based_on_question_ids: list[str] = []
    based_on_answer_hash: str | None = None
    approved_at: str | None = None
    approved_by: ActorView | None = None
    approved_via: str | None = None
    approval_note: str | None = None
    rejected_reason: str | None = None
    body: str | None = None
    event: str = ""


def plan_view(task: Task, plan: Plan, body: str | None = None) -> PlanView:
    """The view of a plan; with its body where that was read."""
    earlier = task.plan(plan.supersedes)
    based_on = set(plan.questions)
    asked = [ref for question, ref in refs_of(task.questions).items() if question in based_on]
    approval = plan.approval
    return PlanView(
        task_id=task.id,
        plan_id=ref_of(task.plans, plan),
        plan_version=plan.version,
        version=plan.version,
        status=plan.status,
        created_at=plan.created_at,
        created_by=actor_view(plan.created_by),
        digest=plan.digest,
        goal=plan.goal,
        criteria=[CriterionView(id=c.id, text=c.text, mandatory=c.mandatory) for c in plan.criteria],
        todos=[
            PlanTodoView(id=t.id, text=t.text, mandatory=t.mandatory, validation_hint=t.validation_hint)
            for t in plan.todos
        ],
        files=plan.files,
        test_commands=plan.test_commands,
        expected_outputs=plan.expected_outputs,
        generation_reason=plan.generation_reason,
        todos_waived_reason=plan.todos_waived_reason,
        supersedes=earlier.version if earlier else None,
        supersedes_plan_id=earlier.ref if earlier else None,
        question_refs=asked,
        based_on_question_ids=asked,
        based_on_answer_hash=plan.answers_hash,
        approved_at=approval.at if approval else None,
        approved_by=actor_view(approval.by) if approval else None,
        approved_via=approval.via if approval else None,
        approval_note=approval.note if approval else None,
        rejected_reason=plan.rejected_reason,
        body=body,
        event=plan.id,
    )
