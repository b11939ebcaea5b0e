"""A program that was run in a stage, for people: one line after its own output, and where it was recorded."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.render._proof import talk_captured


def render_planning(view: Any, op: Any, console: Console) -> None:
    """Evidence and a line of the log."""
    talk_captured(view.evidence, console, f"logged to {view.evidence.subject}")


def render_implementation(view: Any, op: Any, console: Console) -> None:
    """Evidence and a change."""
    talk_captured(view.evidence, console, f"logged change {view.change.change_id}")


def render_validation(view: Any, op: Any, console: Console) -> None:
    """Evidence and a check."""
    talk_captured(view.evidence, console, f"added {view.check.id} of {view.check.criterion_id} to {view.run_id}: {view.check.status}")


RENDERERS: dict[str, Renderer] = {
    "PlanningCommand": render_planning,
    "ImplementationCommand": render_implementation,
    "ValidationCommand": render_validation,
}
