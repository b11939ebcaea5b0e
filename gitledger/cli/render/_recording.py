"""A commit that was recorded with a task, for people."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.text import one_line


def render_recorded(view: Any, op: Any, console: Console) -> None:
    """A commit that was recorded."""
    word = "recorded" if view.changed else "recorded already:"
    what = f" as {view.change.change_id}" if view.change is not None else ""
    console.line(f"{word} {view.commit.short}{what} on {view.task_id}  {one_line(view.commit.subject)}")


RENDERERS: dict[str, Renderer] = {"CommitRecorded": render_recorded}
