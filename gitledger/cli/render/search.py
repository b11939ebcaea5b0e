"""What a search found, for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer, given
from gitledger.cli.render._source_files import render_matches
from gitledger.cli.render.waiting import place_of
from gitledger.cli.text import count, one_line


def render_result(view: Any, op: Any, console: Console) -> None:
    """Each task with the piece of text that shows why it is here; or each place in a file."""
    if given(view.matches):
        render_matches(view, op, console)
        return
    if not view.tasks:
        console.line("nothing found")
    for task in view.tasks:
        console.line(Styled(task.id, "bold"), "  ", console.status(task.status), "  ", one_line(task.title), place_of(task))
        if task.field != "title":
            console.line(Styled(f"  {task.field}: ", "dim"), *_marked(task))
    if view.truncated:
        console.line(Styled(f"{len(view.tasks)} of {count(view.total, 'task')}", "dim"))


def _marked(task: Any) -> list[Cell]:
    parts: list[Cell] = []
    at = 0
    for start, end in task.marks:
        parts += [task.snippet[at:start], Styled(task.snippet[start:end], "bold")]
        at = end
    return [*parts, task.snippet[at:]]


RENDERERS: dict[str, Renderer] = {"SearchResult": render_result}
