"""A plan as a file, for people: the file itself, or where it was written."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer


def render_exported(view: Any, op: Any, console: Console) -> None:
    """The plan file."""
    if view.output_path is None:
        console.text(view.text)
    else:
        console.line(f"wrote plan v{view.plan_version} of {view.task_id} to {view.output_path}")


RENDERERS: dict[str, Renderer] = {"PlanExported": render_exported}
