"""Types of tasks for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import say


def render_list(view: Any, op: Any, console: Console) -> None:
    """Types as a table."""
    if not view.types:
        console.line("no types")
        return
    rows: list[list[Cell]] = [
        [known.name, known.workflow, known.lifecycle, _gates(known), f"{known.notes} ({known.required_notes} required)", known.file]
        for known in view.types
    ]
    console.table(rows, ("TYPE", "WORKFLOW", "LIFECYCLE", "GATES", "NOTES", "FROM"), grow=3)


def render_type(view: Any, op: Any, console: Console) -> None:
    """What a type says, and the notes that it asks for."""
    console.line(Styled(view.name, "bold"))
    fields = [("workflow", view.workflow), ("lifecycle", view.lifecycle), ("gates", _gates(view))]
    console.fields([*fields, ("cascades", ", ".join(view.cascades)), ("from", view.file)], indent=2)
    for note in view.notes:
        console.line("  note ", Styled(note.key, "bold"), f"  {note.role}{', required' if note.required else ''}")
        if note.description:
            console.line("    ", note.description)


def render_check(view: Any, op: Any, console: Console) -> None:
    """Whether the notes let the task go on, and how each stands."""
    if view.type is None:
        console.line(f"{view.task_id} is of no type that asks anything of it.")
        return
    console.line(f"{view.task_id}: {view.type} (by its {view.matched_by}), {view.lifecycle}")
    for note in view.notes:
        mark = "[x]" if note.filled else "[ ]"
        console.line(f"  {mark} {note.key}  {note.role}{', required' if note.required else ''}")
    if view.next is None:
        console.line(f"It is {view.role}: nothing is due.")
    elif view.can_advance:
        console.line(f"Nothing is missing for {view.next}.")
    for note in view.missing:
        console.line(f"Missing before {view.next}: {note.key}{f': {note.description}' if note.description else ''}")


def _gates(view: Any) -> str:
    if view.gates is None:
        return "the workflow's own"
    return say(view.gates) or "none"


RENDERERS: dict[str, Renderer] = {"TypeList": render_list, "TypeView": render_type, "TypeCheck": render_check}
