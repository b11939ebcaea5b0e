"""The criteria of a plan: by the references that people type, and how each stands."""

from typing import Any

from msgspec import Struct

from gitledger.errors import InvalidInput
from gitledger.model.task import Criterion, Plan, Run, Task
from gitledger.ops._facts import PROGRAM


def find_criterion(task: Task, plan: Plan, reference: str) -> Criterion:
    """The criterion that `ac-0001`, `ac-1` or `1` names."""
    text = reference.strip().lower()
    exact = [criterion for criterion in plan.criteria if criterion.id.lower() == text]
    if not exact and text.removeprefix("ac-").isdigit():
        number = int(text.removeprefix("ac-"))
        exact = [c for c in plan.criteria if c.id.lower().removeprefix("ac-").lstrip("0") == str(number)]
    if not exact:
        known = ", ".join(criterion.id for criterion in plan.criteria) or "none"
        raise InvalidInput(
            f"{reference!r} is not a criterion of {plan.ref}; known: {known}.",
            hint=(PROGRAM, "validate", "status", "--task", task.id),
            task_id=task.id,
        )
    return exact[0]


class CriterionState(Struct, frozen=True):
    """How a criterion stands: its latest check in the current validation, and whether that satisfies it."""

    criterion: Criterion
    checks: list[Any]
    latest: Any
    is_satisfied: bool


def criteria_states(task: Task, plan: Plan | None, run: Run | None) -> list[CriterionState]:
    """The state of each criterion of the accepted plan in the validation run."""
    if plan is None:
        return []
    states = []
    for criterion in plan.criteria:
        checks = [
            check
            for check in task.checks
            if run is not None and check.run == run.id and check.plan == plan.id and check.criterion == criterion.id
        ]
        latest = checks[-1] if checks else None
        states.append(CriterionState(criterion, checks, latest, latest is not None and latest.status == "pass"))
    return states
