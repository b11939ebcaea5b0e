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
    # `advance` on a staged task: the start or the end of the stage that it is in.
    ("staged", "draft", "start"): "planning",
    ("staged", "planning", "start"): "planning",
    ("staged", "plan_review", "start"): "planning",
    ("staged", "approved", "start"): "implementing",
    ("staged", "implementing", "start"): "implementing",
    ("staged", "failed_validation", "start"): "implementing",
    ("staged", "implemented", "start"): "validating",
    ("staged", "validating", "start"): "validating",
    ("staged", "implementing", "complete"): "implemented",
    ("staged", "validating", "complete"): "done",
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

# What lies over a status: a hold (`blocked`, kept with the status that it lies on) and the archive.
# (workflow, position, trigger) → position; PREVIOUS is the status under the hold, RESTING what `resting_status` says.
PREVIOUS, RESTING = "previous", "resting"
OVERLAYS: dict[tuple[str, str, str], str] = {
    ("light", "done", "archive"): "archived",
    ("staged", "done", "archive"): "archived",
    ("staged", "cancelled", "archive"): "archived",
    ("staged", "cancelled", "reopen"): RESTING,
}
for _workflow, _statuses in STATUSES.items():
    OVERLAYS[_workflow, "blocked", "resume"] = PREVIOUS
    OVERLAYS[_workflow, "blocked", "cancel"] = "cancelled"
    for _status in _statuses:
        if _status not in ("done", "cancelled"):
            OVERLAYS[_workflow, _status, "block"] = "blocked"

# What `advance` takes, and what each stands for.
TRIGGERS = ("start", "complete", "block", "hold", "resume", "cancel", "reopen", "archive")
TRIGGER_ALIASES = {"hold": "block"}

# The run type of a stage, and the stage word of a claim (reference names).
STAGE_OF_RUN = {"planning": "planning", "implementation": "implementing", "validation": "validating"}
RUN_OF_STAGE = {stage: run for run, stage in STAGE_OF_RUN.items()}


def next_status(workflow: str, status: str, trigger: str) -> str | None:
    """The status after `trigger`, or None where the table does not allow it."""
    return TRANSITIONS.get((workflow, status, trigger))


def sources(workflow: str, trigger: str) -> list[str]:
    """The statuses in which `trigger` is allowed, in the order of the lifecycle."""
    return [status for status in STATUSES[workflow] if (workflow, status, trigger) in TRANSITIONS]


def position(task: Task) -> str:
    """Where a task stands as triggers see it: `archived`, `blocked`, else its status."""
    if task.archived_at is not None:
        return "archived"
    return "blocked" if role(task) == "blocked" else task.status


def next_position(task: Task, trigger: str) -> str | None:
    """Where `trigger` leads a task, or None where the table does not allow it: a status, `blocked` or `archived`."""
    key = (task.workflow, position(task), TRIGGER_ALIASES.get(trigger, trigger))
    found = OVERLAYS.get(key) or TRANSITIONS.get(key)
    if found == RESTING:
        return resting_status(task)
    return task.status if found == PREVIOUS else found


def resting_status(task: Task) -> str:
    """The status at which a cancelled staged task is taken up again: as far as its plans and finished runs bring it."""
    return resting_statuses(task)[0]


def resting_statuses(task: Task) -> list[str]:
    """Every status at which a staged task could rest by what its plans and finished runs show, the furthest first."""
    found = ["draft"]
    if any(plan.status == "proposed" for plan in task.plans):
        found.insert(0, "plan_review")
    if task.current_plan() is None:
        return found
    found.insert(0, "approved")
    built, checked = task.latest_run("implementation"), task.latest_run("validation")
    if built is None or built.status != "finished":
        return found
    found.insert(0, "implemented")
    if checked is not None and checked.number > built.number and checked.result in ("failed", "blocked"):
        found.insert(0, "failed_validation")
    return found


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
