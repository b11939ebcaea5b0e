"""What is not getting done, for people: what waits, and what was forgotten."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer, given
from gitledger.cli.text import count, one_line


def place_of(task: Any) -> Cell:
    """The ledgers that have a task, the one whose state this is first; empty where not all were asked."""
    return Styled(f"  {', '.join(task.ledgers)}", "dim") if given(task.ledgers) else ""


def render_blocked(view: Any, op: Any, console: Console) -> None:
    """What waits, each with the way to what has to be done first."""
    if not view.tasks:
        console.line("nothing is blocked")
        return
    for task in view.tasks:
        console.line(Styled(task.id, "bold"), "  ", console.status(task.status), "  ", one_line(task.title), place_of(task))
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
    rows: list[list[Cell]] = []
    for task in view.tasks:
        idle = Styled(count(task.idle_days, "day"), "yellow")
        rows.append([task.id, console.status(task.status), idle, task.title, task.owner or "", place_of(task)])
    console.table(rows, grow=3)
    if view.truncated:
        console.line(Styled(f"{len(view.tasks)} of {count(view.total, 'task')}", "dim"))


RENDERERS: dict[str, Renderer] = {"BlockedList": render_blocked, "StaleList": render_stale}
