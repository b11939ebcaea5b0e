"""Notes for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer, given
from gitledger.cli.render._views import actor_name
from gitledger.cli.text import moment


def render_saved(view: Any, op: Any, console: Console) -> None:
    """Which note it is now."""
    console.line(f"{view.task_id}: note {view.note.key} ({view.note.role})" + ("" if view.changed else "; nothing changed"))
    if view.reopened:
        console.line(f"{view.task_id} is taken up again: {view.status}")


def render_one(view: Any, op: Any, console: Console) -> None:
    """The text of the note alone; with --metadata-only its head."""
    if given(view.note.body):
        console.text(view.note.body)
    else:
        _say_head(view.note, console)


def render_list(view: Any, op: Any, console: Console) -> None:
    """Each note under its head, the oldest first."""
    if not view.notes:
        console.line(f"{view.task_id} has no notes")
    for note in view.notes:
        _say_head(note, console)
        if given(note.body):
            console.text(note.body)


def render_gone(view: Any, op: Any, console: Console) -> None:
    """Which note is gone."""
    console.line(f"{view.task_id}: removed note {view.key}")


def _say_head(note: Any, console: Console) -> None:
    who = actor_name(note.author) or "somebody"
    console.line(Styled(note.key, "bold"), f"  {note.role}  ", Styled(f"{moment(note.updated_at)} by {who}", "dim"))


RENDERERS: dict[str, Renderer] = {
    "NoteSaved": render_saved,
    "NoteShown": render_one,
    "NoteList": render_list,
    "NoteGone": render_gone,
}
