"""The list of tasks for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer, given
from gitledger.cli.text import count


def render_list(view: Any, op: Any, console: Console) -> None:
    """Tasks as a table, the active one marked."""
    if not view.tasks:
        console.line("no tasks" if view.total == 0 else f"none of {count(view.total, 'task')}")
        return
    if any(given(task.ledgers) for task in view.tasks):
        rows = [[*_row(task, console), ", ".join(task.ledgers)] for task in view.tasks]
        console.table(rows, (*_HEADERS, "LEDGERS"), grow=len(_HEADERS) - 2)
    else:
        console.table([_row(task, console) for task in view.tasks], _HEADERS, grow=len(_HEADERS) - 2)
    if view.truncated:
        console.line(Styled(f"{len(view.tasks)} of {count(view.total, 'task')}", "dim"))


_HEADERS = ("ID", "STATUS", "PRIORITY", "TODOS", "TITLE", "OWNER")


def _row(task: Any, console: Console) -> list[Cell]:
    total, done = task.todos.get("total", 0), task.todos.get("done", 0)
    over = task.role in ("done", "cancelled", "archived")
    return [
        Styled(f"{task.id} *", "bold") if task.is_active else Styled(task.id, "dim" if over else ""),
        Styled("blocked", "red") if task.role == "blocked" else console.status(task.status),
        task.priority or "",
        f"{done}/{total}" if total else "",
        Styled(task.title, "dim" if over else ""),
        task.owner or "",
    ]


RENDERERS: dict[str, Renderer] = {"TaskList": render_list}
