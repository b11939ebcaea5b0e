"""Merging one ledger into another of the same repository, and comparing two: what comes in, what a person should look at."""

from typing import Any

import re
import time

from gitledger.errors import LostRace, NotFound, Refused
from gitledger.ledger.recording import PATIENCE_S, give_up
from gitledger.ledger.refs import Ledgers
from gitledger.model.task import Row
from gitledger.ops import _merging as views
from gitledger.ops._facts import PROGRAM
from gitledger.store.content import read_record
from gitledger.store.diff import differences
from gitledger.store.merge import Merged, merge_tips
from gitledger.store.objects import find_commit, read_commit
from gitledger.store.tracking import elected_remote
from gitledger.store.repo import Repository
from gitledger.store.snapshot import open_snapshot
from gitledger.store.tracking import TRACKING, read_ref
from gitledger.store.tree import changed_directories

_COMMIT = re.compile(r"[0-9a-f]{7,40}")


def merge_into(ledgers: Ledgers, what: str, *, dry_run: bool) -> views.LedgerMerged:
    """Merge `what` into the current ledger: one compare-and-swap, tried again when the race is lost."""
    if dry_run:
        from gitledger.store.scratch import scratch

        with scratch(ledgers.repo, ledgers.ledger.config.environ) as repo:
            ours, theirs = _tips(ledgers, what)
            return _report(ledgers, repo, what, ours, merge_tips(repo.pg, ours, theirs), dry_run=True)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        ours, theirs = _tips(ledgers, what)
        merged = merge_tips(ledgers.repo.pg, ours, theirs)
        report = _report(ledgers, ledgers.repo, what, ours, merged, dry_run=False)
        if merged.tip == ours:
            return report
        try:
            _move(ledgers, ours, merged.tip)
        except LostRace as lost:
            give_up(ledgers.ledger, lost, deadline)
            time.sleep(0.01)
            continue
        return _settled(ledgers, report, what)


def _tips(ledgers: Ledgers, what: str) -> tuple[str, str]:
    """Our tip and theirs; theirs is checked where it is not a ledger of ours."""
    ours = ledgers.tip(ledgers.current)
    with ledgers.open(ledgers.current) as snapshot:
        closed = snapshot.book().closed_reason
    if closed is not None:
        raise Refused(
            f"Ledger {ledgers.current} was closed: {closed}", code="LEDGER_CLOSED", hint=(PROGRAM, "ledger", "status")
        )
    theirs = find_tip(ledgers, what)
    known = ledgers.repo.ledgers()
    if theirs not in known.values():
        from gitledger.store.check import check_fetched

        check_fetched(ledgers.repo.pg, theirs, known.values())
    return ours, theirs


def find_tip(ledgers: Ledgers, what: str) -> str:
    """The tip that `what` names: a ledger, `remote/ledger` as last fetched, a whole ref, or a commit id."""
    known = ledgers.repo.ledgers()
    found = known.get(what)
    for ref in (TRACKING + what, what if what.startswith("refs/") else None):
        if found is None and ref is not None and is_ref(ref):
            found = read_ref(ledgers.repo, ref)
    if found is None and _COMMIT.fullmatch(what):
        found = find_commit(ledgers.repo.pg, what)
    if found is None or not _is_ledger(ledgers.repo, found, is_ours=what in known):
        raise NotFound(
            f"{what[:80]!r} names no ledger: neither one of this repository, nor one that was fetched, nor a commit of one.",
            code="NO_LEDGER",
            hint=(PROGRAM, "ledger", "list"),
        )
    return found


def is_ref(name: str) -> bool:
    """Whether git would take this for the name of a ref."""
    from gitledger.store.plain import is_valid_ref

    return name.isprintable() and is_valid_ref(name)


def _is_ledger(repo: Repository, tip: str, *, is_ours: bool) -> bool:
    from gitledger.errors import StorageError
    from gitledger.store.content import ledger_info

    try:
        return ledger_info(repo.pg, read_commit(repo.pg, tip).tree_id) is not None
    except StorageError as error:
        if is_ours or error.code == "UPGRADE_REQUIRED":
            raise
        return False


def _move(ledgers: Ledgers, ours: str, tip: str) -> None:
    from gitledger.store import refs

    refs.move(ledgers.repo, ledgers.current, ours, tip)


def _settled(ledgers: Ledgers, report: views.LedgerMerged, what: str) -> views.LedgerMerged:
    """After the merge: one ordinary entry where numbers clash and no remote settles them, or where it closed us."""
    numbers = elected_remote(ledgers.repo) is None
    outcome = ledgers.run(ledgers.current, views.SettleMerge(origin=what, numbers=numbers))
    report.renumbered = outcome.view if outcome.changed else []
    report.events = outcome.events
    report.tip = ledgers.tip(ledgers.current)
    return report


# ---------------------------------------------------------------------------------------------- what came in


def _report(
    ledgers: Ledgers, repo: Repository, what: str, ours: str, merged: Merged, *, dry_run: bool
) -> views.LedgerMerged:
    report = views.LedgerMerged(
        ledger=ledgers.current,
        source=what,
        merge=merged.kind,
        dry_run=dry_run,
        previous_tip=ours,
        tip=merged.tip,
        tasks_new=[],
        tasks_united=[],
        events_united=merged.events,
        renumbered=[],
        conflicts=[],
        events=[],
        changed=merged.tip != ours and not dry_run,
    )
    if merged.tip == ours:
        return report
    with open_snapshot(repo, ledgers.current, tip=merged.tip) as snapshot:
        rows = {uid: snapshot.row(uid) for uid in (*merged.new, *merged.united)}
        report.tasks_new = _tasks(rows, merged.new)
        report.tasks_united = _tasks(rows, merged.united)
        if elected_remote(repo) is None:
            moves = views.clashes(snapshot)
            titles = {move.uid: snapshot.row(move.uid) for move in moves}
            report.renumbered = [views.renumbered(move, titles[move.uid]) for move in moves]
    for task in _changed_records(repo, ours, merged.tip):
        if task.deleted_at is None:
            report.conflicts += [
                views.ConflictLine(task_id=task.id, uid=task.uid, title=task.title, field=conflict.field)
                for conflict in task.conflicts
            ]
    return report


def _tasks(rows: dict[str, Row | None], uids: list[str]) -> list[views.MergedTask]:
    found = [row for row in (rows[uid] for uid in uids) if row is not None and not row.is_deleted]
    ordered = sorted(found, key=lambda row: (row.number, row.uid))
    return [views.MergedTask(id=row.id, uid=row.uid, title=row.title, status=row.status) for row in ordered]


def _changed_records(repo: Repository, old: str, new: str) -> list[Any]:
    """The records of the tasks that differ between two tips, by number."""
    pg = repo.pg
    changed, _, _ = changed_directories(pg, read_commit(pg, old).tree_id, read_commit(pg, new).tree_id)
    return [read_record(pg, directory, oid)[0] for directory, oid in sorted(changed.items())]


# ---------------------------------------------------------------------------------------------- diff


def compare(ledgers: Ledgers, ours: str, theirs: str, limit: int) -> views.LedgerDiff:
    """How two ledgers, or commits of them, differ; at most `limit` events of each task and side (0: all)."""
    here, there = find_tip(ledgers, ours), find_tip(ledgers, theirs)
    found = differences(ledgers.repo.pg, here, there)
    with (
        open_snapshot(ledgers.repo, ledgers.current, tip=here) as mine,
        open_snapshot(ledgers.repo, ledgers.current, tip=there) as other,
    ):
        tasks = [views.task_difference(item, mine, other, limit) for item in found]
    tasks.sort(key=lambda task: (task.task_id or "", task.uid or ""))
    return views.LedgerDiff(
        a=ours,
        b=theirs,
        a_tip=here,
        b_tip=there,
        tasks=tasks,
        total=len(tasks),
        truncated=False,
        events_only_a=sum(len(item.ours) for item in found),
        events_only_b=sum(len(item.theirs) for item in found),
    )
