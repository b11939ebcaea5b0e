"""The ledger for people: where it is."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer


def render_initialised(view: Any, op: Any, console: Console) -> None:
    """What `init` did."""
    if view.created:
        console.line(f"started ledger {view.ledger} ({view.ref}) in {view.root}")
        console.line('next: gitledger task create "..."')
    else:
        console.line(f"ledger {view.ledger} ({view.ref}) is there already; nothing changed")


RENDERERS: dict[str, Renderer] = {"Initialised": render_initialised}
