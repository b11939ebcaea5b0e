"""The ledger for people: where it is."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import show_next
from gitledger.errors import command_line


def render_initialised(view: Any, op: Any, console: Console) -> None:
    """What `init` did."""
    if view.created:
        console.line(f"started ledger {view.ledger} ({view.ref}) in {view.root}")
        show_next(command_line(("gitledger", "task", "create", "...")), console)
    else:
        console.line(f"ledger {view.ledger} ({view.ref}) is there already; nothing changed")


RENDERERS: dict[str, Renderer] = {"Initialised": render_initialised}
