"""Tasks that were put away, for people."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.text import one_line

_DONE = {"task archive": "archived", "task unarchive": "unarchived", "task delete": "deleted"}
_NOTHING = {"task archive": "archived already:", "task unarchive": "not archived:", "task renumber": "unchanged:"}


def render_shelved(view: Any, op: Any, console: Console) -> None:
    """What became of the task."""
    if view.previous_task_id:
        console.line(f"renumbered {view.previous_task_id} -> {view.task_id}  {one_line(view.title)}")
        return
    words = _DONE if view.changed else _NOTHING
    console.line(f"{words.get(op.command, op.command)} {view.task_id}  {one_line(view.title)}")


RENDERERS: dict[str, Renderer] = {"TaskShelved": render_shelved}
