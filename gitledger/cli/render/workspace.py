"""Workspaces for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, one_line


def render_saved(view: Any, op: Any, console: Console) -> None:
    """The workspace as it is now."""
    console.line(f"workspace {one_line(view.name)}" + ("" if view.changed else "; nothing changed"))
    _fields(view, console)


def _fields(view: Any, console: Console) -> None:
    pairs = [
        ("about", view.description),
        ("tags", view.tags or "none: it holds every task"),
        ("memory tags", view.memory_tags),
        ("repositories", view.repos),
        ("conventions", "\n".join(view.conventions)),
    ]
    console.fields(pairs, indent=2)


def render_shown(view: Any, op: Any, console: Console) -> None:
    """The workspace with what is in it."""
    roles = ", ".join(f"{many} {role}" for role, many in view.by_role.items())
    console.line(Styled(one_line(view.name), "bold"), f"  {count(view.tasks, 'task')}" + (f": {roles}" if roles else ""))
    _fields(view, console)


def render_list(view: Any, op: Any, console: Console) -> None:
    """One line for each."""
    if not view.workspaces:
        console.line("no workspaces")
    rows: list[list[Cell]] = [[item.name, ", ".join(item.tags), item.description] for item in view.workspaces]
    console.table(rows)


def render_gone(view: Any, op: Any, console: Console) -> None:
    """That it is gone."""
    console.line(f"removed workspace {one_line(view.name)}")


RENDERERS: dict[str, Renderer] = {
    "WorkspaceSaved": render_saved,
    "WorkspaceShown": render_shown,
    "WorkspaceList": render_list,
    "WorkspaceGone": render_gone,
}
