"""Migrations, for people: one sentence."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer


def render_message(view: Any, op: Any, console: Console) -> None:
    """Why there is nothing to do."""
    console.line(view.message)


RENDERERS: dict[str, Renderer] = dict.fromkeys(("MigrationState", "MigrationPlan", "MigrationApplied"), render_message)
