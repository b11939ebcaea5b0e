"""The criteria of a plan by the references that people type."""

from gitledger.errors import InvalidInput
from gitledger.model.task import Criterion, Plan, Task
from gitledger.ops._base import PROGRAM


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
