"""Claims under the reference's name: who works on a task now, and ending a claim whose holder does not come back."""

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType, structs

from gitledger.errors import NotFound, command_line
from gitledger.model.events import ClaimBroken
from gitledger.model.task import Claim, Task
from gitledger.ops._base import Decision, Operation, TaskOperation, on, opt, require_text
from gitledger.ops._claims import claims_in
from gitledger.ops._everywhere import Listing
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import ActorView, LockView, View, active_stage, actor_view, lock_view, run_ref
from gitledger.ops._world import World, claim_until, live_claim


class LockStatus(View):
    """Whether a claim holds now. `active`: it has not run out."""

    active: bool
    expired: bool
    holder: ActorView | None = None
    stage: str | None = None
    run_id: str | None = None
    created_at: str | None = None
    expires_at: str | None = None


class LockShown(View):
    """The claim on a task: the live one, else the last open one. `locks` are all that are open, in order."""

    task_id: str
    lock: LockView | None
    status: LockStatus
    locks: list[LockView]
    kind: Literal["task_lock"] = "task_lock"


def _status(task: Task, claim: Claim | None, now: str) -> LockStatus:
    if claim is None:
        return LockStatus(active=False, expired=False)
    is_expired = claim_until(claim, now) <= now
    return LockStatus(
        active=not is_expired,
        expired=is_expired,
        holder=actor_view(claim.actor),
        stage=claim.stage,
        run_id=run_ref(task, claim.run),
        created_at=claim.at,
        expires_at=claim_until(claim, now),
    )


class ShowLock(TaskOperation, frozen=True, kw_only=True):
    """Show who has claimed a task, for what, and until when."""

    command = "lock show"
    writes = False

    def show(self, world: World) -> LockShown:
        task = self.subject(world)
        claim = live_claim(task.claims, world.now) or (task.claims[-1] if task.claims else None)
        return LockShown(
            task_id=task.id,
            lock=lock_view(task, claim, world.now) if claim else None,
            status=_status(task, claim, world.now),
            locks=[lock_view(task, open_claim, world.now) for open_claim in task.claims],
        )


class ListedLock(LockView):
    """A claim in a list. `ledgers` are all that have it, `ledger` first, where all were asked."""

    ledger: str | UnsetType = UNSET
    ledgers: list[str] | UnsetType = UNSET


class LockList(View):
    """Open claims by ledger and task; `expired` ones hold nobody off."""

    locks: list[ListedLock]
    total: int
    truncated: bool
    ledger: str
    kind: Literal["task_lock_list"] = "task_lock_list"


class ListLocks(Listing, frozen=True, kw_only=True):
    """List the claims on all tasks, those that have run out too."""

    command = "lock list"
    writes = False

    def show(self, world: World) -> LockList:
        locks = []
        for item in claims_in(world, self.all_ledgers):
            place = {"ledger": item.ledger, "ledgers": item.ledgers} if self.all_ledgers else {}
            locks.append(ListedLock(**structs.asdict(lock_view(*item.thing, world.now)), **place))
        return LockList(locks=locks, total=len(locks), truncated=False, ledger=world.ledger)


class LockBroken(View):
    """A claim was ended for its holder. `lock` is the one that held the task, or the last that had; `locks` are all."""

    ok: bool
    command: str
    task_id: str
    status: str
    status_stage: str
    active_stage: str | None
    changed: bool
    warnings: list[str]
    lock: LockView | None
    locks: list[LockView]
    run_id: str | None
    reason: str
    next_command: str
    audit_path: str | None = None
    events: list[str] = []


class BreakLock(TaskOperation, frozen=True, kw_only=True):
    """End every claim on a task, whoever holds it.

    For a worker that will not come back. The run goes on, and whoever takes the task up continues it;
    who broke the claim and why stays in the history.
    """

    command = "lock break"

    reason: Annotated[str, opt("Why.", is_input=True)]

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        reason = require_text(self.reason, "--reason", (PROGRAM, "lock", "break", "--help"))
        if not task.claims:
            raise NotFound(
                f"Nobody has claimed {task.id}; there is nothing to break.",
                hint=(PROGRAM, "next-action", "--task", task.id),
                task_id=task.id,
            )
        live = live_claim(task.claims, world.now)
        if live is not None and live.holder != world.actor.holder():
            world.warnings.append(
                f"The claim of {live.actor.type} {live.actor.name} was live until {claim_until(live, world.now)}; "
                "they may still be at work."
            )
        for claim in task.claims:
            yield on(task, ClaimBroken(claim=claim.id, reason=reason))

    def what(self, world: World) -> str:
        return self.reason

    def show(self, world: World) -> LockBroken:
        task = self.subject(world)
        claims = _claims_before(world, task)
        claim = live_claim(claims, world.now) or (claims[-1] if claims else None)
        return LockBroken(
            ok=True,
            command=self.command,
            task_id=task.id,
            status=task.status,
            status_stage=task.status,
            active_stage=active_stage(task, world.now),
            changed=world.changed,
            warnings=list(world.warnings),
            lock=lock_view(task, claim, world.now) if claim else None,
            locks=[lock_view(task, broken, world.now) for broken in claims],
            run_id=run_ref(task, claim.run) if claim else None,
            reason=self.reason,
            next_command=command_line((PROGRAM, "next-action", "--task", task.id)),
            events=[event.id for event in world.events],
        )


def _claims_before(world: World, task: Task) -> list[Claim]:
    """The open claims as they were before this operation: its own events are left out, and the rest is folded."""
    from gitledger.model import fold

    own = {event.id for event in world.events}
    return fold.fold([event for event in world.source.events(task.uid) if event.id not in own]).task.claims


OPERATIONS: tuple[type[Operation], ...] = (ShowLock, ListLocks, BreakLock)
