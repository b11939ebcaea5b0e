"""What the claim commands answer with."""

from typing import Literal

from msgspec import UNSET, UnsetType

from gitledger.model.task import Claim, Task
from gitledger.ops._everywhere import Placed, each_once, sources
from gitledger.ops._views import ActorView, View, actor_view, run_ref
from gitledger.ops._world import World, claim_until


class ClaimView(View):
    """A claim. `provisional`: the elected remote has not been seen to have it, so somebody there may be first."""

    claim_id: str
    task_id: str
    uid: str
    title: str
    ledger: str
    stage: str | None
    run_id: str | None
    holder: ActorView | None
    mine: bool
    since: str
    until: str
    lease_seconds: int
    expired: bool
    provisional: bool
    reason: str | None = None


class ListedClaim(ClaimView):
    """A claim in a list. `ledgers` are all that have it, `ledger` first, where all were asked."""

    ledgers: list[str] | UnsetType = UNSET


def claims_in(world: World, is_everywhere: bool) -> list[Placed[tuple[Task, Claim]]]:
    """The open claims by ledger and task, each once: a claim that a fork took along stands as it was carried on last."""
    found = (
        (ledger, (task, claim))
        for ledger, source in sources(world, is_everywhere)
        for row in source.rows(archived=True)
        if row.claims and (task := source.record(row.uid)) is not None
        for claim in task.claims
    )
    return each_once(found, lambda pair: pair[1].id, lambda pair: pair[1].until)


def claim_view(world: World, ledger: str, task: Task, claim: Claim) -> ClaimView:
    """The view of a claim on a task of the ledger `ledger`, now."""
    until = claim_until(claim, world.now)
    return ClaimView(
        claim_id=claim.id,
        task_id=task.id,
        uid=task.uid,
        title=task.title,
        ledger=ledger,
        stage=claim.stage,
        run_id=run_ref(task, claim.run),
        holder=actor_view(claim.actor),
        mine=claim.holder == world.actor.holder(),
        since=claim.at,
        until=until,
        lease_seconds=claim.lease_s,
        expired=until <= world.now,
        provisional=not world.is_published(ledger, task.uid, claim.id),
        reason=claim.reason,
    )


class TaskClaimed(View):
    """A task is the actor's. `over` are the ids of the claims that this one replaced."""

    task_id: str
    uid: str
    title: str
    status: str
    status_stage: str
    active_stage: str | None
    changed: bool
    claim: ClaimView
    over: list[str]
    warnings: list[str]
    next_command: str
    kind: Literal["task_claim"] = "task_claim"


class TaskUnclaimed(View):
    """The actor's claims on a task are ended; `released` are their ids."""

    task_id: str
    status: str
    status_stage: str
    active_stage: str | None
    changed: bool
    released: list[str]
    reason: str | None
    next_command: str
    kind: Literal["task_unclaim"] = "task_unclaim"


class ClaimList(View):
    """Open claims by ledger and task; `expired` ones hold nobody off."""

    claims: list[ListedClaim]
    total: int
    truncated: bool
    ledger: str
    kind: Literal["claim_list"] = "claim_list"
