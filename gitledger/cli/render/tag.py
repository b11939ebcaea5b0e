"""Labels for people."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.text import say


def render_tagged(view: Any, op: Any, console: Console) -> None:
    """The labels of the task now."""
    console.line(f"{view.task_id}: {say(view.labels)}" + ("" if view.changed else "; nothing changed"))


def render_list(view: Any, op: Any, console: Console) -> None:
    """Labels with how many tasks have them."""
    if not view.labels:
        console.line("no labels")
    console.table([[label.label, str(label.tasks)] for label in view.labels])


RENDERERS: dict[str, Renderer] = {"Tagged": render_tagged, "LabelList": render_list}
