"""Batches for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, one_line


def render_batch(view: Any, op: Any, console: Console) -> None:
    """Each operation on a line, with the task that it was about."""
    rows = [[step.command, Styled(step.task_id or "", "bold"), one_line(step.what)] for step in view.steps]
    console.table(rows, grow=2)
    console.line(Styled(f"{count(view.total, 'operation')} in one entry" if view.changed else "nothing changed", "dim"))


RENDERERS: dict[str, Renderer] = {"BatchDone": render_batch}
