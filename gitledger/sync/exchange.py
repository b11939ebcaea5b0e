"""One exchange with a remote: fetch, check, merge, settle, push by compare-and-swap, and only then move what is here."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import os

from gitledger.errors import LedgerError, LostRace, StorageError, SyncError
from gitledger.git.remote import Push
from gitledger.ledger import Ledger, Outcome
from gitledger.ops._base import Operation, RemoteOperation
from gitledger.ops.sync import Bundled, LedgerSync, RemoteSetup, RemoteStatus, Synced
from gitledger.store import memory, refs, tracking
from gitledger.store.ancestry import contains
from gitledger.store.merge import Merged, merge_tips
from gitledger.sync import telling
from gitledger.sync.ahead import send_ahead
from gitledger.sync.notes import plan_notes, pull_notes, take_notes
from gitledger.sync.plan import Plan, Seen
from gitledger.sync.planning import Planner
from gitledger.sync.remote import Remote, find_remote
from gitledger.sync.settle import Settled, has_clashes
from gitledger.sync.tries import Tries, busy, refuse


def run(
    ledger: Ledger, op: Operation, *, folder: str = ".", asks: bool | None = None, request: str | None = None
) -> Outcome:
    """Carry out an operation that exchanges ledgers, or takes a claim that the remote decides. Raises a LedgerError that says why not.

    `folder` is where relative file names begin; `asks` lets git ask for a password on the terminal (default:
    where there is one). `request` is as for `Ledger.run`.
    """
    with ledger.naming():
        if ledger.past is not None:
            ledger.past.refuse_unfit(op)
        return _run(ledger, op, folder, asks, request)


def _run(ledger: Ledger, op: Operation, folder: str, asks: bool | None, request: str | None) -> Outcome:
    asks = ledger.config.has_terminal if asks is None else asks
    if not isinstance(op, RemoteOperation):
        from gitledger.sync.claim import claim

        return claim(ledger, op, asks=asks, request=request)
    sync = Sync(ledger, folder=folder, asks=asks)
    view = op.perform(sync)
    if op.writes:
        ledger.renew_stamps()
    changed = bool(getattr(view, "changed", False))
    return Outcome(view=view, events=sync.events, warnings=sync.warnings, task_id=None, changed=changed)


class Sync(Planner):
    """The exchange of a repository's ledgers with one remote. Nothing here moves a ref of yours before the remote has it."""

    def __init__(self, ledger: Ledger, *, folder: str = ".", asks: bool = False) -> None:
        super().__init__(ledger, asks=asks)
        self.folder = folder

    # ---------------------------------------------------------------- verbs

    def sync(self, named: str | None = None, *, every: bool = False, recreate: bool = False) -> Synced:
        """Bring ledgers and the elected remote's to the same tips."""
        remote = find_remote(self.ledger, named, must_be_elected=True)
        faults: list[LedgerError] = []
        done, notes_said = send_ahead(self, remote, every=every)
        tries = Tries(self, remote, "nothing of yours is lost, and nothing was changed here")
        while True:
            seen = self._fetch(remote)
            names = [name for name in self.scope(seen, every) if name not in done]
            plans = list(self._plans(remote, names, seen, recreate, done, faults if every else None))
            said, pushes = plan_notes(self, remote, seen)
            pushes += [Push(remote.ref(plan.name), plan.target, plan.published) for plan in plans if plan.target != plan.published]
            answers = self._push(remote, pushes)
            tries.weigh(answers.values(), seen.tips)
            self.see_arrived(remote)
            for plan in plans:
                answer = answers.get(remote.ref(plan.name))
                if answer is None or answer.outcome == "done":
                    with suppress(LostRace):
                        done[plan.name] = self.take(remote, plan, was_pushed=answer is not None)
            is_noted = take_notes(self, remote, seen, answers)
            notes_said = said if said != "in_sync" or notes_said == "none" else notes_said
            if is_noted and all(name in done for name in names):
                break
            tries.again()
        has_company = any(one.status in ("received", "merged") for one in done.values())
        self.remember(remote, {name: one.tip for name, one in done.items()}, is_sync=True, has_company=has_company)
        if faults:
            raise faults[0]
        return telling.synced(self.repo, remote, seen, done.values(), notes_said, tries.count)

    def _plans(
        self,
        remote: Remote,
        names: list[str],
        seen: Seen,
        recreate: bool,
        done: dict[str, LedgerSync],
        faults: list[LedgerError] | None,
    ) -> Iterator[Plan]:
        """What is still to be done for these ledgers; into `done` goes what nothing is to be done for, into `faults` what is unsound."""
        for name in names:
            try:
                planned = self.plan(remote, name, seen, recreate)
            except LostRace:
                continue
            except StorageError as error:
                if faults is None:
                    raise
                faults.append(error)
                planned = telling.state(self.repo, name, seen, "unsound", message=error.message)
            if isinstance(planned, Plan):
                yield planned
            else:
                done[name] = planned

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
            name = self.scope(seen, False)[0]
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
            raise self.not_here(seen)
        published = tips.get(name)
        state = self.held_back(name, ours, seen, recreate)
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
            if answer.outcome == "busy":
                raise busy(remote, answer, 1, "nothing was pushed")
            refuse(self, remote, [answer] if answer.outcome == "refused" else [], is_final=True)
            self.see_arrived(remote)
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

    def export(self, op: Any) -> Any:
        """Write the ledger, or tasks of it, to a file that plain tools read (`sync.exporting`)."""
        from gitledger.sync.exporting import export

        return export(self, op)

    def snapshot(self, op: Any) -> Any:
        """Write the same as the files of a new folder (`sync.exporting`)."""
        from gitledger.sync.exporting import snapshot

        return snapshot(self, op)

    def import_(self, op: Any) -> Any:
        """Read such a file or folder, check and merge it (`sync.importing`)."""
        from gitledger.sync.importing import import_export

        return import_export(self, op)

    def import_taskledger(self, op: Any) -> Any:
        """Bring a project of taskledger over (`sync.taskledger`)."""
        from gitledger.sync.taskledger import import_taskledger

        return import_taskledger(self, op)

    def _behind(self, remote: Remote) -> SyncError:
        return SyncError(
            f"{remote.name} has entries that are not merged here; nothing was pushed.",
            code="REMOTE_REJECTED",
            hint=("gitledger", "sync"),
            details={"remote": remote.name, "ledger": self.ledger.name},
        )
