"""Adopted tasks for people."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.text import one_line

_WORDS = {"new": "adopted", "united": "united", "unchanged": "nothing new in"}


def render_adopted(view: Any, op: Any, console: Console) -> None:
    """One line for each task."""
    for task in view.tasks:
        line = f"{_WORDS[task.outcome]} {view.from_ledger}:{task.from_task_id} as {task.to_task_id}"
        console.line(line, "  ", one_line(task.title))


RENDERERS: dict[str, Renderer] = {"LedgerAdopted": render_adopted}
