"""Exported graphs for people: the document itself, or where it was written to."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.text import count


def render_exported(view: Any, op: Any, console: Console) -> None:
    """How much was written where; without a file, the document itself was printed."""
    parts = [count(len(view.items), "item"), count(len(view.notes), "note")]
    parts.append(count(len(view.dependencies), "dependency", "dependencies"))
    console.line(f"wrote {', '.join(parts)} to {view.output_path}")


RENDERERS: dict[str, Renderer] = {"GraphExport": render_exported}
