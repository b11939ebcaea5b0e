"""Imported graphs for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count


def render_imported(view: Any, op: Any, console: Console) -> None:
    """What came, and what was here already."""
    parts = [count(view.items, "item"), count(view.notes, "note"), count(view.dependencies, "dependency", "dependencies")]
    console.line("imported ", Styled(", ".join(parts), "bold"))
    for many, what in ((view.known, "here already"), (view.deleted, "deleted, for the document does not have them")):
        if many:
            console.line(Styled(f"{many} {what}", "dim"))


RENDERERS: dict[str, Renderer] = {"GraphImported": render_imported}
