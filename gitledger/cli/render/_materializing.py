"""The todos copied from a plan, for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, one_line


def render_materialized(view: Any, op: Any, console: Console) -> None:
    """How many there are, and each of them."""
    verb = "would copy" if view.dry_run else "copied"
    console.line(f"{verb} {count(view.materialized_todos, 'todo')} of {view.plan_id} to {view.task_id}")
    for todo in view.todos:
        optional = [] if todo.mandatory else [Styled("  optional", "dim")]
        console.line("  ", todo.id, "  ", one_line(todo.text), *optional)


RENDERERS: dict[str, Renderer] = {"TodosMaterialized": render_materialized}
