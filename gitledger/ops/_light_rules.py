"""The rules of a light task: what must hold for a trigger once the table of its workflow allows it."""

from typing import Any

from gitledger.errors import LedgerError, Refused
from gitledger.model.task import Task
from gitledger.ops import _type_rules
from gitledger.ops._claim_rules import not_claimed_by_other
from gitledger.ops._facts import PROGRAM, Blocker
from gitledger.ops._graph import unmet_edges
from gitledger.ops._views import task_ref
from gitledger.ops._world import World
from gitledger.ops.guards import Rule, gate, refusal


def _find_unmet(world: World, task: Task, op: Any) -> list[Blocker]:
    """Dependencies keep a light task from leaving the queue, and from nothing else."""
    if task.status != "queue":
        return []
    found = []
    for edge in unmet_edges(world, task):
        row, name = world.standing(edge.on), task_ref(world, edge.on) or edge.on
        title = row.title if row is not None else "not in this ledger"
        command = (PROGRAM, "dep", "list", task.id)
        message = f"{task.id} waits for {name} to be {edge.unblock_at}: {title}."
        found.append(Blocker("dependency", message, ref=name, command=command, details={"title": title}))
    return found


def _refuse_unmet(task: Task, blockers: list[Blocker]) -> LedgerError:
    names = ", ".join(blocker.ref or "" for blocker in blockers[:10]) + (" …" if len(blockers) > 10 else "")
    return refusal(
        Refused,
        task,
        blockers,
        message=f"{task.id} waits for unfinished tasks: {names}.",
        code="DEPENDENCY_UNSATISFIED",
    )


# What a light task depends on is far enough.
dependencies_met = gate("dependencies", _find_unmet, _refuse_unmet)

# trigger → what must hold, beside that nobody else has claimed the task.
_GATES: dict[str, tuple[Rule, ...]] = {
    "start": (dependencies_met, _type_rules.claimed_by_me, _type_rules.required_notes("start")),
    "complete": (dependencies_met, _type_rules.claimed_by_me, _type_rules.required_notes("complete")),
    "cancel": (_type_rules.not_permanent,),
}


def light_rules(trigger: str) -> tuple[Rule, ...]:
    """What must hold for a light task to be moved by this trigger."""
    return (not_claimed_by_other, *_GATES.get(trigger, ()))
