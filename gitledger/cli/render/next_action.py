"""The next step, and whether an action could start, for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer, given
from gitledger.cli.render._views import show_blockers, show_command
from gitledger.cli.text import count, one_line


def render_next(view: Any, op: Any, console: Console) -> None:
    """The step and why, what it is about, and the commands: the one to run first stands alone."""
    console.line(f"{view.task_id} ", console.status(view.status_stage))
    console.line(Styled(view.action, "bold"), ": ", one_line(view.reason))
    _item(view.next_item, console)
    others = [hint for hint in view.commands if not hint.primary]
    if view.next_command:
        show_command(view.next_command, console, label="next: ")
    if others:
        console.table([[hint.label + ":", Styled(hint.command, "dim")] for hint in others], indent=2)
    if given(view.template_command):
        console.line("  template: ", Styled(one_line(view.template_command), "dim"))
    console.fields([("progress", _progress(view.progress))])


def _item(item: Any, console: Console) -> None:
    """The text of the todo, question or criterion that the step is about."""
    text = getattr(item, "text", None)
    if text:
        console.line("  ", item.id, "  ", one_line(text))
    if getattr(item, "validation_hint", None):
        console.line("    ", Styled(one_line(item.validation_hint), "dim"))
    if getattr(item, "answer", None):
        console.line("    → ", one_line(item.answer))


def _progress(progress: Any) -> str | None:
    if given(progress.todos):
        return f"{progress.todos.done}/{progress.todos.total} todos done"
    if given(progress.validation):
        return f"{progress.validation.satisfied}/{progress.validation.total} mandatory criteria hold"
    if given(progress.questions) and progress.questions.required_open:
        return count(progress.questions.required_open, "required question") + " open"
    return None


def render_can(view: Any, op: Any, console: Console) -> None:
    """yes or no, and what stands in the way."""
    if view.ok:
        console.line(Styled("yes", "green"), f": {view.task_id}: {one_line(view.reason)}")
        return
    console.line(Styled("no", "yellow"), f": {view.action} cannot start on {view.task_id}")
    show_blockers(view.blocking, console, indent=2)


RENDERERS: dict[str, Renderer] = {"NextAction": render_next, "Capability": render_can}
