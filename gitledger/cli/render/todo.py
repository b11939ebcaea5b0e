"""Todos for people: checklists, one todo, and what stands in the way of finishing."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._proof import brief_rows
from gitledger.cli.render._views import (
    actor_name,
    progress_text,
    show_blockers,
    show_command,
    show_todos,
)
from gitledger.cli.text import count, moment, one_line


def render_added(view: Any, op: Any, console: Console) -> None:
    """A new todo."""
    kind = "" if view.todo.mandatory else "optional "
    console.line(f"added {kind}{view.todo.id} to {view.task_id}  ({progress_text(view.progress)})")


def render_updated(view: Any, op: Any, console: Console) -> None:
    """A todo that was marked done or open."""
    if view.changed:
        head = f"{'done' if view.done else 'reopened'} {view.todo_id} on {view.task_id}"
    else:
        head = f"{view.todo_id} on {view.task_id} is {'done' if view.done else 'open'} already"
    console.line(f"{head}  ({progress_text(view.progress)})")
    if view.done and view.changed and not view.evidence_recorded:
        console.talk(Styled("note: ", "yellow"), "no evidence was given; --evidence says what proves it.")


def render_list(view: Any, op: Any, console: Console) -> None:
    """A checklist."""
    if not view.todos:
        console.line(f"{view.task_id} has no todos")
        return
    done = sum(todo.done for todo in view.todos)
    console.line(f"{view.task_id}: {done}/{view.total} done")
    show_todos(view.todos, console)


def render_shown(view: Any, op: Any, console: Console) -> None:
    """One todo with its hint, evidence and the command that marks it done."""
    show_todo(view.todo, console)
    console.table(brief_rows(view.evidence, console), grow=2)
    if not view.todo.done:
        show_command(view.done_command, console, label="done: ")


def show_todo(todo: Any, console: Console) -> None:
    """A todo, whole."""
    console.line(Styled(todo.id, "bold"), "  ", console.status(todo.status), "" if todo.mandatory else "  optional")
    console.text(todo.text)
    console.fields(
        [
            ("hint", todo.validation_hint),
            ("from", todo.source_plan_id),
            ("done", _when(todo.done_at, actor_name(todo.completed_by))),
            ("artifacts", todo.artifact_refs),
            ("changes", todo.change_refs),
        ]
    )
    for evidence in todo.evidence:
        console.line("evidence: ", one_line(evidence))


def _when(at: str | None, who: str | None) -> str | None:
    return f"{moment(at)} by {who}" if at and who else moment(at) or None


def render_gate(view: Any, op: Any, console: Console) -> None:
    """The checklist, and whether it lets the implementation finish."""
    console.line(f"{view.task_id}: {view.done}/{view.total} done")
    show_todos(view.todos, console)
    if view.can_finish_implementation:
        console.line(Styled("the todos let the implementation finish", "green"))
        return
    console.line(Styled(f"{count(len(view.blockers), 'thing')} to do before finishing:", "yellow"))
    show_blockers(view.blockers, console)


def render_next(view: Any, op: Any, console: Console) -> None:
    """The todo to work on, with the commands for it."""
    if view.next_todo is None:
        console.line(f"{view.task_id}: no todo is open")
        return
    show_todo(view.next_todo, console)
    show_hints(view.commands, console)


def show_hints(commands: Any, console: Console) -> None:
    """Commands to go on with, each under what it is for."""
    console.table([[hint.label + ":", Styled(hint.command, "cyan")] for hint in commands])


RENDERERS: dict[str, Renderer] = {
    "TodoAddedView": render_added,
    "TodoUpdated": render_updated,
    "TodoList": render_list,
    "TodoShown": render_shown,
    "TodoGate": render_gate,
    "NextTodoView": render_next,
}
