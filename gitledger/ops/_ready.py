"""Which task somebody could begin now: the ready order, and for every other task what is in its way."""

from collections import Counter

from gitledger.model.task import Row, Task
from gitledger.ops import guards
from gitledger.ops._base import TaskOperation, World, live_claim
from gitledger.ops._steps import not_understood, step_of

# No priority counts as medium.
_RANK = {"critical": 0, "high": 1, "medium": 2, "low": 3}

# stage → the statuses in which a task is worked on for it.
STATUSES_OF_STAGE = {
    "planning": ("draft", "planning", "plan_review"),
    "implementing": ("approved", "implementing", "failed_validation"),
    "validating": ("implemented", "validating"),
}

# What may be in the way, in the words of a message: `{}` is how many tasks.
HINDRANCES = {
    "claimed": "{} claimed by others",
    "mine": "{} claimed by you",
    "dependencies": "{} waiting for other tasks",
    "waiting_for_user": "{} waiting for a person's word",
    "on_hold": "{} on hold",
    "blocked": "{} blocked by a rule",
    "other_stage": "{} in another stage",
    "finished": "{} finished",
}


def ready_order(row: Row) -> tuple[int, str, int, str]:
    """What comes first: the higher priority, then the older task."""
    return _RANK.get(row.priority or "medium", 2), row.created_at, row.number, row.uid


def first_ready(world: World, op: type[TaskOperation], stage: str | None = None) -> tuple[Task | None, Counter[str]]:
    """The first task, in ready order, that the actor could begin now; and what was in the way of those before it.

    `op` is the operation that would claim it; `stage` leaves only tasks in that stage.
    """
    in_the_way: Counter[str] = Counter()
    for row in sorted(world.source.rows(), key=ready_order):
        why = _seen_from_afar(world, row, stage)
        task = world.record(row.uid) if why is None else None
        why = why or (_hindrance(world, task, op(task=row.uid)) if task is not None else "blocked")
        if why is None:
            return task, in_the_way
        in_the_way[why] += 1
    return None, in_the_way


def _seen_from_afar(world: World, row: Row, stage: str | None) -> str | None:
    """What the row alone tells: so that most records need not be read."""
    if row.role in ("done", "cancelled", "archived"):
        return "finished"
    if row.role == "blocked":
        return "on_hold"
    claim = live_claim(row.claims, world.now)
    if claim is not None:
        return "mine" if claim.holder == world.actor.holder() else "claimed"
    if stage is not None and row.status not in STATUSES_OF_STAGE[stage]:
        return "other_stage"
    return None


def _hindrance(world: World, task: Task, op: TaskOperation) -> str | None:
    """What keeps the actor from beginning the task: the guards of its next step say so, and the ready rules."""
    if guards.dependency_blockers(world, task):
        return "dependencies"
    if not_understood(task):
        return "blocked"
    if task.workflow == "staged":
        step = step_of(world, task, op)
        kinds = {blocker.kind for blocker in step.obstacles}
        if "lock" in kinds:
            return "claimed"
        if step.action in ("plan-approve", "question-answer"):
            if world.actor.type != "user":
                return "waiting_for_user"
        elif kinds or step.action == "none":
            return "blocked"
    return "claimed" if guards.not_claimed_by_other.find(world, task, op) else None


def told(in_the_way: Counter[str]) -> str:
    """`3 claimed by others, 1 on hold`."""
    return ", ".join(text.format(in_the_way[kind]) for kind, text in HINDRANCES.items() if in_the_way[kind])
