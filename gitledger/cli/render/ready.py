"""The work queue for people: what to take, what waits, what was forgotten."""

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


def render_blocked(view: Any, op: Any, console: Console) -> None:
    """What waits, each with the way to what has to be done first."""
    if not view.tasks:
        console.line("nothing is blocked")
        return
    for task in view.tasks:
        console.line(Styled(task.id, "bold"), "  ", console.status(task.status), "  ", one_line(task.title))
        if task.why == "on_hold":
            console.line("  on hold", f": {one_line(task.hold_reason)}" if task.hold_reason else "")
        if task.chain:
            more = f"  (waits for {count(task.waits_for_total, 'task')})" if task.waits_for_total > 1 else ""
            console.line("  waits for ", " → ".join(task.chain), Styled(more, "dim"))
    if view.truncated:
        console.line(Styled(f"{len(view.tasks)} of {count(view.total, 'task')}", "dim"))


def render_stale(view: Any, op: Any, console: Console) -> None:
    """What nobody has touched for long."""
    if not view.tasks:
        console.line("nothing is stale")
        return
    rows: list[list[Cell]] = [
        [task.id, console.status(task.status), Styled(count(task.idle_days, "day"), "yellow"), task.title, task.owner or ""]
        for task in view.tasks
    ]
    console.table(rows, grow=3)
    if view.truncated:
        console.line(Styled(f"{len(view.tasks)} of {count(view.total, 'task')}", "dim"))


RENDERERS: dict[str, Renderer] = {
    "ReadyList": render_ready,
    "NextReady": render_next,
    "BlockedList": render_blocked,
    "StaleList": render_stale,
}
