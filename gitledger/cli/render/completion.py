"""A shell's script, as it is."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer


def render_script(view: Any, op: Any, console: Console) -> None:
    """The script alone, so that a shell can read it."""
    console.text(view.script)


RENDERERS: dict[str, Renderer] = {"CompletionScript": render_script}
