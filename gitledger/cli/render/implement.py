"""Implementation runs for people."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.render._lifecycle import STEPS
from gitledger.cli.render._views import show_next
from gitledger.cli.render._work_views import show_run


def render_finished(view: Any, op: Any, console: Console) -> None:
    """The end of an implementation."""
    sentence = STEPS["implement finish"].replace("{run_id}", view.run_id).replace("{task_id}", view.task_id)
    console.line(sentence, " → ", console.status(view.status))
    show_next(view.next_command, console)


def render_shown(view: Any, op: Any, console: Console) -> None:
    """A run, whole."""
    show_run(view.run, console)


RENDERERS: dict[str, Renderer] = {"Finished": render_finished, "RunShown": render_shown}
