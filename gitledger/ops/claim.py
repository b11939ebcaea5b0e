"""Claims: take a task for yourself, or the next one that is free; give it up; see who has what."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, structs

from gitledger.errors import InvalidInput, NotFound, Refused, command_line
from gitledger.model import ids
from gitledger.model.events import ClaimBroken, ClaimReleased, ClaimTaken
from gitledger.model.policy import parse_duration
from gitledger.model.task import Claim, Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._base import Decision, Operation, TaskOperation, on, opt, require_text
from gitledger.ops._claims import ClaimList, ListedClaim, TaskClaimed, TaskUnclaimed, claim_view, claims_in
from gitledger.ops._everywhere import Listing
from gitledger.ops._facts import PROGRAM, Blocker
from gitledger.ops._ready import STATUSES_OF_STAGE, first_ready, told
from gitledger.ops._views import active_stage
from gitledger.ops._world import World, claim_until, live_claim

Stage = Literal["planning", "implementing", "validating"]

_TASK = Annotated[
    str | None,
    opt("The task: task-0030, 30, its slug or its uid; left out, the active one.", positional_too=True),
]


# ---------------------------------------------------------------------------------------------- rules


def _find_finished(world: World, task: Task, op: Any) -> list[Blocker]:
    if task.status not in ("done", "cancelled") and task.archived_at is None:
        return []
    state = "archived" if task.archived_at is not None else task.status
    command = (PROGRAM, "task", "show", "--task", task.id)
    return [Blocker("stage", f"{task.id} is {state}; there is no work on it to claim.", ref=task.id, command=command)]


# There is work left on the task.
unfinished = guards.Rule(
    "unfinished", _find_finished, lambda task, blockers: guards.refusal(Refused, task, blockers)
)


def _find_other_stage(world: World, task: Task, op: Any) -> list[Blocker]:
    if op.stage is None or task.status in STATUSES_OF_STAGE[op.stage]:
        return []
    message = f"{task.id} is {task.status}, which is not a time for {op.stage}."
    return [Blocker("stage", message, ref=task.id, command=guards.next_step(task))]


# The task is in the stage that it is to be claimed for.
in_stage = guards.Rule(
    "in the stage", _find_other_stage, lambda task, blockers: guards.refusal(Refused, task, blockers)
)


# ---------------------------------------------------------------------------------------------- claim


class ClaimTask(TaskOperation, frozen=True, kw_only=True):
    """Claim a task, so that nobody else works on it; or with --next the first one that is ready.

    A claim lasts for a lease, and everything that its holder writes to the task renews it. `plan start`,
    `implement start` and `validate start` carry it on. The holder may claim again, to make it last longer.
    Somebody else's claim is in the way until it has run out; --force with a --reason takes it over.
    """

    command = "claim"
    takes_claim = True

    task: _TASK = None
    next: Annotated[bool, opt("Choose the first task that is ready and nobody's: by priority, then age.")] = False
    ttl: Annotated[int | str | None, opt("How long it lasts: 30m, 2h, or seconds.", metavar="TIME")] = None
    stage: Annotated[Stage | None, opt("What for; left out, for whatever comes next.")] = None
    reason: Annotated[str | None, opt("Why; with --force, why it may be taken from its holder.")] = None
    force: Annotated[bool, opt("Take it over although somebody else's claim is live.")] = False
    remote: Annotated[bool, opt("Claim it only if the elected remote agrees; it decides who was first.")] = False

    def subject(self, world: World) -> Task:
        """The task that is claimed; with --next, the one that was chosen."""
        touched = world.touched()
        if self.next and touched:
            task = world.record(touched[0])
            assert task is not None  # it has just been written to
            return task
        return world.task(self.task)

    def decide(self, world: World) -> Decision:
        lease_s = self._lease()
        self._refuse_nonsense(world)
        task = self._choose(world)
        for rule in (unfinished, in_stage, *(() if self.force else (_claim_rules.not_claimed_by_other,))):
            blockers = rule.find(world, task, self)
            if blockers:
                raise rule.refuse(task, blockers)
        _warn(world, task)
        mine = live_claim(task.claims, world.now)
        over = [claim.id for claim in task.claims]
        if mine is not None and mine.holder != world.actor.holder():
            yield on(task, ClaimBroken(claim=mine.id, reason=require_text(self.reason, "--reason")))
            mine = None
        elif self.force:
            self._warn_of_others(world, task)
        if mine is not None and not self._changes(world, mine, lease_s):
            return
        yield on(task, self._taken(world, mine, lease_s, over))

    def _lease(self) -> int | None:
        if self.ttl is None:
            return None
        seconds = parse_duration(str(self.ttl))
        if seconds is None:
            raise InvalidInput(
                f"--ttl must be a time like 1800, 30m or 2h; it is {str(self.ttl)[:40]!r}.", hint=(PROGRAM, "claim", "--help")
            )
        return seconds

    def _refuse_nonsense(self, world: World) -> None:
        hint = (PROGRAM, "claim", "--help")
        if self.next and self.task is not None:
            raise InvalidInput("Give either a task or --next.", hint=hint)
        if self.next and self.force:
            raise InvalidInput("--next takes only what is free; --force needs a task by name.", hint=hint)
        if self.force:
            require_text(self.reason, "With --force, --reason", hint)
        if self.remote and world.agreed_with is None:
            raise InvalidInput("A claim by --remote has to be run by gitledger.sync.", hint=(PROGRAM, "remote", "status"))

    def _choose(self, world: World) -> Task:
        if not self.next:
            return world.task(self.task)
        task, in_the_way = first_ready(world, ClaimTask, self.stage)
        if task is None:
            raise nothing_ready(world, in_the_way, self.stage)
        return task

    def _changes(self, world: World, mine: Claim, lease_s: int | None) -> bool:
        """Whether claiming again is worth an entry: another lease or stage, or less than half of the lease is left."""
        if lease_s not in (None, mine.lease_s) or self.stage not in (None, mine.stage):
            return True
        return claim_until(mine, world.now) < ids.later(world.now, mine.lease_s // 2)

    def _taken(self, world: World, mine: Claim | None, lease_s: int | None, over: list[str]) -> ClaimTaken:
        """The claim; one that the actor held goes on with its stage, run and lease, as far as nothing else was said."""
        goes_on = mine is not None and self.stage in (None, mine.stage)
        return ClaimTaken(
            lease_s=lease_s or (mine.lease_s if mine is not None else world.lease_s),
            stage=mine.stage if mine is not None and goes_on else self.stage,
            run=mine.run if mine is not None and goes_on else None,
            over=over,
            reason=self.reason or (mine.reason if mine is not None else None),
        )

    def _warn_of_others(self, world: World, task: Task) -> None:
        found = _claim_rules.claimed_elsewhere(world, task)
        if found is not None:
            ledger, _, claim = found
            world.warnings.append(
                f"In ledger {ledger} {claim.actor.type} {claim.actor.name} holds it until "
                f"{claim_until(claim, world.now)}; that claim stays."
            )

    def show(self, world: World) -> TaskClaimed:
        task = self.subject(world)
        claim = live_claim(task.claims, world.now)
        assert claim is not None  # it has just been taken, or was the actor's already
        taken = next((event for event in world.events if event.type == "claim.taken"), None)
        return TaskClaimed(
            task_id=task.id,
            uid=task.uid,
            title=task.title,
            status=task.status,
            status_stage=task.status,
            active_stage=active_stage(task, world.now),
            changed=world.changed,
            claim=claim_view(world, world.ledger, task, claim),
            over=list(taken.data.over) if taken else [],
            warnings=list(world.warnings),
            next_command=command_line((PROGRAM, "next-action", "--task", task.id)),
        )


def _warn(world: World, task: Task) -> None:
    """What the holder of this task had better know."""
    if task.hold is not None:
        world.warnings.append(f"{task.id} is on hold: {task.hold.reason}")
    waiting = guards.dependency_blockers(world, task)
    if waiting:
        world.warnings.append(waiting[0].message)


def nothing_ready(world: World, in_the_way: Any, stage: str | None) -> NotFound:
    """The refusal where no task can be claimed, with how many tasks what is in the way of."""
    what = f" for {stage}" if stage else ""
    why = f": {told(in_the_way)}" if in_the_way else ""
    mine = (PROGRAM, "claims", "--mine") if in_the_way["mine"] else (PROGRAM, "task", "list")
    return NotFound(
        f"There is no task to claim{what} in ledger {world.ledger}{why}.",
        hint=mine,
        details={"in_the_way": dict(sorted(in_the_way.items())), "stage": stage},
    )


# ---------------------------------------------------------------------------------------------- unclaim


class UnclaimTask(TaskOperation, frozen=True, kw_only=True):
    """Give up your claim on a task. A run that goes on stays, for whoever takes it up.

    Where you hold none, nothing happens; `lock break` ends somebody else's. With git's taskledger.claims set to
    remote, the elected remote is told at once.
    """

    command = "unclaim"
    ends_claim = True

    task: _TASK = None
    reason: Annotated[str | None, opt("Why.")] = None
    remote: Annotated[bool, opt("Tell the elected remote at once; where it cannot be told, the next sync does.")] = False

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        mine = [claim for claim in task.claims if claim.holder == world.actor.holder()]
        if not mine:
            blockers = _claim_rules.not_claimed_by_other.find(world, task, self)
            if blockers:
                raise _claim_rules.refuse_claimed(task, blockers)
        for claim in mine:
            yield on(task, ClaimReleased(claim=claim.id, reason=self.reason or None))

    def what(self, world: World) -> str:
        return self.reason or self.subject(world).title

    def show(self, world: World) -> TaskUnclaimed:
        task = self.subject(world)
        return TaskUnclaimed(
            task_id=task.id,
            status=task.status,
            status_stage=task.status,
            active_stage=active_stage(task, world.now),
            changed=world.changed,
            released=[event.data.claim for event in world.events],
            reason=self.reason or None,
            next_command=command_line((PROGRAM, "claim", "--next")),
        )


# ---------------------------------------------------------------------------------------------- claims


class ListClaims(Listing, frozen=True, kw_only=True):
    """List who works on what: the open claims, those that have run out too."""

    command = "claims"
    writes = False

    mine: Annotated[bool, opt("Only your own.")] = False
    expired: Annotated[bool, opt("Only those that have run out.")] = False

    def show(self, world: World) -> ClaimList:
        claims = [
            ListedClaim(
                **structs.asdict(claim_view(world, item.ledger, *item.thing)),
                ledgers=item.ledgers if self.all_ledgers else UNSET,
            )
            for item in claims_in(world, self.all_ledgers)
            if self._is_wanted(world, item.thing[1])
        ]
        return ClaimList(claims=claims, total=len(claims), truncated=False, ledger=world.ledger)

    def _is_wanted(self, world: World, claim: Claim) -> bool:
        is_mine = claim.holder == world.actor.holder()
        is_expired = claim_until(claim, world.now) <= world.now
        return (is_mine or not self.mine) and (is_expired or not self.expired)


OPERATIONS: tuple[type[Operation], ...] = (ClaimTask, UnclaimTask, ListClaims)
