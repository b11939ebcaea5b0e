"""Whatever a reference names, for people: each as its own command shows it."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer, render
from gitledger.cli.render._views import actor_name
from gitledger.cli.render._work_views import show_check
from gitledger.cli.text import moment, one_line, say


def render_shown(view: Any, op: Any, console: Console) -> None:
    """What was found."""
    render(getattr(view, view.what), op, console)


def render_question(view: Any, op: Any, console: Console) -> None:
    """A question and its answer."""
    console.line(Styled(f"{view.task_id}/{view.id}", "bold"), "  ", console.status(view.status))
    console.text(view.question)
    required = "before a plan is accepted" if view.required_for_plan else None
    asked = f"{moment(view.created_at)} by {actor_name(view.asked_by_actor) or 'somebody'}"
    answered = f"{moment(view.answered_at)} by {view.answered_by}" if view.answered_at else None
    console.fields([("required", required), ("asked", asked), ("answered", answered)], indent=2)
    if view.answer:
        console.text(view.answer)


def render_check(view: Any, op: Any, console: Console) -> None:
    """A check."""
    show_check(view, console)
    console.fields([("recorded", f"{moment(view.created_at)} by {actor_name(view.actor) or 'somebody'}")], indent=2)


def render_change(view: Any, op: Any, console: Console) -> None:
    """A change of the code."""
    console.line(Styled(f"{view.task_id}/{view.change_id}", "bold"), f"  {one_line(view.kind)}  {one_line(view.path)}")
    console.fields(
        [
            ("summary", view.summary),
            ("run", view.implementation_run),
            ("commit", view.git_commit),
            ("before", view.before_hash),
            ("after", view.after_hash),
            ("command", view.command),
            ("exit", view.exit_code),
            ("recorded", f"{moment(view.timestamp)} by {actor_name(view.actor) or 'somebody'}"),
        ],
        indent=2,
    )
    if view.git_diff_stat:
        console.text(view.git_diff_stat)


def render_comment(view: Any, op: Any, console: Console) -> None:
    """A remark."""
    console.line(Styled(view.id, "bold"), f"  {moment(view.created_at)}  {actor_name(view.author) or 'somebody'}")
    console.text(view.text)


def render_handoff(view: Any, op: Any, console: Console) -> None:
    """A handoff, and the context that was stored."""
    console.line(Styled(f"{view.task_id}/{view.handoff_id}", "bold"), f"  {view.mode}  ", console.status(view.status))
    made = f"{moment(view.created_at)} by {actor_name(view.created_by) or 'somebody'}"
    console.fields([("summary", view.summary), ("next", view.next_action), ("made", made)], indent=2)
    console.line()
    console.text(view.context_body)


def render_intro(view: Any, op: Any, console: Console) -> None:
    """An introduction."""
    console.line(Styled(view.id, "bold"), "  ", one_line(view.title))
    console.text(view.body or "")


def render_criterion(view: Any, op: Any, console: Console) -> None:
    """A criterion, and every check of it."""
    need = "" if view.mandatory else "  optional"
    console.line(Styled(view.id, "bold"), "  ", console.status("waived" if view.has_waiver else view.latest_status), need)
    console.text(view.text)
    for check in view.history:
        show_check(check, console, indent=2)


def render_event(view: Any, op: Any, console: Console) -> None:
    """An event with all that it holds."""
    console.line(Styled(view.event_id, "bold"), f"  {view.event}")
    about = [("task", view.task_id), ("at", view.ts), ("command", view.op), ("by", actor_name(view.actor))]
    console.fields([*about, ("clock", view.clock), ("after", view.after)], indent=2)
    if view.data:
        console.heading("Data")
        console.fields([(key, say(value)) for key, value in view.data.items()], indent=2)


RENDERERS: dict[str, Renderer] = {
    "Shown": render_shown,
    "QuestionView": render_question,
    "CheckView": render_check,
    "ChangeView": render_change,
    "CommentView": render_comment,
    "HandoffView": render_handoff,
    "IntroView": render_intro,
    "CriterionReport": render_criterion,
    "EventView": render_event,
}
