"""Who may work on a task now: the rules about claims, and what is told of one that was lost."""

from collections.abc import Iterable, Sequence
from typing import Any

from gitledger.errors import Conflict, LedgerError
from gitledger.model import ids
from gitledger.model.task import Claim, Row, Task
from gitledger.ops._commands import on_task
from gitledger.ops._facts import PROGRAM, Blocker
from gitledger.ops._views import run_ref
from gitledger.ops._world import World, claim_until, live_claim
from gitledger.ops.guards import Rule, refusal


def claimed_by_other(world: World, task: Task) -> Claim | None:
    """The live claim of somebody else on the task, or None."""
    claim = live_claim(task.claims, world.now)
    return claim if claim is not None and claim.holder != world.actor.holder() else None


def claimed_elsewhere(world: World, task: Task) -> tuple[str, Row, Claim] | None:
    """A live claim of somebody else on the same task in another ledger of the repository: ledger, row, claim."""
    for ledger, row in world.elsewhere(task.uid):
        claim = live_claim(row.claims, world.now)
        if claim is not None and claim.holder != world.actor.holder() and not _is_left_behind(world, task, claim):
            return ledger, row, claim
    return None


def _is_left_behind(world: World, task: Task, claim: Claim) -> bool:
    """Whether a claim of another ledger is the copy that a fork took along of one that this ledger has seen end.

    A holder who has gone on writing there since then still counts.
    """
    if any(known.id == claim.id for known in task.claims):
        return False
    ends = [event.at for event in world.source.events(task.uid) if claim.id in _ended_by(event)]
    return bool(ends) and ids.later(claim.until, -claim.lease_s) <= max(ends)


def _ended_by(event: Any) -> Sequence[str]:
    if event.type in ("claim.released", "claim.broken"):
        return (event.data.claim,)
    return event.data.over if event.type == "claim.taken" else ()


def is_for_run(claim: Claim | None, stage_name: str) -> bool:
    """Whether the claim was taken with a run of this stage; one that `claim` took lets nobody write to a run yet."""
    return claim is not None and claim.stage == stage_name and claim.run is not None


def _find_foreign_claim(world: World, task: Task, op: Any) -> list[Blocker]:
    claim = claimed_by_other(world, task)
    if claim is not None:
        run = run_ref(task, claim.run)
        lost = told_loss(world, task)
        message = _claimed(world, task.id, claim, run=run) + (f" {lost}" if lost else "")
        return [_claim_blocker(world.ledger, claim, message, run or claim.id, on_task(task, "lock", "show"), world.now)]
    if not getattr(op, "takes_claim", False):
        return []
    found = claimed_elsewhere(world, task)
    if found is None:
        return []
    ledger, row, claim = found
    show = (PROGRAM, "--ledger", ledger, "lock", "show", "--task", row.id)
    message = _claimed(world, row.id, claim, where=f" in ledger {ledger}")
    return [_claim_blocker(ledger, claim, message, claim.id, show, world.now)]


def _claimed(world: World, task_id: str, claim: Claim, *, run: str | None = None, where: str = "") -> str:
    who = f"{claim.actor.type} {claim.actor.name}"
    if (claim.actor.type, claim.actor.name) == (world.actor.type, world.actor.name):
        who += f" in session {claim.actor.session}" if claim.actor.session else " in another place"
    what = f" for {claim.stage}" if claim.stage else ""
    named = f" ({run})" if run else ""
    return f"{task_id} is claimed{where} by {who}{what}{named} until {claim_until(claim, world.now)}."


def _claim_blocker(ledger: str, claim: Claim, message: str, ref: str, command: tuple[str, ...], now: str) -> Blocker:
    holder = {
        "actor_type": claim.actor.type,
        "actor_name": claim.actor.name,
        "role": claim.actor.role,
        "harness": claim.actor.harness,
        "session_id": claim.actor.session,
    }
    facts = {"holder": holder, "since": claim.at, "until": claim_until(claim, now), "ledger": ledger}
    return Blocker("lock", message, ref=ref, command=command, details=facts)


def refuse_claimed(task: Task, blockers: list[Blocker]) -> LedgerError:
    """The refusal that names who holds the task, since when and until when."""
    return refusal(Conflict, task, blockers, code="LOCK_CONFLICT", **blockers[0].details)


# Nobody else works on the task now, in this ledger, nor (for what takes a claim) in another one of the repository.
not_claimed_by_other = Rule("not claimed by another", _find_foreign_claim, refuse_claimed)


def told_loss(world: World, task: Task) -> str | None:
    """What happened to the actor's claim, where a sync ended it because another's stood, and they have not written since."""
    holder = world.actor.holder()
    events = world.recent_events(task.uid)
    taken = {event.id for event in events if event.type == "claim.taken" and event.actor.holder() == holder}
    for event in reversed(events):
        if event.type == "claim.released" and event.op == "sync" and event.data.claim in taken:
            return f"A sync ended your claim at {event.at}: {event.data.reason or 'another one came first'}."
        if event.actor.holder() == holder:
            return None
    return None


def warn_of_losses(world: World, tasks: Iterable[Task]) -> None:
    """Tell the actor which of their claims on these tasks a sync has ended. Events are read only where somebody else's claim is live."""
    holder = world.actor.holder()
    for task in tasks:
        if any(claim.holder != holder and claim_until(claim, world.now) > world.now for claim in task.claims):
            lost = told_loss(world, task)
            if lost is not None:
                world.warnings.append(f"{task.id}: {lost}")


def my_claim(stage_name: str) -> Rule:
    """The actor holds a live claim for this stage: an expired one, or none, does not do."""
    resume = {
        "planning": ("plan", "start"),
        "implementing": ("implement", "resume", "--reason", "REASON"),
        "validating": ("validate", "start"),
    }[stage_name]

    def find(world: World, task: Task, op: Any) -> list[Blocker]:
        foreign = _find_foreign_claim(world, task, op)
        if foreign:
            return foreign
        if is_for_run(live_claim(task.claims, world.now), stage_name):
            return []
        lost = next((claim for claim in task.claims if is_for_run(claim, stage_name)), None)
        if lost is not None:
            message = f"The claim on {task.id} for {stage_name} ran out at {lost.until}."
            return [Blocker("lock_expired", message, ref=run_ref(task, lost.run), command=on_task(task, *resume))]
        lost = told_loss(world, task)
        message = f"Nobody holds {task.id} for {stage_name}." + (f" {lost}" if lost else "")
        return [Blocker("lock_missing", message, ref=task.id, command=on_task(task, *resume))]

    def refuse(task: Task, blockers: list[Blocker]) -> LedgerError:
        expired = blockers[0].kind == "lock_expired"
        code = "STALE_LOCK_REQUIRES_BREAK" if expired else "LOCK_CONFLICT"
        return refusal(Conflict, task, blockers, code=code, **blockers[0].details)

    return Rule(f"my claim for {stage_name}", find, refuse)
