"""Both state machines as one table, and the one role that boards, gates and metrics speak of."""

from gitledger.model.task import Task

ROLES = ("queue", "work", "review", "done", "blocked", "cancelled", "archived")

_ROLE = {
    "draft": "queue",
    "planning": "queue",
    "plan_review": "queue",
    "approved": "queue",
    "implementing": "work",
    "implemented": "work",
    "failed_validation": "work",
    "validating": "review",
    "queue": "queue",
    "work": "work",
    "review": "review",
    "done": "done",
    "cancelled": "cancelled",
}

STATUSES = {
    "staged": (
        "draft",
        "planning",
        "plan_review",
        "approved",
        "implementing",
        "implemented",
        "validating",
        "done",
        "failed_validation",
        "cancelled",
    ),
    "light": ("queue", "work", "review", "done", "cancelled"),
}

# (workflow, status, trigger) → status. What is not here is refused.
TRANSITIONS: dict[tuple[str, str, str], str] = {
    ("staged", "draft", "plan start"): "planning",
    ("staged", "plan_review", "plan start"): "planning",
    ("staged", "planning", "plan start"): "planning",
    ("staged", "planning", "plan propose"): "plan_review",
    ("staged", "plan_review", "plan regenerate"): "plan_review",
    ("staged", "draft", "plan regenerate"): "plan_review",
    ("staged", "planning", "plan regenerate"): "plan_review",
    ("staged", "plan_review", "plan approve"): "approved",
    ("staged", "plan_review", "plan reject"): "plan_review",
    ("staged", "approved", "implement start"): "implementing",
    ("staged", "failed_validation", "implement start"): "implementing",
    ("staged", "failed_validation", "implement restart"): "implementing",
    ("staged", "approved", "implement resume"): "implementing",
    ("staged", "implementing", "implement resume"): "implementing",
    ("staged", "implementing", "implement finish"): "implemented",
    ("staged", "implemented", "validate start"): "validating",
    ("staged", "validating", "validate start"): "validating",
    ("staged", "validating", "validate passed"): "done",
    ("staged", "validating", "validate failed"): "failed_validation",
    ("staged", "validating", "validate blocked"): "failed_validation",
    ("light", "queue", "start"): "work",
    ("light", "work", "start"): "review",
    ("light", "review", "start"): "done",
    ("light", "queue", "complete"): "done",
    ("light", "work", "complete"): "done",
    ("light", "review", "complete"): "done",
    ("light", "done", "reopen"): "queue",
    ("light", "cancelled", "reopen"): "queue",
}
for _workflow, _statuses in STATUSES.items():
    for _status in _statuses:
        if _status not in ("done", "cancelled"):
            TRANSITIONS[_workflow, _status, "cancel"] = "cancelled"

# The run type of a stage, and the stage word of a claim (reference names).
STAGE_OF_RUN = {"planning": "planning", "implementation": "implementing", "validation": "validating"}
RUN_OF_STAGE = {stage: run for run, stage in STAGE_OF_RUN.items()}


def next_status(workflow: str, status: str, trigger: str) -> str | None:
    """The status after `trigger`, or None where the table does not allow it."""
    return TRANSITIONS.get((workflow, status, trigger))


def sources(workflow: str, trigger: str) -> list[str]:
    """The statuses in which `trigger` is allowed, in the order of the lifecycle."""
    return [status for status in STATUSES[workflow] if (workflow, status, trigger) in TRANSITIONS]


def role_of(status: str) -> str:
    """The role of a bare status; an unknown status counts as queue."""
    return _ROLE.get(status, "queue")


def role(task: Task) -> str:
    """The role of a task: archived and blocked lie over its status."""
    if task.archived_at is not None:
        return "archived"
    if task.hold is not None and task.status not in ("done", "cancelled"):
        return "blocked"
    return role_of(task.status)
