"""What to look at in the claims and runs of a ledger: leases that ran out, work that nobody holds."""

from collections.abc import Iterable

from gitledger.errors import command_line
from gitledger.model.task import Claim, Row, Run, Task
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import LockView, View, lock_view
from gitledger.ops._world import Source, claim_until, live_claim

# In these statuses a run is under way, and somebody holds it, or nobody.
_RUNNING = ("planning", "implementing", "validating")


class RunLockMismatch(View):
    """A run and a claim that do not belong together. Nothing needs a repair: `next_command` tells how work goes on."""

    kind: str
    task_id: str
    uid: str
    run_id: str | None
    run_type: str | None
    status: str
    next_command: str


class LockState(View):
    """The claims that have run out, the runs without a claim, and the claims of a run that is over."""

    expired: list[LockView]
    mismatches: list[RunLockMismatch]


def inspect_locks(source: Source, now: str) -> LockState:
    """Look at every task that is claimed, or that a run is under way on."""
    found = LockState(expired=[], mismatches=[])
    for row in sorted(source.rows(archived=True), key=lambda row: (row.number, row.uid)):
        task = source.record(row.uid) if _is_concerned(row) else None
        if task is not None:
            found.expired += [lock_view(task, claim, now) for claim in task.claims if claim_until(claim, now) <= now]
            found.mismatches += _mismatches(task, now)
    return found


def _is_concerned(row: Row) -> bool:
    return bool(row.claims) or row.status in _RUNNING


def _mismatches(task: Task, now: str) -> Iterable[RunLockMismatch]:
    claim = live_claim(task.claims, now)
    run = task.running_run()
    if run is not None and task.status in _RUNNING and claim is None:
        yield _mismatch("running_run_without_lock", task, run)
    if claim is not None and claim.run is not None and not _is_running(task, claim):
        yield _mismatch("lock_without_running_run", task, task.run(claim.run))


def _is_running(task: Task, claim: Claim) -> bool:
    run = task.run(claim.run)
    return run is not None and run.status == "running"


def _mismatch(kind: str, task: Task, run: Run | None) -> RunLockMismatch:
    return RunLockMismatch(
        kind=kind,
        task_id=task.id,
        uid=task.uid,
        run_id=run.ref if run is not None else None,
        run_type=run.type if run is not None else None,
        status=task.status,
        next_command=command_line((PROGRAM, "next-action", "--task", task.uid[:8])),
    )
