"""Merges and differences of ledgers for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import show_next
from gitledger.cli.text import count, moment, one_line
from gitledger.errors import command_line

_NOTHING = {
    "same": "both stand at the same entry",
    "ahead": "all of it is here already",
    "equal": "both hold the same; nothing to do",
}


def render_merged(view: Any, op: Any, console: Console) -> None:
    """What a merge brought, and what is left to look at."""
    if not view.changed and not view.dry_run or view.tip == view.previous_tip:
        console.line(f"nothing to merge from {view.source}: {_NOTHING.get(view.merge, view.merge)}")
        return
    verb = "would merge" if view.dry_run else "merged"
    new, united = count(len(view.tasks_new), "new task"), count(len(view.tasks_united), "united task")
    console.line(f"{verb} {view.source} into {view.ledger}: {new}, {united}, {count(view.events_united, 'event')}")
    _table("New", [_task(task, console) for task in view.tasks_new], console)
    _table("United", [_task(task, console) for task in view.tasks_united], console)
    _table("Renumbered", [[f"{item.old} → {item.new}", item.title] for item in view.renumbered], console, 1)
    _table("To look at", [[item.task_id, item.field, item.title] for item in view.conflicts], console)
    if view.conflicts and not view.dry_run:
        show_next(command_line(("gitledger", "conflicts")), console)


def _task(task: Any, console: Console) -> list[Cell]:
    return [task.id, console.status(task.status), task.title]


def _table(title: str, rows: list[list[Cell]], console: Console, grow: int = 2) -> None:
    if rows:
        console.heading(title)
        console.table(rows, grow=grow, indent=2)


def render_diff(view: Any, op: Any, console: Console) -> None:
    """What two ledgers do not have in common."""
    if not view.tasks:
        console.line(f"{view.a} and {view.b} hold the same events")
        return
    where = {"a": f"only in {view.a}", "b": f"only in {view.b}", "both": "differs"}
    for task in view.tasks:
        name = Styled(task.task_id or "book", "bold")
        console.line(name, "  ", Styled(where[task.sides], "dim"), "  ", one_line(task.title))
        rows = [_event("<", event) for event in task.only_a] + [_event(">", event) for event in task.only_b]
        console.table(rows, indent=2)
        if task.truncated:
            console.line(Styled(f"  {task.total_a + task.total_b} events in all; --limit 0 shows them", "dim"))
    console.line(f"< {view.a}: {count(view.events_only_a, 'event')}, > {view.b}: {count(view.events_only_b, 'event')}")


def _event(side: str, event: Any) -> list[Cell]:
    return [side, Styled(moment(event.at), "dim"), event.type, event.actor]


RENDERERS: dict[str, Renderer] = {"LedgerMerged": render_merged, "LedgerDiff": render_diff}
