"""Notes on items: written, removed, read."""

from typing import Any

from gitledger.mcp.orchestrator.desk import Desk, carry_out
from gitledger.mcp.orchestrator.errors import Plain, invalid
from gitledger.mcp.orchestrator.forms import Tool, check_operation
from gitledger.mcp.orchestrator.shapes import find, note_of, notes_of, record_of, resolve
from gitledger.model.policy import NOTE_ROLES
from gitledger.ops._base import Decision
from gitledger.ops._notes import find_note
from gitledger.ops._world import World
from gitledger.ops.note import RemoveNote, SetNote, clean_key


class ManageNotes(Tool, frozen=True, kw_only=True):
    """Notes on an item: what has to be known of it, by key.

    upsert: writes the note of that key, with the role (queue, work, review) in which it is due. delete: removes it. list: all of
    the item's notes. Required notes are asked for when the item moves on.
    """

    tool = "manage_notes"

    operation: str
    item_id: str
    key: str = ""
    body: str = ""
    role: str = "queue"

    def answer(self, desk: Desk) -> Any:
        check_operation(self.operation, ("upsert", "delete", "list"))
        if self.operation == "list":
            return desk.read(lambda world: _listed(world, self.item_id, body=True))
        return self._upsert(desk) if self.operation == "upsert" else self._delete(desk)

    def _upsert(self, desk: Desk) -> Any:
        # "queue" is what the parameter holds where nobody said a role.
        role: Any = self.role if "role" in desk.given else None
        if role not in (None, "", *NOTE_ROLES):
            raise invalid("role", f"Invalid role: {self.role[:40]}. Must be one of: {', '.join(NOTE_ROLES)}")

        def decide(world: World) -> Decision:
            task = find(world, self.item_id)
            yield from carry_out(world, SetNote(task=task.uid, key=self.key, body=self.body, role=role or None))

        def show(world: World) -> Any:
            task = find(world, self.item_id)
            note = find_note(task, clean_key(self.key))
            assert note is not None  # it was just written
            is_reopened = any(event.type == "task.advanced" and event.task == task.uid for event in world.events)
            return note_of(world, task, note) | ({"auto_reopened": True} if is_reopened else {})

        return desk.write("note set", decide, show)

    def _delete(self, desk: Desk) -> Any:
        def decide(world: World) -> Decision:
            task = record_of(world, resolve(world, self.item_id))
            if task is not None and find_note(task, self.key.strip()) is not None:
                yield from carry_out(world, RemoveNote(task=task.uid, key=self.key))

        return desk.write("note remove", decide, lambda world: {"deleted": world.changed})


class QueryNotes(Tool, frozen=True, kw_only=True):
    """The notes of an item: the one with that key, or all; include_body=false leaves their texts out."""

    tool = "query_notes"

    item_id: str
    key: str = ""
    include_body: bool = True

    def answer(self, desk: Desk) -> Any:
        return desk.read(self._one if self.key else lambda world: _listed(world, self.item_id, body=self.include_body))

    def _one(self, world: World) -> Any:
        task = record_of(world, resolve(world, self.item_id))
        note = find_note(task, self.key.strip()) if task is not None else None
        if task is None or note is None:
            raise Plain(f"Note '{self.key[:80]}' not found")
        return note_of(world, task, note, body=self.include_body)


def _listed(world: World, item: str, *, body: bool) -> list[dict[str, Any]]:
    task = record_of(world, resolve(world, item))
    return notes_of(world, task, body=body) if task is not None else []
