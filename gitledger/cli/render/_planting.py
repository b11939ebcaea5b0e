"""Tasks made from a document, for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, one_line

_MOST = 50


def render_created(view: Any, op: Any, console: Console) -> None:
    """Each task on a line, under its parent."""
    depth: dict[str | None, int] = {}
    for task in view.tasks[:_MOST]:
        depth[task.id] = depth.get(task.parent, -1) + 1
        console.line("  " * depth[task.id], Styled(task.id, "bold"), "  ", one_line(task.title))
    if view.total > _MOST:
        console.line(Styled(f"… and {view.total - _MOST} more", "dim"))
    parts = [count(view.total, "task"), count(len(view.dependencies), "dependency", "dependencies"), count(view.notes, "note")]
    console.line(Styled(", ".join(parts) + " in one entry", "dim"))


RENDERERS: dict[str, Renderer] = {"TreeCreated": render_created}
