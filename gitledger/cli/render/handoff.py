"""The handoffs of a task, and the contexts of roles, for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import actor_name, show_json
from gitledger.cli.text import moment, one_line


def render_list(view: Any, op: Any, console: Console) -> None:
    """Each handoff on a line."""
    if not view.handoffs:
        console.line(f"{view.task_id} has no handoffs")
        return
    rows = [
        [
            item.handoff_id,
            item.mode,
            console.status(item.status),
            one_line(item.summary or item.next_action or ""),
            Styled(f"{moment(item.created_at)} by {actor_name(item.created_by) or 'somebody'}", "dim"),
        ]
        for item in view.handoffs
    ]
    console.table(rows, grow=3)


def render_context(view: Any, op: Any, console: Console) -> None:
    """The context as Markdown, or as bare JSON."""
    if op.format == "json":
        show_json(view, console)
    else:
        console.text(view.content)


RENDERERS: dict[str, Renderer] = {"HandoffList": render_list, "RoleContext": render_context}
