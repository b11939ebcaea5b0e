"""Completed parts for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, one_line


def render_completed(view: Any, op: Any, console: Console) -> None:
    """What was completed, and what refused with the reason under it."""
    for part in view.completed:
        console.line("  ", Styled(part.id, "bold"), "  ", console.status(part.position), "  ", one_line(part.title))
    for part in view.refused:
        console.line("✗ ", Styled(part.id, "bold"), "  ", console.status(part.position), "  ", one_line(part.title))
        console.line("    ", one_line(part.reason))
    if not view.total:
        console.line(f"{view.task_id} has no parts")
    else:
        ended = f", {len(view.ended)} had ended before" if view.ended else ""
        said = f"{len(view.completed)} completed, {len(view.refused)} refused{ended}, of {count(view.total, 'task')}"
        console.line(Styled(said, "dim"))


RENDERERS: dict[str, Renderer] = {"TreeCompleted": render_completed}
