"""Tasks, dependencies and notes as task-orchestrator-py writes them: the same keys, all of them always there."""

from typing import Any

import json

from gitledger.errors import NotFound
from gitledger.model import workflow
from gitledger.model.task import Dependency, Edge, Note, Task
from gitledger.ops._notes import note_text
from gitledger.ops._world import World

# Where a task keeps what it was given and gitledger has no field for.
METADATA, PROPERTIES, TAGS = "metadata", "properties", "tags"


def words_of(text: str) -> list[str]:
    """The words of a comma list."""
    return [word for part in text.split(",") if (word := part.strip())]


def meta_of(metadata: str, properties: str, tags: str) -> dict[str, Any]:
    """What a task keeps verbatim of what was given."""
    given = {METADATA: metadata, PROPERTIES: properties, TAGS: tags}
    return {name: text for name, text in given.items() if text and (name != TAGS or text != ",".join(sorted(set(words_of(text)))))}


def item_of(world: World, task: Task) -> dict[str, Any]:
    """A task. A staged one shows its role as `status`."""
    return {
        "id": task.uid,
        "parent_id": task.parent,
        "title": task.title,
        "description": world.description(task),
        "summary": task.summary,
        "status": workflow.role(task),
        "status_label": task.label,
        "previous_status": workflow.role_of(task.hold.previous) if task.hold else None,
        "priority": task.priority or "medium",
        "complexity": task.complexity,
        "item_type": task.type,
        "tags": _tags(task),
        "metadata": _text(task.meta.get(METADATA)),
        "properties": _properties(task),
        "role_changed_at": moment(task.status_at),
        "due_at": _due(task.due),
        "schedule": task.schedule,
        "next_run_at": moment(task.next_run_at),
        "created_at": moment(task.created_at),
        "updated_at": moment(task.updated_at),
    }


def _tags(task: Task) -> str:
    """The labels, in the words in which they were given where those still hold."""
    given = task.meta.get(TAGS)
    if isinstance(given, str) and sorted(set(words_of(given))) == sorted(task.labels):
        return given
    return ",".join(task.labels)


def _properties(task: Task) -> str | None:
    given = task.meta.get(PROPERTIES)
    return given if isinstance(given, str) else json.dumps(task.properties) if task.properties else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def moment(text: str | None) -> str | None:
    """A time with its offset in digits, as Python writes it."""
    return text[:-1] + "+00:00" if text and text.endswith("Z") else text or None


def _due(text: str | None) -> str | None:
    return moment(text.replace(".000000Z", "Z")) if text else None


# ---------------------------------------------------------------------------------------------- dependencies and notes


def dependency_of(edge: Edge, kept: Dependency | None) -> dict[str, Any]:
    """A dependency: `from_id` comes first, `to_id` waits for it. `kept` is how the waiting task's record has it."""
    return {
        "id": _id(edge.task, f"{edge.type} {edge.on}"),
        "from_id": edge.on,
        "to_id": edge.task,
        "dep_type": edge.type,
        "unblock_at": edge.unblock_at,
        "created_at": moment(kept.added_at if kept else None),
    }


def note_of(world: World, task: Task, note: Note, *, body: bool = True) -> dict[str, Any]:
    """A note of a task."""
    return {
        "id": _id(task.uid, f"note {note.key}"),
        "item_id": task.uid,
        "key": note.key,
        "role": note.role,
        **({"body": note_text(world, task, note)} if body else {}),
        "created_at": moment(note.created_at),
        "updated_at": moment(note.updated_at),
    }


def _id(uid: str, name: str) -> str:
    """An id for what belongs to a task, the same whoever asks."""
    from uuid import UUID, uuid5

    try:
        return str(uuid5(UUID(uid), name))
    except ValueError:
        raise NotFound(f"{uid[:80]} is no id.", hint=("gitledger", "item", "list")) from None
