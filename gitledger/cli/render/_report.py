"""A report on a task: Markdown as it is, or that it was written to a file."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import show_json


def render_report(view: Any, op: Any, console: Console) -> None:
    """The report itself, or where it was written."""
    if view.output_path is not None:
        console.line(f"wrote task report {view.task_id} to {view.output_path}")
    elif view.format == "json":
        show_json(view, console)
    else:
        console.text(view.content)


RENDERERS: dict[str, Renderer] = {"TaskReport": render_report}
