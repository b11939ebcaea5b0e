"""A context as data, for `--format json`; as Markdown it is a text and needs no renderer."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import show_json


def render_context(view: Any, op: Any, console: Console) -> None:
    """The context as bare JSON."""
    show_json(view, console)


RENDERERS: dict[str, Renderer] = {"WorkerContext": render_context}
