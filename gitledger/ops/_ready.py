"""Which task somebody could work on now: the ready order, and for every other task what is in its way."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

from msgspec.structs import replace

from gitledger.model import readiness
from gitledger.model.listing import Wanted
from gitledger.model.task import Row, Task
from gitledger.ops import _claim_rules
from gitledger.ops._base import TaskOperation
from gitledger.ops._world import World, live_claim

# stage → the statuses in which a task is worked on for it.
STATUSES_OF_STAGE = {
    "planning": ("draft", "planning", "plan_review"),
    "implementing": ("approved", "implementing", "failed_validation"),
    "validating": ("implemented", "validating"),
}

Stage = Literal["planning", "implementing", "validating"]

# What may be in the way, in the words of a message: `{}` is how many tasks.
HINDRANCES = {
    "claimed": "{} claimed by others",
    "mine": "{} claimed by you",
    "dependencies": "{} waiting for other tasks",
    "waiting_for_user": "{} waiting for a person's word",
    "scheduled": "{} waiting for their next run",
    "on_hold": "{} on hold",
    "blocked": "{} blocked by a rule",
    "other_stage": "{} in another stage",
    "finished": "{} finished",
}

_FEW = 8


def wanted_by(world: World, *, stage: str | None = None, **more: Any) -> Wanted:
    """What the actor could work on now: that nobody else has claimed, here or in another ledger of the repository."""
    return _wanted(world, stage, without=frozenset(taken_elsewhere(world)), **more)


def _wanted(world: World, stage: str | None, **more: Any) -> Wanted:
    return Wanted(
        now=world.now,
        holder=world.actor.holder(),
        is_person=world.actor.type == "user",
        statuses=frozenset(STATUSES_OF_STAGE[stage] if stage else ()),
        **more,
    )


def taken_elsewhere(world: World) -> set[str]:
    """The uids of the tasks that somebody else holds in another ledger of the repository."""
    holder = world.actor.holder()
    found = set()
    for _, source in world.others():
        for row in source.graph().claimed(world.now):
            claim = live_claim(row.claims, world.now)
            if claim is not None and claim.holder != holder:
                found.add(row.uid)
    records = (world.record(uid) for uid in found)
    return {task.uid for task in records if task is not None and _claim_rules.claimed_elsewhere(world, task) is not None}


def first_ready(world: World, op: type[TaskOperation], stage: str | None = None) -> tuple[Task | None, Counter[str]]:
    """The first task, in ready order, that the actor could begin now and has not; where there is none, what is in the way.

    `op` is the operation that would claim it; `stage` leaves only tasks in that stage.
    """
    wanted = _wanted(world, stage, with_mine=False, limit=_FEW)
    in_the_way: Counter[str] = Counter()
    for row in steps_first(world, wanted):
        task = world.record(row.uid)
        why = _refusal(world, task, op(task=row.uid)) if task is not None else "blocked"
        if why is None:
            return task, in_the_way
        in_the_way[why] += 1
    return None, in_the_way + Counter(world.source.graph().hindered(wanted))


def steps_first(world: World, wanted: Wanted) -> Iterator[Row]:
    """The ready tasks in order, those with unfinished parts after all others: their parts are what can be done.

    `wanted.limit` is how many are looked at before all are.
    """
    later = []
    for row in _growing(world, wanted):
        many, ended = world.source.graph().child_counts([row.uid]).get(row.uid, (0, 0))
        if many > ended:
            later.append(row)
        else:
            yield row
    yield from later


def _growing(world: World, wanted: Wanted) -> Iterator[Row]:
    """The ready tasks in order: a few at first, for mostly the first will do."""
    rows, total = world.source.graph().ready(wanted)
    yield from rows
    if len(rows) < total:
        yield from world.source.graph().ready(replace(wanted, limit=0))[0][len(rows) :]


def _refusal(world: World, task: Task, op: TaskOperation) -> str | None:
    """What the rules of the next step say, beyond what the index knows: above all claims in other ledgers."""
    if task.workflow == "staged":
        from gitledger.ops._steps import step_of

        step = step_of(world, task, op)
        kinds = {blocker.kind for blocker in step.obstacles}
        if "lock" in kinds:
            return "claimed"
        if (kinds or step.action == "none") and step.action not in ("plan-approve", "question-answer"):
            return "blocked"
    return "claimed" if _claim_rules.not_claimed_by_other.find(world, task, op) else None


def hindrance_of(world: World, row: Row, wanted: Wanted, unmet: int) -> str | None:
    """What keeps the actor from working on the task now, by its row and how many of its dependencies are unsatisfied."""
    if row.hindrance in ("finished", "on_hold"):
        return row.hindrance
    claim = live_claim(row.claims, world.now)
    if claim is not None and claim.holder != wanted.holder:
        return "claimed"
    if wanted.statuses and row.status not in wanted.statuses:
        return "other_stage"
    if unmet:
        return "dependencies"
    next_run = readiness.due_moment(row.next_run_at)
    if next_run is not None and next_run > world.now:
        return "scheduled"
    if row.uid in wanted.without:
        return "claimed"
    return None if row.hindrance == "waiting_for_user" and wanted.is_person else row.hindrance


def told(in_the_way: Counter[str]) -> str:
    """`3 claimed by others, 1 on hold`."""
    return ", ".join(text.format(in_the_way[kind]) for kind, text in HINDRANCES.items() if in_the_way[kind])
