"""Reading an export: checked apart from the repository like anything fetched, then merged into the ledger in one entry."""

from typing import TYPE_CHECKING, Any

import os
import time

from msgspec import Struct, field

from gitledger.errors import InvalidInput, LostRace, NotFound, StorageError
from gitledger.git import start_maintenance
from gitledger.ledger import Ledger
from gitledger.ledger.pointers import remember_number
from gitledger.ledger.recording import refuse_writes
from gitledger.model import codec, ids, merge
from gitledger.model.events import ClaimBroken, ClaimReleased, LedgerReopened, TaskRenumbered
from gitledger.model.task import Claim, Task
from gitledger.ops._base import Intent, in_book, on
from gitledger.ops.export import Imported, ImportedTask, ImportLedger, ImportRenumbered, QuarantinedClaim
from gitledger.store import chain, meeting, refs
from gitledger.store.check import check_fetched
from gitledger.store.content import Content, ledger_info, read_record
from gitledger.store.merge import Merged, merge_trees, refolded
from gitledger.store.objects import read_commit
from gitledger.store.repo import Repository
from gitledger.store.scratch import scratch
from gitledger.store.snapshot import open_snapshot
from gitledger.store.tracking import elected_remote
from gitledger.store.plainfiles import tree_of
from gitledger.store.tree import BOOK, LEDGER_FILE, task_directories, uid_digits
from gitledger.sync.exportread import Export, read_export
from gitledger.sync.exporting import counts_view
from gitledger.sync.settle import Settle, decide_at, has_clashes, records_at, write_decided

if TYPE_CHECKING:
    from gitledger.sync.exchange import Sync

_TRIES = 20
# Who has no more than this many tasks to name finds the entry by each of them.
_MAX_NAMED = 1000
_MANY = 2000
_NOBODY = ("import", "import@gitledger.invalid")


class _Import(Settle, frozen=True, kw_only=True):
    """The entry that an import adds."""

    command = "import"


class _Planned(Struct):
    """What an import comes to: the entry to move to (the tip itself where nothing is new), and what there is to tell."""

    tip: str
    merged: Merged
    tasks: list[ImportedTask] = field(default_factory=list)
    renumbered: list[ImportRenumbered] = field(default_factory=list)
    claims: list[QuarantinedClaim] = field(default_factory=list)
    events: list[str] = field(default_factory=list)


def import_export(sync: "Sync", op: ImportLedger) -> Imported:
    """Import a file or folder; nothing of it reaches the repository before all of it was found sound."""
    path = sync.path(op.source)
    if not os.path.exists(path):
        raise NotFound(f"There is no file or folder {op.source!r}.", hint=("gitledger", "export", "--help"))
    export = read_export(path)
    environ = sync.ledger.config.environ
    with scratch(sync.repo, environ) as repo:
        apart = Ledger(repo, sync.ledger.name, sync.ledger.name_source, sync.ledger.config)
        _see_sound(apart, export)
        ours = sync.ledger.tip
        if op.dry_run:
            return _report(sync, op, export, ours, _plan(apart, op, export, ours))
    for attempt in range(_TRIES):
        ours = sync.ledger.tip
        try:
            planned = _plan(sync.ledger, op, export, ours)
            if planned.tip != ours:
                refs.move(sync.repo, sync.ledger.name, ours, planned.tip)
                _follow(sync, planned)
            return _report(sync, op, export, ours, planned)
        except LostRace:
            time.sleep(0.01 * attempt)
    raise LostRace(f"Ledger {sync.ledger.name} was written to again and again.")


def _follow(sync: "Sync", planned: _Planned) -> None:
    sync.events += planned.events
    if planned.merged.events > _MANY:
        start_maintenance(sync.git)  # Each event is a file of its own until git has packed them.
    for move in planned.renumbered:
        number = ids.parse_task_number(move.old)
        if number is not None:
            remember_number(sync.repo, sync.ledger.name, number, move.uid)


def _report(sync: "Sync", op: ImportLedger, export: Export, ours: str | None, planned: _Planned) -> Imported:
    is_new = planned.tip != ours
    if ours is not None and export.manifest.scope == "ledger":
        info = ledger_info(sync.repo.pg, read_commit(sync.repo.pg, ours).tree_id)
        if info is not None and info.uid != export.manifest.uid:
            sync.warnings.append("This is an export of another ledger; its tasks now stand beside those that were here.")
    return Imported(
        source_path=op.source,
        ledger_ref=sync.ledger.name,
        project_uuid=export.manifest.uid,
        scope=export.manifest.scope,
        dry_run=op.dry_run,
        imported=is_new and not op.dry_run,
        replace=op.replace,
        lock_policy=op.lock_policy,
        counts=counts_view(export.manifest),
        tasks=planned.tasks,
        events_new=planned.merged.events,
        renumbered=planned.renumbered,
        claims_ended=planned.claims,
        tip=ours if op.dry_run else planned.tip,
        changed=is_new and not op.dry_run,
    )


# ---------------------------------------------------------------------------------------------- is it sound


def _see_sound(ledger: Ledger, export: Export) -> None:
    """Check everything as if it had been fetched. Raises StorageError that says what is wrong first."""
    pg, ours = ledger.repo.pg, ledger.tip
    root = _their_tree(ledger, export, ours)
    tip = chain.write_entry(ledger.repo, None, {}, base=root, message="import\n", author=_NOBODY, seconds=0)
    try:
        check_fetched(pg, tip, [ours] if ours is not None else [], None, ledger.progress)
    except StorageError as error:
        found = error.details.get("findings") or [{"message": error.message}]
        raise StorageError(
            f"This is no sound export, and nothing was changed: {found[0]['message']}",
            code=error.code,
            hint=("gitledger", "import", "--help"),
            remediation=("Ask who made it to verify the ledger, and to export it again: gitledger verify.",),
            details={"findings": found},
        ) from error


def _their_tree(ledger: Ledger, export: Export, ours: str | None) -> Any:
    """The tree of the exported ledger; of an export of tasks alone, as if they had been exported from this ledger."""
    pg = ledger.repo.pg
    if export.manifest.scope == "ledger":
        return tree_of(pg, export.files)
    if ours is None:
        raise ledger.not_initialised()
    own = ledger_info(pg, read_commit(pg, ours).tree_id)
    if own is None or any(path.startswith(f"{BOOK}/") for path in export.files):
        raise InvalidInput("An export of tasks holds no book.")
    info = codec.LedgerInfo(export.manifest.format, export.manifest.fold, own.uid)
    return tree_of(pg, {**export.files, LEDGER_FILE: codec.encode_ledger(info)}, ours)


# ---------------------------------------------------------------------------------------------- what it comes to


def _plan(ledger: Ledger, op: ImportLedger, export: Export, ours: str | None) -> _Planned:
    """Write the entry that the ledger is to move to. Moves no ref."""
    pg = ledger.repo.pg
    theirs = _their_tree(ledger, export, ours)
    if ours is None:
        merged = _all_new(pg, theirs, export)
        root = refolded(pg, theirs)
    else:
        with open_snapshot(ledger.repo, ledger.name, tip=ours) as snapshot:
            refuse_writes(ledger, _Import(intents=[]), snapshot)
        root, merged = merge_trees(pg, read_commit(pg, ours).tree_id, theirs)
        if not merged.events:
            return _Planned(ours, merged)
    return _write(ledger, op, ours, root, merged)


def _all_new(pg: Any, root: Any, export: Export) -> Merged:
    tasks = [read_record(pg, directory, oid)[0].uid for directory, oid in task_directories(pg, root)]
    return Merged("", "started", new=tasks, events=export.manifest.counts.events)


def _write(ledger: Ledger, op: ImportLedger, ours: str | None, root: Any, merged: Merged) -> _Planned:
    """The entry over the merged tree, with what the import itself has to say: numbers, claims, an open book."""
    repo = ledger.repo
    draft = chain.write_entry(repo, ours, {}, base=root, message="import\n", author=_NOBODY, seconds=0)
    came = [*merged.new, *merged.united]
    moves = _renumbering(ledger, draft, ours)
    records = records_at(ledger, draft, {uid_digits(uid) for uid in came} | {move.uid for move in moves})
    by_digits = {uid_digits(uid): task for uid, (_, task) in records.items()}
    planned = _Planned(draft, merged)
    intents: list[Intent] = []
    for move in moves:
        task = by_digits[move.uid]
        intents.append(on(task, TaskRenumbered(number=move.new, previous=move.old, reason="another task has that number")))
        planned.renumbered.append(ImportRenumbered(uid=task.uid, old=ids.task_id(move.old), new=ids.task_id(move.new), title=task.title))
    intents += _end_claims(ledger, op, ours, [records[uid][1] for uid in came if uid in records], planned)
    if ours is not None and _is_closed(repo, draft) and not _is_closed(repo, ours):
        intents.append(in_book(LedgerReopened(reason="The import brought the closing of that ledger along.")))
    decided = decide_at(ledger, draft, _Import(intents=intents), records)
    now = decided.world.states
    planned.tasks = _told(merged, {uid: now[uid].task if uid in now else task for uid, (_, task) in records.items()})
    planned.events = [event.id for event in decided.world.events]
    what = f"{merged.events} events of {len(came)} tasks from {os.path.basename(op.source.rstrip('/'))}"
    uids = came if len(came) <= _MAX_NAMED else []
    planned.tip = write_decided(ledger, ours, decided, command="import", what=what, uids=uids, base=root)
    return planned


def _is_closed(repo: Repository, tip: str) -> bool:
    return Content(repo.pg, tip).book().closed_at is not None


def _renumbering(ledger: Ledger, tip: str, ours: str | None) -> list[merge.Renumber]:
    """The tasks that must give up a number, where no remote has the say (as `ledger merge` settles it)."""
    if ours is None or elected_remote(ledger.repo) is not None or not has_clashes(ledger, tip, None):
        return []
    pg = ledger.repo.pg
    return merge.settle((), meeting.holders(pg, tip), meeting.top_number(pg, tip))


def _end_claims(ledger: Ledger, op: ImportLedger, ours: str | None, came: list[Task], planned: _Planned) -> list[Intent]:
    """End the claims that come in: who works there does not work here."""
    claimed = [task for task in came if task.claims]
    if op.lock_policy == "keep" or not claimed:
        return []
    known = records_at(ledger, ours, {uid_digits(task.uid) for task in claimed}) if ours is not None else {}
    ended: list[Intent] = []
    for task in claimed:
        held = {claim.id for claim in known[task.uid][1].claims} if task.uid in known else set()
        for claim in task.claims:
            if claim.id not in held:
                ended.append(on(task, _end(op, claim)))
                planned.claims.append(
                    QuarantinedClaim(uid=task.uid, task_id=task.id, claim_id=claim.id, holder=claim.actor.name)
                )
    return ended


def _end(op: ImportLedger, claim: Claim) -> ClaimBroken | ClaimReleased:
    if op.lock_policy == "drop":
        return ClaimReleased(claim=claim.id, reason="It came in by an import.")
    return ClaimBroken(claim=claim.id, reason=f"It came in by an import, and is {claim.actor.name}'s where it comes from.")


def _told(merged: Merged, tasks: dict[str, Task]) -> list[ImportedTask]:
    found = [
        ImportedTask(uid=uid, task_id=tasks[uid].id, title=tasks[uid].title, outcome=outcome)
        for outcome, uids in (("new", merged.new), ("united", merged.united))
        for uid in uids
        if uid in tasks and tasks[uid].deleted_at is None
    ]
    return sorted(found, key=lambda task: (task.task_id, task.uid))
