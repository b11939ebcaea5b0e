"""Questions for people: lists, answers, and what they mean for the plan."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import show_json, show_next, show_questions
from gitledger.cli.text import count


def render_added(view: Any, op: Any, console: Console) -> None:
    """Questions that were asked."""
    console.line(_counted("added", view.added_question_ids))


def render_answered(view: Any, op: Any, console: Console) -> None:
    """Questions that were answered, and what is left."""
    console.line(_counted("answered", view.answered_question_ids))
    _rest(view, console)


def _counted(verb: str, ids: list[str]) -> str:
    return f"{verb} {count(len(ids), 'question')}: {', '.join(ids)}" if ids else f"{verb} no questions"


def render_status(view: Any, op: Any, console: Console) -> None:
    """Whether answers are missing or call for a new plan."""
    console.line(f"{view.task_id}: {count(view.answered, 'question')} answered")
    _rest(view, console)


def _rest(view: Any, console: Console) -> None:
    console.fields(
        [
            ("required and open", view.required_open_questions or "none"),
            ("new since the plan", getattr(view, "answered_since_latest_plan", None)),
        ],
        indent=2,
    )
    if view.plan_regeneration_needed:
        console.line("  the latest plan does not stand on the answers; make a new one from them")
        console.line("  template: ", view.template_command)
    show_next(view.next_action, console)


def render_list(view: Any, op: Any, console: Console) -> None:
    """Questions, each with its answer."""
    if not view.questions:
        console.line(f"{view.task_id} has no {'open ' if view.kind == 'task_questions' else ''}questions")
        return
    show_questions(view.questions, console)


def render_answers(view: Any, op: Any, console: Console) -> None:
    """The answers, as Markdown, as lines, or as JSON."""
    if op.format == "json":
        show_json(view.questions, console)
    elif not view.questions:
        console.line(f"{view.task_id} has no answered questions")
    elif op.format == "text":
        show_questions(view.questions, console)
    else:
        console.text(view.content)


def render_question(view: Any, op: Any, console: Console) -> None:
    """One question; the verb says what happened to it."""
    verb = {"question add": "added", "question answer": "answered", "question dismiss": "dismissed"}.get(op.command)
    console.line(f"{verb} question {view.id} of {view.task_id}" if verb else "")
    show_questions([view], console, indent=2)


RENDERERS: dict[str, Renderer] = {
    "QuestionsAdded": render_added,
    "QuestionsAnswered": render_answered,
    "QuestionStatus": render_status,
    "QuestionList": render_list,
    "QuestionView": render_question,
    "AnswerList": render_answers,
}
