"""What operations answer with: the JSON shapes that taskledger's users know, filled from records."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from gitledger.model import ids, workflow
from gitledger.model.task import Actor, Claim, Row, Task
from gitledger.ops._world import World, claim_until, live_claim


class View(Struct, kw_only=True):
    """An answer. Absent scalars are null, collections empty."""


class TaskLine(View):
    """What every listing says of a task first."""

    id: str
    uid: str
    slug: str
    title: str
    status: str
    role: str


def task_line(row: Row) -> dict[str, Any]:
    """The fields of a `TaskLine`."""
    return {name: getattr(row, name) for name in TaskLine.__struct_fields__}


class CommandHint(View):
    """A command that would go on from here."""

    kind: str
    label: str
    command: str
    primary: bool


class ActorView(View):
    """An actor under the reference's names."""

    actor_type: str
    actor_name: str
    role: str | None = None
    harness: str | None = None
    session_id: str | None = None
    host: str | None = None
    pid: int | None = None
    person: str | None = None
    tool: str | None = None
    actor_id: str | None = None
    harness_id: str | None = None


def actor_view(actor: Actor | None) -> ActorView | None:
    """The view of an actor."""
    if actor is None:
        return None
    return ActorView(
        actor_type=actor.type,
        actor_name=actor.name,
        role=actor.role,
        harness=actor.harness,
        session_id=actor.session,
        host=actor.host,
        pid=actor.pid,
        person=actor.person,
    )


def ref_of(items: Iterable[Any], item: Any) -> str:
    """`todo-0003`, or `todo-0003.9c41f0` where another item of the task has the same number; of many items, `refs_of` tells."""
    twins = [other for other in items if other.ref == item.ref]
    return item.ref if len(twins) < 2 else f"{item.ref}.{item.id[:6]}"


def refs_of(items: Sequence[Any]) -> dict[str, str]:
    """How each item of a list is called, by its id: numbers are counted once, and not for each item anew."""
    refs = [item.ref for item in items]
    many = Counter(refs)
    return {
        item.id: ref if many[ref] == 1 else f"{ref}.{item.id[:6]}" for item, ref in zip(items, refs, strict=True)
    }


def run_ref(task: Task, run_id: str | None) -> str | None:
    """`run-0002` for the run's event id."""
    run = task.run(run_id)
    return None if run is None else ref_of(task.runs, run)


class LockView(View):
    """A claim under the reference's name for it."""

    lock_id: str
    task_id: str
    stage: str | None
    run_type: str | None
    run_id: str | None
    created_at: str
    expires_at: str
    lease_seconds: int
    last_heartbeat_at: str
    holder: ActorView | None
    actor: ActorView | None
    harness: str | None
    expired: bool
    reason: str | None = None


def lock_view(task: Task, claim: Claim, now: str) -> LockView:
    """The view of a claim at the time `now`."""
    return LockView(
        lock_id=claim.id,
        task_id=task.id,
        stage=claim.stage,
        run_type=workflow.RUN_OF_STAGE.get(claim.stage or ""),
        run_id=run_ref(task, claim.run),
        created_at=claim.at,
        expires_at=claim_until(claim, now),
        lease_seconds=claim.lease_s,
        last_heartbeat_at=ids.later(claim.until, -claim.lease_s),
        holder=actor_view(claim.actor),
        actor=actor_view(claim.actor),
        harness=claim.actor.harness,
        expired=claim.until <= now,
        reason=claim.reason,
    )


def task_ref(world: World, uid: str | None) -> str | None:
    """`task-0030` for a uid of this ledger, the uid itself where it is not known here."""
    if uid is None:
        return None
    record = world.states[uid].task if uid in world.states else world.row(uid)
    return record.id if record is not None else uid


def active_stage(task: Task, now: str) -> str | None:
    """The run type of the live claim: planning, implementation, validation, or None."""
    claim = live_claim(task.claims, now)
    return workflow.RUN_OF_STAGE.get(claim.stage or "") if claim else None


def summary_of(text: str) -> str:
    """The first 117 characters and `...` where `text` is longer than 120."""
    return text if len(text) <= 120 else text[:117] + "..."
