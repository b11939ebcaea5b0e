"""Notes: texts on a task by key, each with the role in which it is due; a type may require them before work goes on."""

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType

from gitledger.errors import InvalidInput, NotFound
from gitledger.model.events import NoteRemoved, NoteSet
from gitledger.model.task import Note, Task
from gitledger.ops._advancing import reopen_for_note
from gitledger.ops._base import Decision, Operation, TaskOperation, arg, on, opt, require_text
from gitledger.ops._commands import on_task
from gitledger.ops._facts import PROGRAM
from gitledger.ops._notes import find_note, note_text
from gitledger.ops._types import schema_of
from gitledger.ops._views import ActorView, View, actor_view
from gitledger.ops._world import World

Role = Literal["queue", "work", "review"]

_KEY = Annotated[str, arg("The key of the note: one line, such as requirements.", metavar="KEY")]
_METADATA_ONLY = Annotated[bool, opt("Without the text.")]
_LONGEST_KEY = 120


class NoteView(View):
    """A note. `role` says in which role it is due, `author` who wrote it last; `body` is left out where only metadata was asked for."""

    key: str
    role: str
    created_at: str
    updated_at: str
    author: ActorView | None
    body: str | UnsetType = UNSET


class NoteSaved(View):
    """The note as it was set. `reopened`: the task was finished, and is taken up again because of it."""

    task_id: str
    uid: str
    status: str
    note: NoteView
    changed: bool
    reopened: bool
    kind: Literal["note_set"] = "note_set"


class NoteShown(View):
    """One note of a task."""

    task_id: str
    uid: str
    note: NoteView
    kind: Literal["note"] = "note"


class NoteList(View):
    """The notes of a task, the oldest first."""

    task_id: str
    uid: str
    notes: list[NoteView]
    total: int
    truncated: bool
    kind: Literal["note_list"] = "note_list"


class NoteGone(View):
    """The note that was removed."""

    task_id: str
    uid: str
    key: str
    changed: bool
    kind: Literal["note_removed"] = "note_removed"


def clean_key(text: str) -> str:
    """The key on one line of at most 120 printable characters."""
    key = require_text(text, "KEY", (PROGRAM, "note", "set", "--help")).strip()
    if len(key) > _LONGEST_KEY or not key.isprintable():
        raise InvalidInput(
            f"The key of a note is one line of at most {_LONGEST_KEY} printable characters.",
            hint=(PROGRAM, "note", "set", "--help"),
        )
    return key


def _known_note(task: Task, text: str) -> Note:
    key = clean_key(text)
    note = find_note(task, key)
    if note is None:
        raise NotFound(
            f"{task.id} has no note {key!r}.",
            hint=on_task(task, "note", "list", "--metadata-only"),
            task_id=task.id,
            details={"key": key, "known": [known.key for known in task.notes]},
        )
    return note


def note_view(world: World, task: Task, note: Note, *, metadata_only: bool = False) -> NoteView:
    """The note as answers show it."""
    return NoteView(
        key=note.key,
        role=note.role,
        created_at=note.created_at,
        updated_at=note.updated_at,
        author=actor_view(note.by),
        body=UNSET if metadata_only else note_text(world, task, note),
    )


class SetNote(TaskOperation, frozen=True, kw_only=True):
    """Write a note on a task, staged or light, whatever its status; it takes the place of the one with that key.

    Where the role is left out, the note keeps the one that it has; a new one has that of the task's type, else queue.
    On a finished light task of a type that is `auto-reopen` it takes the task up again.
    """

    command = "note set"

    key: _KEY
    body: Annotated[str, opt("The text (Markdown).", file="--file")]
    role: Annotated[Role | None, opt("The role in which it is due: queue, work or review.")] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        key = clean_key(self.key)
        known = find_note(task, key)
        role = self.role or (known.role if known else _role_of(world, task, key))
        body = self.body.rstrip("\n")
        if known is None or known.role != role or note_text(world, task, known) != body:
            yield on(task, NoteSet(key=key, body=body, role=role))
        yield from reopen_for_note(world, task.uid, key)

    def what(self, world: World) -> str:
        return clean_key(self.key)

    def show(self, world: World) -> NoteSaved:
        task = self.subject(world)
        note = note_view(world, task, _known_note(task, self.key), metadata_only=True)
        return NoteSaved(
            task_id=task.id,
            uid=task.uid,
            status=task.status,
            note=note,
            changed=world.changed,
            reopened=any(event.type == "task.advanced" for event in world.events),
        )


def _role_of(world: World, task: Task, key: str) -> str:
    """The role in which the task's type wants a note of that key."""
    schema = schema_of(world, task)
    return next((note.role for note in schema.says.notes if note.key == key), "queue") if schema else "queue"


class GetNote(TaskOperation, frozen=True, kw_only=True):
    """Show one note of a task."""

    command = "note get"
    writes = False

    key: _KEY
    metadata_only: _METADATA_ONLY = False

    def show(self, world: World) -> NoteShown:
        task = self.subject(world)
        note = note_view(world, task, _known_note(task, self.key), metadata_only=self.metadata_only)
        return NoteShown(task_id=task.id, uid=task.uid, note=note)


class ListNotes(TaskOperation, frozen=True, kw_only=True):
    """List the notes of a task, the oldest first."""

    command = "note list"
    writes = False

    role: Annotated[Role | None, opt("Only notes that are due in this role: queue, work or review.")] = None
    metadata_only: _METADATA_ONLY = False

    def show(self, world: World) -> NoteList:
        task = self.subject(world)
        found = [note for note in task.notes if self.role in (None, note.role)]
        return NoteList(
            task_id=task.id,
            uid=task.uid,
            notes=[note_view(world, task, note, metadata_only=self.metadata_only) for note in found],
            total=len(found),
            truncated=False,
        )


class RemoveNote(TaskOperation, frozen=True, kw_only=True):
    """Take a note off a task. What it said stays in the history."""

    command = "note remove"

    key: _KEY

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        yield on(task, NoteRemoved(key=_known_note(task, self.key).key))

    def what(self, world: World) -> str:
        return clean_key(self.key)

    def show(self, world: World) -> NoteGone:
        task = self.subject(world)
        return NoteGone(task_id=task.id, uid=task.uid, key=clean_key(self.key), changed=world.changed)


OPERATIONS: tuple[type[Operation], ...] = (SetNote, GetNote, ListNotes, RemoveNote)
