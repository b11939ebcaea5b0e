"""Light tasks for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, moment


def render_item(view: Any, op: Any, console: Console) -> None:
    """A light task that was created or edited."""
    console.line(f"{'created' if op.command == 'item create' else 'edited'} {view.id}  {view.title}")
    console.fields(
        [
            ("status", console.status(view.status)),
            ("priority", view.priority),
            ("labels", view.labels),
            ("part of", view.parent_task_id),
            ("waits for", view.requirements),
            ("due", moment(view.due) if view.due else None),
            ("schedule", view.schedule),
        ],
        indent=2,
    )


def render_list(view: Any, op: Any, console: Console) -> None:
    """Light tasks as a table."""
    if not view.items:
        console.line("no light tasks" if view.total == 0 else f"none of {count(view.total, 'task')}")
        return
    rows: list[list[Cell]] = [
        [
            item.id,
            console.status("blocked" if item.role == "blocked" else item.status),
            item.priority or "",
            moment(item.due) if item.due else "",
            item.title,
            ", ".join(item.labels),
        ]
        for item in view.items
    ]
    console.table(rows, ("ID", "STATUS", "PRIORITY", "DUE", "TITLE", "LABELS"), grow=4)
    if view.truncated:
        console.line(Styled(f"{len(view.items)} of {count(view.total, 'task')}", "dim"))


RENDERERS: dict[str, Renderer] = {"TaskView": render_item, "ItemList": render_list}
