"""A task that was written down when it was done, for people."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import show_next
from gitledger.cli.text import one_line


def render_recorded(view: Any, op: Any, console: Console) -> None:
    """The task, and how much says what was done."""
    console.line(f"recorded completed task {view.task_id} ({view.slug})  {one_line(view.title)}")
    console.fields([("changes", view.change_ids), ("evidence", view.evidence)], indent=2)
    show_next(view.next_command, console)


RENDERERS: dict[str, Renderer] = {"RecordedTask": render_recorded}
