"""The work queue for people: what to take."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer, given
from gitledger.cli.render._views import show_next
from gitledger.cli.text import count, moment, one_line

# How many tasks a kind of hindrance keeps back, in words.
_HINDRANCES = {
    "claimed": "claimed by others",
    "mine": "claimed by you",
    "dependencies": "waiting for other tasks",
    "waiting_for_user": "waiting for a person's word",
    "scheduled": "waiting for their next run",
    "on_hold": "on hold",
    "blocked": "blocked by a rule",
    "other_stage": "in another stage",
    "finished": "finished",
}


def render_ready(view: Any, op: Any, console: Console) -> None:
    """The tasks to take, the first at the top; with their reasons if they were asked for."""
    if not view.tasks:
        console.line("nothing is ready")
    elif given(view.left_out):
        for task in view.tasks:
            _explained(task, console)
    else:
        has_ledgers = any(given(task.ledger) for task in view.tasks)
        console.table([_row(task, has_ledgers, console) for task in view.tasks], grow=4)
    if view.truncated:
        console.line(Styled(f"{len(view.tasks)} of {count(view.total, 'task')}", "dim"))
    if given(view.left_out):
        _left_out(view.left_out, console)


def _row(task: Any, has_ledgers: bool, console: Console) -> list[Cell | None]:
    cells: list[Cell | None] = [
        Styled(task.id, "bold"),
        console.status(task.status),
        _urgency(task),
        "yours" if task.mine else "",
        task.title,
        ", ".join(task.labels),
    ]
    return [*cells, task.ledger] if has_ledgers else cells


def _urgency(task: Any) -> Cell:
    due = Styled("overdue", "red") if task.overdue else Styled(task.urgency, "yellow")
    return due if task.urgency != (task.priority or "medium") or task.overdue else (task.priority or "")


def _explained(task: Any, console: Console) -> None:
    console.line(Styled(task.id, "bold"), "  ", console.status(task.status), "  ", one_line(task.title))
    console.line("  ", one_line(task.why))
    if task.unblocks:
        console.line("  finishing it unblocks ", ", ".join(task.unblocks))


def _left_out(out: Any, console: Console) -> None:
    if not out.total:
        return
    console.heading(f"Not ready: {hindrances(out.counts)}")
    rows: list[list[Cell]] = [[task.id, console.status(task.status), task.title, Styled(task.why, "dim")] for task in out.tasks]
    console.table(rows, grow=2, indent=2)
    if out.truncated:
        console.line(Styled(f"  {len(out.tasks)} of {count(out.total, 'task')}", "dim"))


def hindrances(counts: dict[str, int]) -> str:
    """`3 claimed by others, 1 on hold`."""
    return ", ".join(f"{many} {_HINDRANCES.get(kind, kind)}" for kind, many in counts.items())


def render_next(view: Any, op: Any, console: Console) -> None:
    """The one task to take, or why there is none."""
    task = view.task
    if task is None:
        console.line("nothing is ready" + (f": {hindrances(view.in_the_way)}" if view.in_the_way else ""))
        return
    console.line(Styled(task.id, "bold"), "  ", console.status(task.status), "  ", one_line(task.title))
    console.fields(
        [
            ("priority", _urgency(task)),
            ("due", moment(task.due) if task.due else None),
            ("labels", task.labels),
            ("ledger", task.ledger if given(task.ledger) else None),
        ],
        indent=2,
    )
    show_next(view.next_command, console)


RENDERERS: dict[str, Renderer] = {"ReadyList": render_ready, "NextReady": render_next}
