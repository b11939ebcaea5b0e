"""Whoever starts a stage under a name goes on under it: later commands of the same session or work tree need no flags."""

from typing import Any

from msgspec import structs

from gitledger.config import Config
from gitledger.errors import StorageError
from gitledger.model.task import Actor
from gitledger.ops._base import Operation, TaskOperation
from gitledger.ops._world import World, live_claim
from gitledger.store import local
from gitledger.store.repo import Repository

FLAGS = ("actor", "actor_name", "actor_role", "harness", "session_id")
NOBODY: dict[str, str | None] = dict.fromkeys(FLAGS)


def flags_of(op: Operation) -> dict[str, str | None]:
    """The identity that the operation itself names."""
    return {name: getattr(op, name, None) for name in FLAGS} if op.takes_identity else NOBODY


def remember(repo: Repository, pointer: str, ledger: str, op: Operation, world: World) -> None:
    """Note under which flags the claim on a task was taken, here and in this ledger; best effort."""
    taken = next((event for event in world.events if event.type == "claim.taken"), None)
    if taken is None:
        return
    given = {name: value for name, value in flags_of(op).items() if value is not None}
    known = dict(local.read_pointer(repo, _key(pointer)) or {})
    if not given and ledger not in known:
        return
    known.pop(ledger, None)
    if given:
        known[ledger] = {"uid": taken.task, "flags": given}
    try:
        local.write_pointer(repo, _key(pointer), known or None)
    except StorageError as error:
        world.warnings.append(f"{error.message} Name the actor again in later commands.")


def remembered(
    repo: Repository, pointer: str, ledger: str, op: Operation, world: World, make: Any
) -> dict[str, str | None]:
    """The flags under which this session or work tree holds the task that `op` is about; none where it does not.

    `make(flags)` gives the actor of flags. The claim must be live and that actor's: a name is never borrowed.
    """
    known = (local.read_pointer(repo, _key(pointer)) or {}).get(ledger)
    if not isinstance(known, dict) or not isinstance(op, TaskOperation) or not isinstance(known.get("flags"), dict):
        return NOBODY
    given = NOBODY | {name: known["flags"].get(name) for name in FLAGS}
    if any(value is not None and not isinstance(value, str) for value in given.values()):
        return NOBODY
    task = op.subject(world)
    claim = live_claim(task.claims, world.now)
    is_mine = task.uid == known.get("uid") and claim is not None and claim.holder == make(given).holder()
    return given if is_mine else NOBODY


def standing_in(config: Config, world: World, actor: Actor) -> Actor:
    """For a hook that nothing tells who acts: whoever holds the active task from this work tree without a session; else `actor`.

    A graphical program starts hooks without a terminal, and means the person who began the work in one.
    """
    active = world.active() if config.names_nobody else None
    task = world.record(active.uid) if active is not None else None
    claim = live_claim(task.claims, world.now) if task is not None else None
    here = f" {actor.host or ''} {actor.worktree or ''}"
    if claim is None or claim.actor.session or not claim.holder.endswith(here):
        return actor
    return structs.replace(actor, type=claim.actor.type, name=claim.actor.name)


def _key(pointer: str) -> str:
    return f"acting-{pointer}"
