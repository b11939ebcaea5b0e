"""A program that was run, for people: one line after its own output."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.render._proof import talk_captured


def render_ran(view: Any, op: Any, console: Console) -> None:
    """The evidence that the run gave."""
    talk_captured(view.evidence, console, *([f"for {view.evidence.subject}"] if view.evidence.subject else []))


RENDERERS: dict[str, Renderer] = {"RunCaptured": render_ran}
