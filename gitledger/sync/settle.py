"""Settling (design §3, §4): the one entry of a sync that gives numbers with two holders to one, and ends claims that came second."""

from typing import Any

from msgspec import Struct, field

from gitledger.errors import StorageError
from gitledger.ledger import Ledger
from gitledger.ledger.recording import author_of
from gitledger.ledger.refolding import refolded_tip
from gitledger.model import codec, ids, merge
from gitledger.model.events import ClaimReleased, TaskRenumbered
from gitledger.model.message import entry_message
from gitledger.model.task import Claim, Task
from gitledger.ops._base import Decision, Intent, Operation, on
from gitledger.ops._drive import drive
from gitledger.ops.sync import EndedClaim, Renumbered
from gitledger.ops._views import actor_view
from gitledger.store import chain, meeting
from gitledger.store.content import Content, ledger_info, read_record
from gitledger.store.entry import entry_files
from gitledger.store.folders import folders_by_task
from gitledger.store.objects import read_commit
from gitledger.store.tree import task_directories, uid_digits


class Settled(Struct):
    """What settling came to: the tip to publish, and what it changed."""

    tip: str
    renumbered: list[Renumbered] = field(default_factory=list)
    claims_ended: list[EndedClaim] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


class Settle(Operation, frozen=True, kw_only=True):
    """The entry that a sync, or another exchange, adds."""

    command = "sync"

    intents: list[Any]

    def decide(self, world: Any) -> Decision:
        for intent in self.intents:
            yield intent

    def show(self, world: Any) -> None:
        return None


class _Tip:
    """A `Source` (ops/_base) for records and texts at a tip that no ref and no index is at."""

    def __init__(self, ledger: Ledger, tip: str, records: dict[str, tuple[str, Task]]) -> None:
        self.tip = tip
        self._content = Content(ledger.repo.pg, tip)
        self._records = records

    def record(self, uid: str) -> Task | None:
        return self._records[uid][1] if uid in self._records else None

    def text(self, uid: str, name: str) -> str | None:
        data = self._content.file(f"{self._records[uid][0]}/{name}")
        return data.decode("utf-8", "replace") if data is not None else None

    def events(self, uid: str | None, last: int = 0) -> list[codec.Event]:
        directory = "book" if uid is None else self._records[uid][0]
        return self._content.events(directory)[-last:]

    def book(self) -> Any:
        return self._content.book()


def settle(ledger: Ledger, merged: str, published: str | None) -> Settled:
    """Settle the merge `merged` against what the elected remote has published (None: nothing). Moves no ref."""
    pg = ledger.repo.pg
    moves: list[merge.Renumber] = []
    if has_clashes(ledger, merged, published):
        before = meeting.holders(pg, published) if published is not None else []
        moves = merge.settle(before, meeting.holders(pg, merged), meeting.top_number(pg, merged))
    ended = _ended_claims(ledger, merged, published) if published is not None else []
    if not moves and not ended:
        return Settled(merged)
    return _write(ledger, merged, moves, ended)


def has_clashes(ledger: Ledger, tip: str, published: str | None) -> bool:
    """Whether, where the tip differs from the published one, a number has two holders or another holder than there."""
    pg = ledger.repo.pg
    before = meeting.holders(pg, published, unlike=tip) if published is not None else []
    return meeting.clashes(before, meeting.holders(pg, tip, unlike=published))


def _write(ledger: Ledger, merged: str, moves: list[merge.Renumber], ended: list[tuple[Task, Claim, Claim]]) -> Settled:
    records = records_at(ledger, merged, {move.uid for move in moves} | {uid_digits(task.uid) for task, _, _ in ended})
    by_digits = {uid_digits(uid): task for uid, (_, task) in records.items()}
    settled = Settled(merged)
    intents: list[Intent] = []
    for move in moves:
        task = by_digits[move.uid]
        if _is_beyond(task, settled):
            continue
        intents.append(
            on(task, TaskRenumbered(number=move.new, previous=move.old, reason="another task has that number where it was published"))
        )
        settled.renumbered.append(
            Renumbered(uid=task.uid, old=ids.task_id(move.old), new=ids.task_id(move.new), title=task.title)
        )
    for task, claim, first in ended:
        if _is_beyond(task, settled):
            continue
        intents.append(on(task, ClaimReleased(claim=claim.id, reason=f"{first.actor.name} had claimed it first")))
        settled.claims_ended.append(
            EndedClaim(
                uid=task.uid,
                task_id=task.id,
                title=task.title,
                claim_id=claim.id,
                holder=actor_view(claim.actor),
                first=actor_view(first.actor),
            )
        )
    if intents:
        _append(ledger, settled, Settle(intents=intents), records)
    return settled


def _is_beyond(task: Task, settled: Settled) -> bool:
    """Whether a newer gitledger wrote to the task; then it settles, and this version leaves it alone."""
    if any(not name.startswith("x.") for name in task.unknown):
        settled.skipped.append(task.uid)
        return True
    return False


def _append(ledger: Ledger, settled: Settled, op: Settle, records: dict[str, tuple[str, Task]]) -> None:
    info = ledger_info(ledger.repo.pg, read_commit(ledger.repo.pg, settled.tip).tree_id)
    if info is not None and info.fold > codec.FOLD_VERSION:
        raise StorageError(
            f"Ledger {ledger.name} was written by a newer gitledger, and numbers in it have to be settled.",
            code="UPGRADE_REQUIRED",
            hint=("gitledger", "version"),
        )
    if info is not None and info.fold < codec.FOLD_VERSION:
        world = ledger.world_at(op, _Tip(ledger, settled.tip, records))
        settled.tip = refolded_tip(ledger, settled.tip, world.actor, world.now)
        records = records_at(ledger, settled.tip, {uid_digits(uid) for uid in records})
    decided = decide_at(ledger, settled.tip, op, records)
    uids = decided.world.touched()
    settled.tip = write_decided(ledger, settled.tip, decided, command="sync", what=_what(settled), uids=uids)
    settled.events = [event.id for event in decided.world.events]


class Decided(Struct):
    """A decision at a tip that no ref is at: the world after it, and the files and moves of its entry."""

    world: Any
    files: dict[str, bytes | None]
    moves: dict[str, str]


def decide_at(ledger: Ledger, tip: str, op: Settle, records: dict[str, tuple[str, Task]]) -> Decided:
    """Let the operation decide at `tip`. `records` are all that it touches: folder and record by uid."""
    world = ledger.world_at(op, _Tip(ledger, tip, records))
    drive(op, world)
    places = {uid: records[uid][0] for uid in world.touched()}
    return Decided(world, *entry_files(world.events, world.states, places, False))


def write_decided(
    ledger: Ledger, parent: str | None, decided: Decided, *, command: str, what: str, uids: list[str], base: Any = None
) -> str:
    """Write the entry of a decision on top of `parent`, its changes made to the tree `base` if given; no ref moves."""
    world = decided.world
    chain.configure_fsync(ledger.config.fsync)
    return chain.write_entry(
        ledger.repo,
        parent,
        decided.files,
        decided.moves,
        base=base,
        message=entry_message(command, task_id=None, what=what, uids=uids, actor=world.actor),
        author=author_of(world.actor.person or ""),
        seconds=int(ids.parse_time(world.now).timestamp()),
    )


def _what(settled: Settled) -> str:
    said = [f"{move.old} is now {move.new}" for move in settled.renumbered]
    said += [f"claim on {claim.task_id} ended" for claim in settled.claims_ended]
    return ", ".join(said)


def records_at(ledger: Ledger, tip: str, wanted: set[str]) -> dict[str, tuple[str, Task]]:
    """Folder and record of tasks, given by the first 12 digits of their uids, by uid."""
    pg = ledger.repo.pg
    found = {}
    for directory, oid in task_directories(pg, read_commit(pg, tip).tree_id):
        if directory.rpartition("-")[2] in wanted:
            task, _ = read_record(pg, directory, oid)
            found[task.uid] = directory, task
    return found


def _ended_claims(ledger: Ledger, merged: str, published: str) -> list[tuple[Task, Claim, Claim]]:
    """Open claims that the remote has not seen, on tasks that another has claimed there: (task, claim, the first)."""
    pg = ledger.repo.pg
    new, old = read_commit(pg, merged).tree_id, read_commit(pg, published).tree_id
    before = folders_by_task(pg, old, new)
    found = []
    for uid12, folders in sorted(folders_by_task(pg, new, old).items()):
        if uid12 not in before:
            continue
        task, _ = read_record(pg, *folders[0])
        if len(task.claims) < 2:
            continue
        known, _ = read_record(pg, *before[uid12][0])
        seen = {claim.id for claim in known.claims}
        for claim in task.claims:
            first = next((one for one in task.claims if one.id in seen and one.holder != claim.holder), None)
            if claim.id not in seen and first is not None:
                found.append((task, claim, first))
    return found
