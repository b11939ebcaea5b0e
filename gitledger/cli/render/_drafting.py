"""Where planning goes on, for people."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import show_next


def render_draft(view: Any, op: Any, console: Console) -> None:
    """The command to go on with."""
    if view.next_action is None:
        console.line(f"nothing is to be done for {view.task_id}")
        return
    show_next(view.next_action, console)


RENDERERS: dict[str, Renderer] = {"PlanDraftContext": render_draft}
