"""What comes after the end of a task, for people."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import RENDERERS as STEPS
from gitledger.cli.render._views import show_next
from gitledger.cli.text import one_line


def render_closed(view: Any, op: Any, console: Console) -> None:
    """That it is signed off, or was already."""
    if view.command == "task close" and not view.changed:
        console.line(f"{view.task_id} is closed already; nothing changed")
    else:
        STEPS["Lifecycle"](view, op, console)


def render_follow_up(view: Any, op: Any, console: Console) -> None:
    """The new task, and how to begin it."""
    active = ", the active task now" if view.activated else ""
    console.line(f"created {view.task_id}, a follow-up of {view.parent_task_id}{active}  {one_line(view.title)}")
    show_next(view.next_command, console)


RENDERERS: dict[str, Renderer] = {"Lifecycle": render_closed, "FollowUp": render_follow_up}
