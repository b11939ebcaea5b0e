"""Claims that the elected remote decides on, and hears the end of: fetch, merge, decide on that, push by compare-and-swap, and only then move what is here."""

import random
import time
from contextlib import suppress

from msgspec import structs

from gitledger.errors import Conflict, LedgerError, LostRace, NotFound, SyncError
from gitledger.git.remote import Push, Pushed
from gitledger.ledger import Ledger, Outcome
from gitledger.ledger.recording import refuse_writes, write_entry
from gitledger.ledger.refolding import refolded_tip
from gitledger.ops._base import Operation
from gitledger.ops._drive import drive
from gitledger.ops._world import World
from gitledger.store.merge import Merged, merge_tips
from gitledger.store.snapshot import Snapshot, open_snapshot
from gitledger.sync.exchange import Sync
from gitledger.sync.plan import Plan, Seen
from gitledger.sync.remote import Remote, find_remote
from gitledger.sync.settle import Settled
from gitledger.sync.tries import Tries

# The remote could not be asked: work goes on, and the claim is provisional.
_OFFLINE = ("NO_REMOTE", "REMOTE_UNREACHABLE", "REMOTE_TIMEOUT")
_PATIENCE = 100  # how many local writes may come between, once the remote has agreed


def claim(ledger: Ledger, op: Operation, *, asks: bool = False, request: str | None = None) -> Outcome:
    """Run an operation that takes a claim, so that it counts only once the elected remote has accepted it; or that ends one.

    Raises LOCK_CONFLICT where somebody was first there; then nothing here has moved. Where the remote cannot be
    reached, a claim that must be agreed on (`--remote`) is refused, and one that only the setting wants so is
    made here, provisionally. A claim is ended here whatever the remote says.
    """
    try:
        return _Claim(ledger, op, asks, request).run()
    except SyncError as error:
        if op.takes_claim and (getattr(op, "remote", False) or error.code not in _OFFLINE):
            raise
        outcome = ledger.run(op, request=request)
        if outcome.changed:
            what = "The claim is provisional until" if op.takes_claim else "Others hear of it with"
            outcome.warnings.append(f"{what} the next sync: {error.message}")
        return outcome


class _Claim(Sync):
    """The exchange of one ledger with the elected remote, with an operation decided between fetch and push."""

    def __init__(self, ledger: Ledger, op: Operation, asks: bool, request: str | None) -> None:
        super().__init__(ledger, asks=asks)
        self.request = request
        self.op = self._by_uid(op)

    def run(self) -> Outcome:
        """Carry it out."""
        remote = find_remote(self.ledger, None, must_be_elected=True)
        tries = Tries(self, remote, "nothing was claimed" if self.op.takes_claim else "it was not told")
        while True:
            seen = self._fetch(remote)
            found = self._attempt(remote, seen)
            if isinstance(found, Outcome):
                return found
            tries.weigh([found], {name: tip for name, tip in seen.tips.items() if name == self.ledger.name})
            tries.again()

    def _by_uid(self, op: Operation) -> Operation:
        """The operation with its task named by uid: the number that it has here may be another task's at the remote."""
        reference = getattr(op, "task", None)
        if reference is None or self.ledger.tip is None:
            return op
        with open_snapshot(self.repo, self.ledger.name, progress=self.ledger.progress) as snapshot:
            try:
                return structs.replace(op, task=self.ledger.world_at(op, snapshot).find(reference).uid)
            except NotFound:
                return op  # The remote may know it.

    def _attempt(self, remote: Remote, seen: Seen) -> Outcome | Pushed:
        """Decide on the merged tip and offer that to the remote: what came of it, or why the remote did not take it."""
        plan = self._meet(remote, seen)
        target = refolded_tip(self.ledger, plan.target, self.ledger.actor(self.op), self.now())
        plan = structs.replace(plan, target=target)
        with open_snapshot(self.repo, plan.name, tip=plan.target, progress=self.ledger.progress) as snapshot:
            world = self._decide(remote, plan, snapshot)
            if world.changed:
                plan = structs.replace(plan, target=write_entry(self.ledger, self.op, world, snapshot))
            if plan.target == plan.published:
                self._move_here(remote, plan, was_pushed=False)
            else:
                push = Push(remote.ref(plan.name), plan.target, plan.published)
                answer = self._push(remote, [push])[push.ref]
                if answer.outcome != "done":
                    return answer
                self._move_here(remote, plan, was_pushed=True)
            outcome = self.ledger.outcome_of(self.op, world)
        outcome.warnings += [*self.warnings, *(f"{one.old} is {one.new} now: {one.title}" for one in plan.settled.renumbered)]
        return outcome

    def _meet(self, remote: Remote, seen: Seen) -> Plan:
        """My tip and the remote's, merged and settled."""
        name, ours = self.ledger.name, self.ledger.tip
        if ours is None:
            raise self.ledger.not_initialised()
        found = self.plan(remote, name, seen, False)
        if isinstance(found, Plan):
            return found
        if found.status == "gone":
            raise SyncError(found.message or f"{remote.name} has no ledger {name} any more.", code="REMOTE_REJECTED")
        ours = self.ledger.tip or ours  # A closed ledger has been brought up to date, and refuses below.
        return Plan(name, ours, seen.tips.get(name), ours, Merged(ours, "same"), Settled(ours))

    def _decide(self, remote: Remote, plan: Plan, snapshot: Snapshot) -> World:
        """The world after the decision, on a state that no ref is at. Raises what the operation is refused with."""
        world = self.ledger.world_at(self.op, snapshot, self.request)
        world.agreed_with = remote.name
        if self.request is not None and self.ledger.repeats(self.op, world):
            return world
        refuse_writes(self.ledger, self.op, snapshot)
        try:
            drive(self.op, world)
        except Conflict:
            if plan.settled.claims_ended:
                # A claim made here came second; the sync that ends it is due.
                with suppress(LedgerError):
                    self.sync()
            raise
        return world

    def _move_here(self, remote: Remote, plan: Plan, *, was_pushed: bool) -> None:
        """The remote has it, so that it stands: what is written here meanwhile is merged with it, and nothing decided again."""
        try:
            self.take(remote, plan, was_pushed=was_pushed)
        except LostRace:
            self._join(remote, plan)
        self.remember(remote, {plan.name: plan.target})

    def _join(self, remote: Remote, plan: Plan) -> None:
        for attempt in range(_PATIENCE):
            ours = self.repo.tip(plan.name)
            merged = merge_tips(self.repo.pg, ours, plan.target).tip if ours is not None else plan.target
            with suppress(LostRace):
                self.take(remote, structs.replace(plan, ours=ours, target=merged), was_pushed=False)
                return
            time.sleep(random.uniform(0, min(0.01 * 2**attempt, 0.2)))
        self.warnings.append(f"{remote.name} has agreed, but this ledger is too busy to take that in: gitledger sync.")
