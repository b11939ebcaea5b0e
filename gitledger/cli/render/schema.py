"""The commands that have a schema, for people."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer


def render_list(view: Any, op: Any, console: Console) -> None:
    """Commands with what they do."""
    console.table([[line.command, line.summary] for line in view.commands], grow=1)


RENDERERS: dict[str, Renderer] = {"CommandList": render_list}
