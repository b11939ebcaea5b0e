"""Two versions of a plan for people: the diff, as git shows one."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def render_diff(view: Any, op: Any, console: Console) -> None:
    """The lines of the diff, or that there are none."""
    if not view.diff:
        console.line(f"nothing differs between plan v{view.from_version} and v{view.to_version} of {view.task_id}")
    for line in view.diff.split("\n") if view.diff else ():
        colour = _COLOURS.get(line[:1])
        console.line(Styled(line, colour) if colour else line)


RENDERERS: dict[str, Renderer] = {"PlanDiff": render_diff}
