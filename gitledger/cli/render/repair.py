"""Repairs, for people: how things stand, and how work goes on."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import show_next


def render_task(view: Any, op: Any, console: Console) -> None:
    """Whether the record is whole."""
    verdict = Styled("is what its events make of it", "green") if view.is_whole else Styled("differs from its events", "red")
    console.line(f"the record of {view.task_id} ", verdict)
    for command in view.recovery_commands:
        show_next(command, console)


def render_run(view: Any, op: Any, console: Console) -> None:
    """How the run stands."""
    if view.run_id is None:
        console.line(f"no run is under way on {view.task_id}")
    else:
        held = "held" if view.is_claimed else "held by nobody"
        console.line(f"{view.run_id} of {view.task_id} ({view.run_type}) is {view.previous_status}, {held}; nothing to repair")
    show_next(view.next_command, console)


def render_nothing(view: Any, op: Any, console: Console) -> None:
    """Why there is nothing to do."""
    console.line(getattr(view, "summary", None) or view.message)


RENDERERS: dict[str, Renderer] = {
    "TaskRepair": render_task,
    "RunRepair": render_run,
    "PlanningChangesRepair": render_nothing,
    "TaskFoldersRepair": render_nothing,
}
