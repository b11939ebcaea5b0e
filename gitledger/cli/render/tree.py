"""Trees of tasks for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer, given
from gitledger.cli.text import count, one_line


def render_tree(view: Any, op: Any, console: Console) -> None:
    """Each task on a line, indented by depth, with how many of its parts are finished."""
    if not view.nodes:
        console.line("no tasks")
        return
    for node in view.nodes:
        over = node.role in ("done", "cancelled")
        parts = f"  {node.ended}/{node.children}" if node.children else ""
        hidden = f"  (+{node.hidden})" if node.hidden else ""
        ledger = f"  {node.ledger}" if given(node.ledger) else ""
        console.line(
            "  " * node.depth,
            Styled(node.id, "dim" if over else "bold"),
            "  ",
            console.status("blocked" if node.role == "blocked" else node.status),
            "  ",
            Styled(one_line(node.title), "dim" if over else ""),
            Styled(parts + hidden + ledger, "dim"),
        )
    if view.truncated:
        console.line(Styled(f"{count(len(view.nodes), 'task')}; --depth and --limit show more", "dim"))


RENDERERS: dict[str, Renderer] = {"TaskTree": render_tree}
