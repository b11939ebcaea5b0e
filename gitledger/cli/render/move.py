"""The new place of a task, for people."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.text import one_line


def render_moved(view: Any, op: Any, console: Console) -> None:
    """Under which task it lies now."""
    if not view.changed:
        console.line(f"{view.task_id} lies there already; nothing changed")
        return
    where = f"under {view.parent_task_id}" if view.parent_task_id else "at the root"
    console.line(f"moved {view.task_id} {one_line(view.title)}: {where}")


RENDERERS: dict[str, Renderer] = {"Moved": render_moved}
