"""The rules that a task's type adds: its required notes are there before work goes on, and what is permanent is not given up."""

from typing import Any

from gitledger.errors import Conflict, LedgerError, Refused
from gitledger.model import workflow
from gitledger.model.policy import NoteRule
from gitledger.model.task import Task
from gitledger.ops import _types
from gitledger.ops._commands import on_task
from gitledger.ops._facts import PROGRAM, Blocker
from gitledger.ops._world import World, live_claim
from gitledger.ops.guards import Rule, gate, refusal


def note_blocker(task: Task, note: NoteRule) -> Blocker:
    """The blocker for a note that is missing; its message ends with the guidance that the type gives."""
    guidance = f": {' '.join(note.description.split())}" if note.description.strip() else "."
    return Blocker(
        "note_missing",
        f"The note {note.key} ({note.role}) is missing{guidance}",
        ref=note.key,
        command=on_task(task, "note", "set", note.key, "--body", "TEXT"),
        details={"key": note.key, "role": note.role, "description": note.description},
    )


def required_notes(trigger: str) -> Rule:
    """The notes that the task's type requires before the role to which `trigger` leads; where the role stays, none are asked for."""

    def find(world: World, task: Task, op: Any) -> list[Blocker]:
        if getattr(op, "result", "passed") != "passed":
            return []
        status = workflow.next_status(task.workflow, task.status, trigger)
        if status is None or workflow.role_of(status) == workflow.role_of(task.status):
            return []
        return [note_blocker(task, note) for note in _types.missing_notes(world, task, workflow.role_of(status))]

    return Rule("required notes", find, _refuse_missing)


def _refuse_missing(task: Task, blockers: list[Blocker]) -> LedgerError:
    missing = [dict(blocker.details) for blocker in blockers]
    return refusal(
        Refused,
        task,
        blockers,
        message=f"{task.id} lacks required notes: {', '.join(note['key'] for note in missing)}.",
        code="GATE_BLOCKED",
        missing=missing,
        guidance=missing[0]["description"],
    )


def _find_unclaimed(world: World, task: Task, op: Any) -> list[Blocker]:
    claim = live_claim(task.claims, world.now)
    if claim is not None and claim.holder == world.actor.holder():
        return []
    message = f"{task.id} is of a type that only who has claimed it moves, and you have not."
    return [Blocker("lock_missing", message, ref=task.id, command=(PROGRAM, "claim", task.id))]


# The actor has claimed the task: for light tasks of a type that names this gate.
claimed_by_me = gate(
    "live claim", _find_unclaimed, lambda task, blockers: refusal(Refused, task, blockers, code="GATE_BLOCKED")
)


def _find_permanent(world: World, task: Task, op: Any) -> list[Blocker]:
    schema = _types.schema_of(world, task)
    if schema is None or schema.says.lifecycle != "permanent":
        return []
    message = f"{task.id} cannot be cancelled: what is of type {schema.name} is permanent."
    return [Blocker("permanent", message, ref=task.id, command=(PROGRAM, "types", "show", schema.name))]


# The task's type lets it be given up.
not_permanent = Rule(
    "not permanent",
    _find_permanent,
    lambda task, blockers: refusal(Conflict, task, blockers, code="CONFLICT", field="trigger", trigger="cancel"),
)
