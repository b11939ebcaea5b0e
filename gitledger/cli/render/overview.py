"""The whole ledger at a glance, for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count


def render_overview(view: Any, op: Any, console: Console) -> None:
    """Counts, then the first few of everything that wants attention."""
    roles = ", ".join(f"{many} {role}" for role, many in view.by_role.items())
    console.line(Styled(view.workspace or view.ledger, "bold"), f"  {count(view.total, 'task')}" + (f": {roles}" if roles else ""))
    active = [(task, f"{task.holder or ''}") for task in view.active]
    ready = [(task, "overdue" if task.overdue else task.priority or "") for task in view.ready]
    blocked = [(task, "on hold" if task.why == "on_hold" else f"waits for {task.chain[-1]}") for task in view.blocked]
    stale = [(task, count(task.idle_days, "day")) for task in view.stale]
    _section("Under way", active, view.active_total, console)
    _section("Next", ready, view.ready_total, console)
    _section("Blocked", blocked, view.blocked_total, console)
    _section("Stale", stale, view.stale_total, console)


def _section(title: str, found: list[tuple[Any, str]], total: int, console: Console) -> None:
    if not found:
        return
    console.heading(f"{title} ({total})" if total > len(found) else title)
    rows: list[list[Cell]] = [[task.id, console.status(task.status), task.title, Styled(said, "dim")] for task, said in found]
    console.table(rows, grow=2, indent=2)


RENDERERS: dict[str, Renderer] = {"Overview": render_overview}
