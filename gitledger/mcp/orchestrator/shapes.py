"""Tasks, dependencies and notes as the reference writes them: the same keys, all of them always there."""

from collections.abc import Iterable
from typing import Any

from gitledger.mcp.orchestrator.errors import conflict, invalid, missing
from gitledger.model import ids
from gitledger.model.task import Edge, Row, Task
from gitledger.ops._interchange import dependency_of, item_of, note_of
from gitledger.ops._world import World

_WHOLE = 36  # the length of an id
_FEWEST = 4  # of its first characters


# ---------------------------------------------------------------------------------------------- ids


def resolve(world: World, text: str, field: str = "id") -> str:
    """The id that `text` begins; a whole one as it is, and nothing for nothing."""
    if not text or len(text) >= _WHOLE:
        return text
    if len(text) < _FEWEST:
        raise invalid(field, f"An id takes at least {_FEWEST} characters; {text!r} has {len(text)}.")
    found = _beginning_with(world, text.lower())
    if not found:
        raise missing(field, f"No item matching prefix {text!r}.")
    if len(found) > 1:
        raise conflict(field, f"{len(found)} items match {text!r}: {', '.join(found)}")
    return found[0]


def _beginning_with(world: World, text: str) -> list[str]:
    number = ids.parse_task_number(text) if text.startswith("task-") else None
    if number is not None:
        return [row.uid for row in world.source.lookup(number=number)]
    return [row.uid for row in world.source.lookup(prefix=text)] if ids.is_uid_prefix(text) else []


def find(world: World, text: str, field: str = "item_id") -> Task:
    """The task with the id that `text` begins. Raises NotFound with the field where there is none."""
    task = record_of(world, resolve(world, text))
    if task is None:
        raise missing(field, f"Item {text[:80]} not found" if text else "Item not found")
    return task


def record_of(world: World, uid: str) -> Task | None:
    """The task with this id, unless it was deleted."""
    task = world.record(uid) if uid else None
    return task if task is not None and task.deleted_at is None else None


def live(world: World, uid: str) -> Row | None:
    """The row of the task with this id, unless it was deleted."""
    row = world.standing(uid)
    return row if row is not None and not row.is_deleted else None


# ---------------------------------------------------------------------------------------------- items


def items_of(world: World, uids: Iterable[str]) -> list[dict[str, Any]]:
    """The tasks with these ids, those that there are."""
    tasks = (record_of(world, uid) for uid in uids)
    return [item_of(world, task) for task in tasks if task is not None]


# ---------------------------------------------------------------------------------------------- dependencies


def dependencies_of(world: World, edges: Iterable[Edge]) -> list[dict[str, Any]]:
    """Dependencies between tasks that there are."""
    found = []
    for edge in edges:
        task = record_of(world, edge.task)
        if task is not None and live(world, edge.on) is not None:
            kept = (dep for dep in task.dependencies if (dep.on, dep.type) == (edge.on, edge.type))
            found.append(dependency_of(edge, next(kept, None)))
    return found


# ---------------------------------------------------------------------------------------------- notes


def notes_of(world: World, task: Task, *, body: bool = True) -> list[dict[str, Any]]:
    """The notes of a task, the oldest first."""
    return [note_of(world, task, note, body=body) for note in sorted(task.notes, key=lambda note: note.created_at)]


