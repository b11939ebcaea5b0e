"""Triggers for people: where a task stands now, and what that set free."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import show_next
from gitledger.cli.text import count, moment, one_line


def render_advanced(view: Any, op: Any, console: Console) -> None:
    """From where to where, and who can begin because of it."""
    if not view.changed:
        console.line(f"{view.task_id} is ", console.status(view.position), " already; nothing changed")
        return
    console.line(f"{view.task_id} {view.previous} → ", console.status(view.position), "  ", one_line(view.title))
    unblocked = [f"{task.id} {one_line(task.title)}" for task in view.unblocked]
    more = view.unblocked_total - len(unblocked)
    console.fields(
        [
            ("unblocked", "\n".join([*unblocked, *([f"and {count(more, 'more task')}"] if more else [])])),
            ("reopened too", view.parent_reopened),
            ("moved along", ", ".join(f"{top.id} to {top.status}" for top in view.followed)),
            ("next run", moment(view.next_run_at) if view.next_run_at else None),
        ],
        indent=2,
    )
    show_next(view.next_command, console)


def render_transitions(view: Any, op: Any, console: Console) -> None:
    """Each trigger with where it leads, or why not."""
    console.line(Styled(view.task_id, "bold"), "  ", console.status(view.position), f"  ({view.workflow})")
    rows: list[list[Cell]] = [
        [one.trigger, console.status(one.next or "-"), Styled("" if one.can_advance else one.reason or "", "dim")]
        for one in view.transitions
    ]
    console.table(rows, grow=2, indent=2)


RENDERERS: dict[str, Renderer] = {"Advanced": render_advanced, "Transitions": render_transitions}
