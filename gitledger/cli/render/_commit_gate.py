"""What the policy says of a commit, for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import show_next


def render_check(view: Any, op: Any, console: Console) -> None:
    """Whether a commit can be made, and what stands in its way."""
    about = f" ({view.task_id}; policy: {view.policy})" if view.task_id else f" (policy: {view.policy})"
    console.line(Styled("yes", "green") if view.ok else Styled("not by the policy", "yellow"), about)
    if view.ok:
        console.line(f"  {view.reason}")
    for blocker in view.blocking:
        console.line("  - ", blocker["message"])
        show_next(blocker.get("command_hint"), console)


RENDERERS: dict[str, Renderer] = {"CommitCheck": render_check}
