"""Remarks for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import actor_name
from gitledger.cli.text import moment


def render_added(view: Any, op: Any, console: Console) -> None:
    """Which remark it is."""
    console.line(f"added {view.comment.id} to {view.task_id}")


def render_list(view: Any, op: Any, console: Console) -> None:
    """Each remark with when and by whom, oldest first."""
    if not view.comments:
        console.line(f"{view.task_id} has no comments")
    for comment in view.comments:
        kind = "" if comment.kind == "comment" else f"  ({comment.kind})"
        who = actor_name(comment.author) or "somebody"
        console.line(Styled(comment.id, "bold"), "  ", Styled(f"{moment(comment.created_at)} by {who}{kind}", "dim"))
        console.text(comment.text)


RENDERERS: dict[str, Renderer] = {"Commented": render_added, "CommentList": render_list}
