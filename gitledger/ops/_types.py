"""Types of tasks: which one a task is of, by its type or a label, and which gates hold for it."""

from msgspec import Struct

from gitledger.model import workflow
from gitledger.model.policy import FILE, NoteRule, TaskType
from gitledger.model.task import Task
from gitledger.ops._notes import is_filled
from gitledger.ops._world import World

# The roles in the order in which work goes through them.
ORDER = ("queue", "work", "review", "done")

# The gates that hold where the type names none. On a staged task the accepted plan and the live claim are part of the
# workflow, whatever a type says; `evidence: fresh` of the policy adds `evidence fresh`.
OWN_GATES = {
    "staged": ("accepted plan", "todos done", "checks passed", "dependencies", "required notes", "live claim"),
    "light": ("dependencies", "required notes"),
}


class Schema(Struct, frozen=True):
    """A type of tasks: its name, what is said of it, and the file that says so."""

    name: str
    says: TaskType
    file: str


def schemas_of(world: World) -> dict[str, Schema]:
    """Every type by name: those of the policy, then those of the orchestrator's file that have another name."""
    known = {name: Schema(name, said, FILE) for name, said in world.policy.types.items()}
    outside = world.outside_types
    for name, said in outside.types.items():
        known.setdefault(name, Schema(name, said, outside.file))
    return known


def schema_of(world: World, task: Task) -> Schema | None:
    """The type that holds for the task: the one named by its type, else the first one that is among its labels."""
    if not task.type and not task.labels:
        return None  # no file need be read
    known = schemas_of(world)
    if task.type in known:
        return known[task.type]
    return next((schema for name, schema in known.items() if name in task.labels), None)


def has_gate(world: World, task: Task, gate: str) -> bool:
    """Whether the gate of that name holds for the task."""
    schema = schema_of(world, task)
    named = schema.says.gates if schema is not None else None
    return gate in (OWN_GATES.get(task.workflow, ()) if named is None else named)


def missing_notes(world: World, task: Task, target: str) -> list[NoteRule]:
    """The required notes of all roles before `target` that are not there, or say nothing."""
    schema = schema_of(world, task)
    if schema is None or target not in ORDER or not has_gate(world, task, "required notes"):
        return []
    due = ORDER[: ORDER.index(target)]
    return [
        note for note in schema.says.notes if note.required and note.role in due and not is_filled(world, task, note.key)
    ]


def skips_review(world: World, task: Task) -> bool:
    """Whether a light task goes from work straight to done: its type is `auto` and has no notes for the review."""
    schema = schema_of(world, task) if task.workflow == "light" else None
    return schema is not None and schema.says.lifecycle == "auto" and all(note.role != "review" for note in schema.says.notes)


def next_position(world: World, task: Task, trigger: str) -> str | None:
    """Where `trigger` leads the task by the table of its workflow and its type, or None where it is not allowed."""
    found = workflow.next_position(task, trigger)
    return "done" if found == "review" and trigger == "start" and skips_review(world, task) else found


def next_role(world: World, task: Task) -> str | None:
    """The role after the one that the task is in; None where it is finished or on hold."""
    role = workflow.role(task)
    if role not in ORDER[:-1]:
        return None
    return "done" if role == "work" and skips_review(world, task) else ORDER[ORDER.index(role) + 1]
