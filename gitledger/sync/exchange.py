"""One exchange with a remote: fetch, check, merge, settle, push by compare-and-swap, and only then move what is here."""

from contextlib import suppress

import os
import random
import time

from gitledger.errors import LedgerError, LostRace, StorageError, SyncError
from gitledger.git.remote import Push, Pushed
from gitledger.ledger import Ledger, Outcome
from gitledger.ledger.pointers import remember_number
from gitledger.model import ids
from gitledger.ops._base import Operation, RemoteOperation
from gitledger.ops.sync import Bundled, LedgerSync, RemoteSetup, RemoteStatus, Synced
from gitledger.store import meeting, memory, refs, tracking
from gitledger.store.content import Content
from gitledger.store.merge import Merged, contains, merge_tips
from gitledger.sync import telling
from gitledger.sync.link import Link
from gitledger.sync.notes import plan_notes, pull_notes, take_notes
from gitledger.sync.plan import Plan, Seen
from gitledger.sync.remote import Remote, find_remote
from gitledger.sync.settle import Settled, has_clashes, settle

_REFUSALS = 3


def run(ledger: Ledger, op: Operation, *, folder: str = ".", asks: bool | None = None) -> Outcome:
    """Carry out an operation that exchanges ledgers, or takes a claim that the remote decides. Raises a LedgerError that says why not.

    `folder` is where relative file names begin; `asks` lets git ask for a password on the terminal (default:
    where there is one).
    """
    asks = ledger.config.has_terminal if asks is None else asks
    if not isinstance(op, RemoteOperation):
        from gitledger.sync.claim import claim

        return claim(ledger, op, asks=asks)
    sync = Sync(ledger, folder=folder, asks=asks)
    view = op.perform(sync)
    changed = bool(getattr(view, "changed", False))
    return Outcome(view=view, events=sync.events, warnings=sync.warnings, task_id=None, changed=changed)


class Sync(Link):
    """The exchange of a repository's ledgers with one remote. Nothing here moves a ref of yours before the remote has it."""

    def __init__(self, ledger: Ledger, *, folder: str = ".", asks: bool = False) -> None:
        super().__init__(ledger, asks=asks)
        self.folder = folder

    # ---------------------------------------------------------------- verbs

    def sync(self, named: str | None = None, *, every: bool = False, recreate: bool = False) -> Synced:
        """Bring ledgers and the elected remote's to the same tips."""
        remote = find_remote(self.ledger, named, must_be_elected=True)
        done: dict[str, LedgerSync] = {}
        notes_said = "none"
        refused = 0
        before: dict[str, str] = {}
        faults: list[LedgerError] = []
        for attempt in range(1, self.ledger.config.sync_retries + 2):
            seen = self._fetch(remote)
            plans: list[Plan] = []
            for name in [name for name in self._scope(seen, every) if name not in done]:
                try:
                    planned = self._plan(remote, name, seen, recreate)
                except StorageError as error:
                    if not every:
                        raise
                    faults.append(error)
                    planned = telling.state(self.repo, name, seen, "unsound", message=error.message)
                if isinstance(planned, Plan):
                    plans.append(planned)
                else:
                    done[name] = planned
            said, pushes = plan_notes(self, remote, seen)
            pushes += [Push(remote.ref(plan.name), plan.target, plan.published) for plan in plans if plan.target != plan.published]
            answers = self._push(remote, pushes)
            refusals = [answer for answer in answers.values() if answer.outcome == "refused"]
            # A server that lost the race words it as it likes: a refusal is one only while nothing moves there.
            refused = refused + 1 if refusals and seen.tips == before else int(bool(refusals))
            before = seen.tips
            self._refuse(remote, refusals, refused)
            for plan in plans:
                answer = answers.get(remote.ref(plan.name))
                if answer is None or answer.outcome == "done":
                    with suppress(LostRace):
                        done[plan.name] = self.take(remote, plan, was_pushed=answer is not None)
            is_noted = take_notes(self, remote, seen, answers)
            notes_said = said if said != "in_sync" or notes_said == "none" else notes_said
            if is_noted and all(plan.name in done for plan in plans):
                break
            time.sleep(random.uniform(0, min(0.05 * 2**attempt, 1.0)))
        else:
            raise SyncError(
                f"Others were faster {attempt} times; nothing of yours is lost, and nothing was changed here.",
                code="REMOTE_RACE",
                hint=("gitledger", "sync"),
                details={"remote": remote.name, "attempts": attempt},
            )
        self.remember(remote, {name: one.tip for name, one in done.items()}, is_sync=True)
        if faults:
            raise faults[0]
        return telling.synced(self.repo, remote, seen, done.values(), notes_said, attempt)

    def fetch(self, named: str | None = None) -> Synced:
        """Fetch and check; merge nothing."""
        remote = find_remote(self.ledger, named, must_be_elected=False)
        seen = self._fetch(remote)
        local = self.repo.ledgers()
        faults: list[StorageError] = []
        good: dict[str, str | None] = {}
        for name, tip in seen.tips.items():
            try:
                self.check(remote, name, tip)
                good[name] = tip
            except StorageError as error:
                faults.append(error)
        self.remember(remote, good)
        if faults:
            raise faults[0]
        done = []
        if not local and seen.tips:
            done.append(self.start(self.first(seen), seen))
        done += [telling.standing(self.repo, name, seen) for name in sorted(local) if name in seen.tips or name == self.ledger.name]
        return telling.synced(self.repo, remote, seen, done, "none", 1)

    def pull(self, named: str | None = None) -> Synced:
        """Fetch, check and merge the current ledger; push and settle nothing."""
        remote = find_remote(self.ledger, named, must_be_elected=False)
        for attempt in range(1, self.ledger.config.sync_retries + 2):
            seen = self._fetch(remote)
            name = self._scope(seen, False)[0]
            published, ours = seen.tips.get(name), self.repo.tip(name)
            if published is not None:
                self.check(remote, name, published)
            try:
                if ours is None or published is None:
                    found = self.start(name, seen) if ours is None else telling.standing(self.repo, name, seen)
                else:
                    merged = merge_tips(self.repo.pg, ours, published)
                    plan = Plan(name, ours, published, merged.tip, merged, Settled(merged.tip))
                    if merged.tip != ours:
                        refs.move(self.repo, name, ours, merged.tip)
                    found = telling.report(self.repo, plan, was_pushed=False)
            except LostRace:
                continue
            pull_notes(self, seen)
            self.remember(remote, {name: published} if published else {})
            return telling.synced(self.repo, remote, seen, [found], "none", attempt)
        raise SyncError("The ledger here was written to again and again; try again.", code="REMOTE_RACE", hint=("gitledger", "pull"))

    def push(self, named: str | None = None, *, recreate: bool = False) -> Synced:
        """Push the current ledger, if the remote is where it was last seen; fetch and merge nothing."""
        remote = find_remote(self.ledger, named, must_be_elected=True)
        tips = tracking.tracked(self.repo, remote.name)
        known = memory.recall(self.repo, remote.name)
        seen = Seen(tips, set(known.known) - set(tips) if known.namespace == remote.namespace else set(), None)
        name, ours = self.ledger.name, self.ledger.tip
        if ours is None:
            raise self._not_here(seen)
        published = tips.get(name)
        state = self._held_back(name, ours, seen, recreate)
        if state is None and published is not None and not contains(self.repo.pg, ours, published):
            raise self._behind(remote)
        if state is None and has_clashes(self.ledger, ours, published):
            raise SyncError(
                f"Ledger {name} holds numbers that two tasks have; a sync settles them before they are published.",
                code="UNSETTLED",
                hint=("gitledger", "sync"),
            )
        if state is None and published != ours:
            answer = self._push(remote, [Push(remote.ref(name), ours, published)])[remote.ref(name)]
            if answer.outcome == "stale":
                raise self._behind(remote)
            self._refuse(remote, [answer] if answer.outcome == "refused" else [], _REFUSALS)
            plan = Plan(name, ours, published, ours, Merged(ours, "ahead"), Settled(ours))
            state = self.take(remote, plan, was_pushed=True)
            self.remember(remote, {name: ours})
        return telling.synced(self.repo, remote, seen, [state or telling.state(self.repo, name, seen, "in_sync")], "none", 1)

    def status(self, named: str | None = None) -> RemoteStatus:
        """How the ledger stands to the remote, as last seen."""
        from gitledger.sync.survey import survey

        return survey(self.ledger, find_remote(self.ledger, named, must_be_elected=False))

    def set_up(self, named: str | None = None) -> RemoteSetup:
        """Write the fetch refspec."""
        from gitledger.sync.survey import set_up

        return set_up(self.ledger, self.git, find_remote(self.ledger, named, must_be_elected=False))

    # ---------------------------------------------------------------- by file

    def path(self, name: str) -> str:
        """An absolute path for a file name given by the user."""
        return os.path.abspath(os.path.join(self.folder, name))

    def is_file(self, name: str) -> bool:
        """Whether there is such a file."""
        return os.path.exists(self.path(name))

    def write_bundle(self, name: str, *, every: bool) -> Bundled:
        """Write the ledger to a file."""
        from gitledger.sync.parcel import write_bundle

        return write_bundle(self, name, every=every)

    def read_bundle(self, name: str) -> Synced:
        """Read ledgers from a file, check and merge them."""
        from gitledger.sync.parcel import read_bundle

        return read_bundle(self, name)

    # ---------------------------------------------------------------- planning

    def _scope(self, seen: Seen, every: bool) -> list[str]:
        """The ledgers that this is about."""
        local = self.repo.ledgers()
        if not local:
            return [self.first(seen)]
        names = [name for name in sorted(local) if self._is_shared(name)] if every else [self.ledger.name]
        if names == [self.ledger.name] and self.ledger.name not in local and self.ledger.name not in seen.tips:
            raise self._not_here(seen)
        return names

    def _is_shared(self, name: str) -> bool:
        return (self.repo.setting(f"taskledger.{name}.localOnly") or "false").lower() in ("false", "no", "off", "0", "")

    def first(self, seen: Seen) -> str:
        """The remote's ledger that becomes the first one here."""
        branch = self.repo.branch()
        wanted = [self.ledger.name]
        if self.ledger.name_source in ("default", "only ledger") and branch is not None:
            wanted = [branch, self.ledger.name]
        found = next((name for name in wanted if name in seen.tips), None)
        if found is None and len(seen.tips) == 1 and len(wanted) == 2:
            found = next(iter(seen.tips))
        if found is None:
            raise self._not_here(seen)
        return found

    def _not_here(self, seen: Seen) -> StorageError:
        others = sorted(seen.tips)
        told = f" The remote has: {', '.join(others[:10])}." if others else ""
        return StorageError(
            f"There is no ledger {self.ledger.name} here, nor at the remote.{told}",
            code="NOT_INITIALISED",
            hint=("gitledger", "ledger", "switch", others[0]) if others else ("gitledger", "init"),
            details={"ledger": self.ledger.name, "remote_ledgers": others},
        )

    def _plan(self, remote: Remote, name: str, seen: Seen, recreate: bool) -> "Plan | LedgerSync":
        ours, published = self.repo.tip(name), seen.tips.get(name)
        if ours is not None and ours == published:
            return telling.state(self.repo, name, seen, "in_sync")
        if published is not None:
            self.check(remote, name, published)
        if ours is None:
            return self.start(name, seen)
        held = self._held_back(name, ours, seen, recreate)
        if held is not None:
            return held
        if published is None:
            merged = Merged(ours, "ahead")
        else:
            merged = meeting.meet(self.repo, ours, published)
        settled = settle(self.ledger.at(name) if name != self.ledger.name else self.ledger, merged.tip, published)
        if settled.skipped:
            self.warnings.append(
                f"{len(settled.skipped)} task(s) of ledger {name} were written by a newer gitledger, which has to settle them."
            )
        return Plan(name, ours, published, settled.tip, merged, settled)

    def _held_back(self, name: str, ours: str, seen: Seen, recreate: bool) -> LedgerSync | None:
        """Why the ledger is not pushed, if so: it is closed, or it has gone from the remote."""
        published = seen.tips.get(name)
        closed = self._closed(published) if published is not None else self._closed(ours)
        if closed is not None:
            merged = merge_tips(self.repo.pg, ours, published) if published is not None else Merged(ours, "ahead")
            if merged.tip != ours:
                refs.move(self.repo, name, ours, merged.tip)
            state = telling.state(self.repo, name, seen, "closed", previous=ours, message=f"closed: {closed}; it is not pushed")
            state.new_events = merged.events
            return state
        if published is None and name in seen.gone and not recreate:
            message = f"Ledger {name} has gone from the remote, and was not pushed again; sync --recreate does that."
            self.warnings.append(message)
            return telling.state(self.repo, name, seen, "gone", message=message)
        return None

    def _closed(self, tip: str) -> str | None:
        book = Content(self.repo.pg, tip).book()
        return (book.closed_reason or "") if book.closed_at is not None else None

    def _behind(self, remote: Remote) -> SyncError:
        return SyncError(
            f"{remote.name} has entries that are not merged here; nothing was pushed.",
            code="REMOTE_REJECTED",
            hint=("gitledger", "sync"),
            details={"remote": remote.name, "ledger": self.ledger.name},
        )

    # ---------------------------------------------------------------- pushing

    def _refuse(self, remote: Remote, refusals: list[Pushed], times: int) -> None:
        """Raise where a refusal is final: a hook's at once, any other when it stays after fetching again."""
        guilty = [answer for answer in refusals if "atomic" not in answer.reason] or refusals
        if not guilty:
            return
        if self.takes_notes and all(answer.ref == remote.notes for answer in guilty):
            self.takes_notes = False
            self.warnings.append(f"{remote.name} does not take notes ({guilty[0].reason}); the ledger goes without them.")
            return
        first = next((answer for answer in guilty if answer.ref != remote.notes), guilty[0])
        details = {"remote": remote.name, "ref": first.ref, "reason": first.reason, "stderr": first.said}
        if first.is_hook:
            raise SyncError(
                f"A hook of {remote.name} turned {first.ref} down; nothing was changed here.",
                code="REMOTE_HOOK",
                hint=("gitledger", "remote", "status"),
                remediation=tuple(line for line in first.said.splitlines() if line.startswith("remote: "))[:5],
                details=details,
            )
        if times < _REFUSALS:
            return
        is_default = remote.namespace == "refs/taskledger"
        raise SyncError(
            f"{remote.name} does not take {first.ref}: {first.reason}.",
            code="REMOTE_REJECTED",
            hint=("git", "config", "taskledger.remoteNamespace", "refs/heads/taskledger")
            if is_default
            else ("gitledger", "remote", "status"),
            remediation=("A host that takes only branches can keep ledgers as branches: the hint says how.",) if is_default else (),
            details=details,
        )

    def take(self, remote: Remote, plan: Plan, *, was_pushed: bool) -> LedgerSync:
        """Move what is here, now that the remote holds the target. Raises LostRace where a local write came first."""
        if was_pushed:
            self.track(tracking.tracking_ref(remote.name, plan.name), plan.published, plan.target)
        if plan.target != plan.ours:
            refs.move(self.repo, plan.name, plan.ours, plan.target)
        self.events += plan.settled.events
        for move in plan.settled.renumbered:
            number = ids.parse_task_number(move.old)
            if number is not None:
                remember_number(self.repo, plan.name, number, move.uid)
        return telling.report(self.repo, plan, was_pushed=was_pushed)

    def start(self, name: str, seen: Seen) -> LedgerSync:
        """The remote's ledger becomes one here."""
        tip = seen.tips.get(name)
        if tip is None:
            raise self._not_here(seen)
        refs.move(self.repo, name, None, tip)
        state = telling.state(self.repo, name, seen, "started")
        state.previous = None
        return state
