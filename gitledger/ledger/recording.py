"""Recording what an operation decides: guards, decision, entry, and what follows it; again where a race was lost."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import gc
import time

from gitledger.errors import LostRace, Refused, StorageError
from gitledger.ledger import acting
from gitledger.ledger.pointers import remember_number
from gitledger.model import ids
from gitledger.ops._base import Operation
from gitledger.ops._drive import drive
from gitledger.ops._world import World
from gitledger.store import local
from gitledger.store.repo import ref_of
from gitledger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from gitledger.ledger.shell import Ledger, Outcome

PATIENCE_S = 60.0


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Within, garbage is looked for seldom: what a large entry is made of all lives until it is written."""
    before = gc.get_threshold()
    if before[0]:
        gc.set_threshold(max(before[0], 200_000), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@collecting_seldom()
def record(ledger: "Ledger", op: Operation, request: str | None, ran: Sequence[Any] = ()) -> "Outcome":
    """Let the operation decide and record that, until it is there or refused. `ran` are the programs that ran for it."""
    deadline = time.monotonic() + PATIENCE_S
    attempt = 0
    while True:
        with ledger.snapshot_for(op) as snapshot:
            world = ledger.world_at(op, snapshot, request)
            world.ran = ran
            if request is not None and ledger.repeats(op, world):
                return ledger.outcome_of(op, world)
            refuse_writes(ledger, op, snapshot)
            if not drive(op, world):
                _write_notes(ledger, world)
                return ledger.outcome_of(op, world)
            if not snapshot.is_current:
                _bring_up(ledger, world, snapshot)
                continue
            try:
                tip = _append(ledger, op, world, snapshot)
            except LostRace as lost:
                give_up(ledger, lost, deadline)
            else:
                with ledger.answering(world):
                    _follow(ledger, world)
                    acting.remember(ledger.repo, ledger.pointer, ledger.name, op, world)
                outcome = ledger.outcome_of(op, world)
                snapshot.advance(tip)
                break
        attempt += 1
        _wait(attempt)
    with ledger.answering(world):
        ledger.renew_stamps([event.type for event in world.events])
        _housekeep(ledger, tip)
    return outcome


def refuse_writes(ledger: "Ledger", op: Operation, snapshot: Snapshot) -> None:
    """Raise where the ledger may not be written to: it is none, a newer gitledger wrote it, or it was closed."""
    if snapshot.tip is not None and snapshot.info is None:
        raise StorageError(
            f"{ref_of(ledger.name)} is no ledger: it leads to a commit without ledger.json, and is left as it is.",
            code="STORAGE_CORRUPTION",
            hint=("git", "log", "-1", ref_of(ledger.name)),
            details={"ref": ref_of(ledger.name), "object": snapshot.tip},
        )
    if snapshot.needs_upgrade:
        raise StorageError(
            f"Ledger {ledger.name} was written by a newer gitledger; this version can read it but not write to it.",
            code="UPGRADE_REQUIRED",
            hint=("gitledger", "version"),
        )
    book = snapshot.book() if snapshot.tip else None
    if book is not None and book.closed_at is not None and not op.opens_closed:
        raise Refused(
            f"Ledger {ledger.name} was closed: {book.closed_reason}", code="LEDGER_CLOSED", hint=("gitledger", "ledger", "status")
        )


def _append(ledger: "Ledger", op: Operation, world: World, snapshot: Snapshot) -> str:
    from gitledger.store import chain

    chain.configure_fsync(ledger.config.fsync)
    rests_on = {"unmoved": world.rests_on} if world.rests_on else {}
    return chain.append(ledger.repo, ledger.name, expected=snapshot.tip, **rests_on, **_entry(ledger, op, world, snapshot))


def _bring_up(ledger: "Ledger", world: World, snapshot: Snapshot) -> None:
    """Make every record again as this version's fold does, in an entry of its own; whoever comes first does it."""
    from gitledger.ledger.refolding import refolded_tip
    from gitledger.store import chain, refs

    assert snapshot.tip is not None  # what is not there is not older
    chain.configure_fsync(ledger.config.fsync)
    tip = refolded_tip(ledger, snapshot.tip, world.actor, world.now)
    with suppress(LostRace):
        refs.move(ledger.repo, ledger.name, snapshot.tip, tip)


def write_entry(ledger: "Ledger", op: Operation, world: World, snapshot: Snapshot) -> str:
    """Write what the operation decided as an entry on top of the snapshot's tip; no ref moves."""
    from gitledger.store import chain

    chain.configure_fsync(ledger.config.fsync)
    return chain.write_entry(ledger.repo, snapshot.tip, **_entry(ledger, op, world, snapshot))


def _entry(ledger: "Ledger", op: Operation, world: World, snapshot: Snapshot) -> dict[str, Any]:
    """What the store needs to know to write the entry."""
    from gitledger.model.message import entry_message
    from gitledger.store.entry import entry_files, graft_places

    uids = world.touched()
    files, moves = entry_files(
        [*world.events, *(event for events in world.brought.values() for event in events)],
        world.states,
        {uid: snapshot.directory(uid) for uid in uids},
        snapshot.tip is None,
        world.brought.keys(),
    )
    grafts = {uid: snapshot.beside(ledger).folder(uid) for uid, ledger in world.grafts.items()}
    first = world.record(uids[0]) if uids else None
    message = entry_message(
        op.command, task_id=first.id if first else None, what=op.what(world), uids=uids, actor=world.actor
    )
    return {
        "files": files,
        "moves": moves,
        "grafts": graft_places(world.states, grafts),
        "message": message,
        "author": author_of(world.actor.person or ""),
        "seconds": int(ids.parse_time(world.now).timestamp()),
    }


def give_up(ledger: "Ledger", lost: LostRace, deadline: float) -> None:
    """Raise when waiting longer is of no use: git's own lock was left behind, or patience is at its end."""
    from gitledger.store import refs

    left = refs.stale_lock(ledger.repo, ledger.name)
    if left is not None:
        raise refs.lock_error(ledger.name, *left) from lost
    if time.monotonic() > deadline:
        raise lost


def _follow(ledger: "Ledger", world: World) -> None:
    """Local state follows the entry: the pointer to the active task."""
    for event in world.events:
        if event.type == "task.activated":
            _point(ledger, {"uid": event.task, "reason": event.data.reason, "at": event.at}, world)
        elif event.type == "task.deactivated" and event.data.next is None:
            _point(ledger, None, world)
        elif event.type == "task.renumbered":
            remember_number(ledger.repo, ledger.name, event.data.previous, event.task)
    _write_notes(ledger, world)
    remember_trust(ledger, world)


def remember_trust(ledger: "Ledger", world: World) -> None:
    """What this clone captures itself it may run again, and what somebody here said so of."""
    captured = [event.id for event in world.events if event.type == "evidence.recorded" and event.data.captured]
    if captured or world.trusted_now:
        from gitledger.ledger.trust import trust

        if not trust(ledger.repo, [*captured, *world.trusted_now]):
            world.warnings.append("That this command may be run again could not be remembered.")


def _write_notes(ledger: "Ledger", world: World) -> None:
    """The notes on source commits follow the entry; what could not be written is mended by `commits notes`."""
    if world.unwritten_notes or any(event.type.startswith("commit.") for event in world.events):
        from gitledger.ledger.noting import write_notes

        write_notes(ledger, world)


def _point(ledger: "Ledger", value: dict[str, Any] | None, world: World) -> None:
    pointers = dict(local.read_pointer(ledger.repo, ledger.pointer) or {})
    pointers.pop(ledger.name, None)
    if value is not None:
        pointers[ledger.name] = value
    try:
        local.write_pointer(ledger.repo, ledger.pointer, pointers or None)
    except StorageError as error:
        world.warnings.append(f"{error.message} Name the task with --task.")


def _housekeep(ledger: "Ledger", tip: str) -> None:
    """About every 256 entries (by the entry's id, so that nobody has to count) let git tidy up in the background."""
    if tip.startswith("00"):
        from gitledger.git import Git, start_maintenance

        repo = ledger.repo
        start_maintenance(Git(repo.git_dir, repo.common_dir, repo.work_tree, ledger.config.environ))


def _wait(attempt: int) -> None:
    """Let the others go first, the longer the more often the race was lost; who lost it often presses, not to starve."""
    import random  # slow to import, and most commands lose no race

    time.sleep(random.uniform(0, min(0.01 * 2**attempt, 0.5) if attempt < 8 else 0.05))


def author_of(person: str) -> tuple[str, str]:
    """Name and address of `Name <address>`."""
    name, _, address = person.partition(" <")
    return name, address.removesuffix(">")
