"""Questions that a plan depends on: asked by the planner, answered by whoever knows."""

from typing import Annotated, Literal

from gitledger.errors import InvalidInput
from gitledger.model.events import QuestionAdded, QuestionAnswered, QuestionDismissed
from gitledger.model.questionfile import parse_answers, parse_questions
from gitledger.model.readiness import answered_questions
from gitledger.model.task import Question, Task
from gitledger.ops import guards
from gitledger.ops._base import Decision, TaskOperation, arg, on, opt, require_text
from gitledger.ops._facts import PROGRAM
from gitledger.ops._plan_views import QuestionView, question_view, question_views
from gitledger.ops._question_status import QuestionStatus, question_status
from gitledger.ops._views import View
from gitledger.ops._world import World, next_number

# Questions belong to planning; who answers need not hold the task.
_PLANNING = guards.status_in("draft", "planning", "plan_review")
_STATUSES = ("open", "answered", "dismissed")
Answerer = Literal["user", "agent", "system"]


def find_question(world: World, task: Task, reference: str) -> Question:
    """The question that `q-0001`, `q-1`, `1` or part of its id names."""
    return world.item(task.questions, "q", reference, task)


def _asked(task: Task, number: int, text: str, required: bool) -> QuestionAdded:
    latest = task.latest_plan()
    return QuestionAdded(
        number=number, text=text, required=required, plan_version=latest.version if latest else None
    )


def _answer(question: Question, text: str, by: str, source: str) -> QuestionAnswered | None:
    """The event of an answer; None when the question has just this answer already."""
    known = question.answered_by.type if question.answered_by else None
    if question.status == "answered" and (question.answer, known) == (text, by):
        return None
    return QuestionAnswered(question=question.id, text=text, answered_by=by, source=source)


class AddQuestion(TaskOperation, frozen=True, kw_only=True):
    """Ask a question.

    With --required-for-plan no plan is accepted before it has an answer.
    """

    command = "question add"
    guards = (_PLANNING,)

    text: Annotated[str, opt("The question.", is_input=True)]
    required_for_plan: Annotated[bool, opt("The plan depends on the answer.")] = False

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        text = require_text(self.text, "--text", (PROGRAM, "question", "add", "--help")).strip()
        yield on(task, _asked(task, next_number(task.questions), text, self.required_for_plan))

    def what(self, world: World) -> str:
        return self.text

    def show(self, world: World) -> QuestionView:
        task = self.subject(world)
        return question_view(task, task.questions[-1])


class QuestionsAdded(View):
    """Questions were asked."""

    task_id: str
    added: list[QuestionView]
    added_question_ids: list[str]
    kind: Literal["question_add_many"] = "question_add_many"


class AddQuestions(TaskOperation, frozen=True, kw_only=True):
    """Ask several questions at once.

    --text has one question a line; the YAML is a list of texts or of {text, required_for_plan}, which may
    lie under `questions`.
    """

    command = "question add-many"
    guards = (_PLANNING,)

    text: Annotated[str | None, opt("The questions, one a line.", is_input=True)] = None
    yaml: Annotated[str | None, opt("The questions as YAML.", file="--yaml-file")] = None
    required_for_plan: Annotated[bool, opt("The plan depends on the answers; an item of the YAML may differ.")] = False
    allow_duplicates: Annotated[bool, opt("Ask the same question twice.")] = False

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        asked = parse_questions(self.text, self.yaml)
        seen: set[str] = set()
        for text, _ in asked:
            key = " ".join(text.casefold().split())
            if key in seen and not self.allow_duplicates:
                raise InvalidInput(
                    f"The question {text!r} is there twice; --allow-duplicates asks it twice.",
                    hint=(PROGRAM, "question", "add-many", "--help"),
                )
            seen.add(key)
        number = next_number(task.questions)
        for place, (text, required) in enumerate(asked):
            yield on(task, _asked(task, number + place, text, self.required_for_plan if required is None else required))

    def what(self, world: World) -> str:
        return f"{len(world.events)} questions"

    def show(self, world: World) -> QuestionsAdded:
        task = self.subject(world)
        ids = {event.id for event in world.events}
        added = question_views(task, (question for question in task.questions if question.id in ids))
        return QuestionsAdded(task_id=task.id, added=added, added_question_ids=[item.id for item in added])


class AnswerQuestion(TaskOperation, frozen=True, kw_only=True):
    """Answer a question. An answer may be changed by answering again."""

    command = "question answer"
    item_field = "question"
    guards = (_PLANNING,)

    question: Annotated[str, arg("The question: q-0001, 1, part of its id, or with its task: 30/q-1.", metavar="QUESTION")]
    text: Annotated[str, opt("The answer.", is_input=True)]
    actor: Annotated[Answerer, opt("Who answers.")] = "user"

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        question = find_question(world, task, self.question)
        text = require_text(self.text, "--text", (PROGRAM, "question", "answer", "--help")).strip()
        payload = _answer(question, text, self.actor, "user")
        if payload is not None:
            yield on(task, payload)

    def what(self, world: World) -> str:
        return f"{find_question(world, self.subject(world), self.question).ref} {self.text}"

    def show(self, world: World) -> QuestionView:
        task = self.subject(world)
        return question_view(task, find_question(world, task, self.question))


class QuestionsAnswered(View):
    """Questions were answered."""

    task_id: str
    answered: list[QuestionView]
    answered_question_ids: list[str]
    required_open: int
    required_open_questions: list[str]
    plan_regeneration_needed: bool
    next_action: str
    template_command: str
    required_plan_fields: list[str]
    recommended_plan_fields: list[str]
    kind: Literal["question_answer_many"] = "question_answer_many"


class AnswerQuestions(TaskOperation, frozen=True, kw_only=True):
    """Answer several questions at once.

    The answers are lines such as `q-0001: The answer.`, or a YAML mapping of question to answer, which may lie
    under `answers`. All of them are recorded, or none.
    """

    command = "question answer-many"
    guards = (_PLANNING,)

    text: Annotated[str, opt("The answers.", file="--file")]
    actor: Annotated[Answerer, opt("Who answers.")] = "user"

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        for question, text in self._answers(world, task):
            payload = _answer(question, text, self.actor, "harness")
            if payload is not None:
                yield on(task, payload)

    def _answers(self, world: World, task: Task) -> list[tuple[Question, str]]:
        found = [(find_question(world, task, ref), text) for ref, text in parse_answers(self.text).items()]
        ids = [question.id for question, _ in found]
        for question, _ in found:
            if ids.count(question.id) > 1:
                raise InvalidInput(
                    f"{question.ref} is answered twice in this input.", hint=(PROGRAM, "question", "open")
                )
        return found

    def what(self, world: World) -> str:
        return f"{len(world.events)} answers"

    def show(self, world: World) -> QuestionsAnswered:
        task = self.subject(world)
        status = question_status(task, self)
        answered = question_views(task, (question for question, _ in self._answers(world, task)))
        return QuestionsAnswered(
            task_id=task.id,
            answered=answered,
            answered_question_ids=[item.id for item in answered],
            required_open=status.required_open,
            required_open_questions=status.required_open_questions,
            plan_regeneration_needed=status.plan_regeneration_needed,
            next_action=status.next_action,
            template_command=status.template_command,
            required_plan_fields=status.required_plan_fields,
            recommended_plan_fields=status.recommended_plan_fields,
        )


class DismissQuestion(TaskOperation, frozen=True, kw_only=True):
    """Dismiss a question that no longer matters."""

    command = "question dismiss"
    item_field = "question"
    guards = (_PLANNING,)

    question: Annotated[str, arg("The question: q-0001, 1, part of its id, or with its task: 30/q-1.", metavar="QUESTION")]

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        question = find_question(world, task, self.question)
        if question.status != "dismissed":
            yield on(task, QuestionDismissed(question=question.id))

    def what(self, world: World) -> str:
        question = find_question(world, self.subject(world), self.question)
        return f"{question.ref} {question.text}"

    def show(self, world: World) -> QuestionView:
        task = self.subject(world)
        return question_view(task, find_question(world, task, self.question))


class QuestionList(View):
    """The questions of a task."""

    task_id: str
    questions: list[QuestionView]
    total: int
    truncated: bool
    kind: Literal["question_list", "task_questions"] = "question_list"


def _question_list(task: Task, statuses: set[str], kind: Literal["question_list", "task_questions"]) -> QuestionList:
    found = question_views(task, (question for question in task.questions if question.status in statuses))
    return QuestionList(task_id=task.id, questions=found, total=len(found), truncated=False, kind=kind)


class ListQuestions(TaskOperation, frozen=True, kw_only=True):
    """List the questions of a task."""

    command = "question list"
    writes = False

    status: Annotated[list[str], opt("Only these: open, answered, dismissed; separated by commas.")] = []

    def show(self, world: World) -> QuestionList:
        wanted = {name.strip().lower() for item in self.status for name in item.split(",") if name.strip()}
        unknown = sorted(wanted - set(_STATUSES))
        if unknown:
            raise InvalidInput(
                f"Unknown status {', '.join(unknown)}; known are {', '.join(_STATUSES)}.",
                hint=(PROGRAM, "question", "list", "--help"),
            )
        return _question_list(self.subject(world), wanted or set(_STATUSES), "question_list")


class ListOpenQuestions(TaskOperation, frozen=True, kw_only=True):
    """List the questions that are still open."""

    command = "question open"
    writes = False

    def show(self, world: World) -> QuestionList:
        return _question_list(self.subject(world), {"open"}, "task_questions")


class AnswerList(View):
    """The answered questions; `content` is the same as Markdown."""

    task_id: str
    questions: list[QuestionView]
    total: int
    truncated: bool
    content: str
    kind: Literal["question_answers"] = "question_answers"


class ListAnswers(TaskOperation, frozen=True, kw_only=True):
    """List the answered questions with their answers."""

    command = "question answers"
    writes = False

    format: Annotated[Literal["markdown", "text", "json"], opt("How it is printed.")] = "markdown"

    def show(self, world: World) -> AnswerList:
        task = self.subject(world)
        found = question_views(task, answered_questions(task))
        pieces = [f"## {item.id}: {item.question}\n\n{item.answer}\n" for item in found]
        return AnswerList(
            task_id=task.id, questions=found, total=len(found), truncated=False, content="\n".join(pieces)
        )


class ShowQuestionStatus(TaskOperation, frozen=True, kw_only=True):
    """Show whether answers are missing or call for a new plan, and what to do next."""

    command = "question status"
    writes = False

    def show(self, world: World) -> QuestionStatus:
        return question_status(self.subject(world), self)


OPERATIONS = (
    AddQuestion,
    AddQuestions,
    ListQuestions,
    AnswerQuestion,
    AnswerQuestions,
    DismissQuestion,
    ListOpenQuestions,
    ListAnswers,
    ShowQuestionStatus,
)
