"""What a file imports and who imports it, for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count


def render_dependencies(view: Any, op: Any, console: Console) -> None:
    """The file, what it depends on, and its importers."""
    console.line(Styled(view.module_name, "bold"), "  ", view.manifest_path)
    targets = {line.name: line.target for line in view.imports.items}
    console.heading("depends on")
    console.table([[name, targets.get(name)] for name in view.depends] or [["nothing"]], indent=2)
    console.heading("imported by")
    console.table([[f"{line.path}:{line.line}", line.name] for line in view.imported_by.items] or [["nothing"]], indent=2)
    if view.imported_by.truncated:
        total = view.imported_by.total
        console.line(Styled(f"{len(view.imported_by.items)} of {count(total, 'import')}" if total is not None else "and there may be more", "dim"))


RENDERERS: dict[str, Renderer] = {"ModuleDependencies": render_dependencies}
