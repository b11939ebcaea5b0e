"""Requirements for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import actor_name, box
from gitledger.cli.text import one_line
from gitledger.model import ids

_SENTENCES = {
    "require add": "{task} requires {required}",
    "require remove": "{task} no longer requires {required}",
    "require waive": "waived: {task} need not wait for {required}",
}


def render_changed(view: Any, op: Any, console: Console) -> None:
    """What the task waits for now."""
    sentence = _SENTENCES[op.command]
    number = ids.parse_task_number(op.required.strip().lower())
    required = one_line(op.required) if number is None else ids.task_id(number)
    console.line(sentence.replace("{task}", view.id).replace("{required}", required))
    console.fields([("requires", view.requirements)], indent=2)


def render_list(view: Any, op: Any, console: Console) -> None:
    """The tasks that must be done first."""
    if not view.requirements:
        console.line(f"{view.task_id} requires no other task")
        return
    console.table([_row(requirement, console) for requirement in view.requirements], grow=2)


def _row(requirement: Any, console: Console) -> list[Cell]:
    waiver = requirement.waiver
    note = f"waived by {actor_name(waiver.actor) or 'somebody'}: {waiver.reason}" if waiver else ""
    return [
        f"{box(requirement.satisfied)} {requirement.required_task_id}",
        console.status(requirement.status or "not here"),
        requirement.required_task_title,
        Styled(note, "dim"),
    ]


RENDERERS: dict[str, Renderer] = {"TaskView": render_changed, "RequirementList": render_list}
