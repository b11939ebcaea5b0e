"""The notes of a task as rules and commands look them up: by key, with the text, and whether they say anything."""

from gitledger.model.task import Note, Task
from gitledger.ops._world import World


def find_note(task: Task, key: str) -> Note | None:
    """The note with exactly this key, or None."""
    return next((note for note in task.notes if note.key == key), None)


def note_text(world: World, task: Task, note: Note) -> str:
    """What the note says, without the line end that its file has."""
    return world.text(task, note.file).removesuffix("\n")


def is_filled(world: World, task: Task, key: str) -> bool:
    """Whether there is a note of that key, whatever its role, that says something."""
    note = find_note(task, key)
    return note is not None and bool(note_text(world, task, note).strip())
