"""The files and URLs of a task, for people."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import link_row
from gitledger.cli.text import one_line


def render_changed(view: Any, op: Any, console: Console) -> None:
    """What was linked or unlinked, and what the task is linked to now."""
    verb = "linked" if op.command.endswith(" add") else "unlinked"
    what = next(getattr(op, name) for name in ("path", "url", "link") if hasattr(op, name))
    console.line(f"{verb} {one_line(what)}: {view.id}")
    _show(view.file_links, console, indent=2)


def render_list(view: Any, op: Any, console: Console) -> None:
    """Each file and URL on a line."""
    if not view.file_links:
        console.line(f"{view.task_id} is linked to no file and no URL")
    _show(view.file_links, console)


def _show(links: Any, console: Console, indent: int = 0) -> None:
    console.table([link_row(link) for link in links], grow=2, indent=indent)


RENDERERS: dict[str, Renderer] = {"TaskView": render_changed, "FileLinks": render_list}
