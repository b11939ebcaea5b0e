"""The world of an operation, made of a ledger and what surrounds it: who acts, the active task, the code, other ledgers."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

import os

from gitledger.config import Config
from gitledger.errors import StorageError
from gitledger.ledger import acting
from gitledger.ledger.pointers import former_numbers
from gitledger.model import ids
from gitledger.ops._base import Operation
from gitledger.ops._facts import Active, Code, Host, Place, Trees
from gitledger.ops._world import World
from gitledger.store import local
from gitledger.store.moves import under_way
from gitledger.store.repo import ref_of
from gitledger.store.snapshot import Snapshot, open_snapshot

if TYPE_CHECKING:
    from gitledger.ledger.shell import Ledger


def build_world(ledger: "Ledger", op: Operation, snapshot: Snapshot, request: str | None) -> World:
    """The world of the state `snapshot`, as `op` meets it."""
    config = ledger.config
    draw = _random(ledger, snapshot.tip)
    world = World(
        snapshot,
        place=Place(
            ledger=ledger.name,
            ref=ref_of(ledger.name),
            git_dir=ledger.repo.git_dir,
            common_dir=ledger.repo.common_dir,
            work_tree=ledger.repo.work_tree,
            branch=ledger.repo.branch(),
            source=ledger.name_source,
            tip=snapshot.tip,
        ),
        actor=lambda: _actor_in(ledger, world, op),
        now=ledger.past.moment if ledger.past is not None else config.test_now or ids.format_time(datetime.now(timezone.utc)),
        policy=lambda: ledger.policy,
        outside_types=lambda: ledger.outside_types,
        host=_host(config),
        lease_s=config.lease_s,
        active=lambda: _active(ledger, world),
        code=lambda: Code(branch=ledger.repo.branch(), head=ledger.repo.head()),
        staged=partial(_staged, ledger),
        under_way=lambda: under_way(ledger.repo.git_dir),
        commits=partial(_source_history, ledger),
        files=partial(_source_files, ledger),
        trees=lambda: _source_trees(ledger, op, world),
        changed_since=partial(_changed_since, ledger),
        lacking=partial(_lacking, ledger),
        is_trusted=partial(_is_trusted, ledger),
        others=lambda: _others(ledger, world),
        published=partial(_is_published, ledger),
        ledgers=lambda: list(_tips(ledger)),
        foreign=lambda name: _beside(ledger, snapshot, name),
        former=lambda number: former_numbers(ledger.repo, ledger.name, number),
        writes=op.writes,
        new_uid=lambda: _uuid(draw(16)),
        new_nonce=lambda: draw(4).hex(),
        request=request,
    )
    return world


def _host(config: Config) -> Host:
    return Host(
        harness=config.detected_harness, kind=config.named_kind, is_ci=config.is_ci, has_terminal=config.has_terminal
    )


def _source_history(ledger: "Ledger") -> Any:
    from gitledger.ledger.history import SourceHistory

    return SourceHistory(ledger)


def _source_files(ledger: "Ledger") -> Any:
    from gitledger.ledger.sourcefiles import TrackedFiles

    return TrackedFiles(ledger)


def _others(ledger: "Ledger", world: World) -> Iterator[tuple[str, Snapshot]]:
    """The other ledgers, one open at a time; one that stands at the same tip has nothing to add."""
    for name, tip in _tips(ledger).items():
        if name == ledger.name:
            continue
        world.rests_on[name] = tip
        if tip == world.place.tip:
            continue
        try:
            with open_snapshot(ledger.repo, name, tip=tip if ledger.past else None, progress=ledger.progress) as snapshot:
                world.rests_on[name] = snapshot.tip
                yield name, snapshot
        except StorageError as error:
            world.warnings.append(f"Ledger {name} could not be read, and claims in it were not seen: {error.message}")


def _tips(ledger: "Ledger") -> dict[str, str]:
    """The ledgers of the repository with their tips, of now or of the moment that is looked at."""
    tips, past = ledger.repo.ledgers(), ledger.past
    if past is None:
        return tips
    return {name: tip for name, tip in ((name, past.tip(name)) for name in tips) if tip is not None}


def _beside(ledger: "Ledger", snapshot: Snapshot, name: str) -> Snapshot:
    """Another ledger of this repository by name."""
    if ledger.repo.tip(name) is None:
        from gitledger.ops._naming import no_ledger

        raise no_ledger(name)
    if ledger.past is None:
        return snapshot.beside(name)
    then = ledger.past.tip(name)
    if then is None:
        raise ledger.past.not_there(name)
    return snapshot.beside(name, tip=then)


def _source_trees(ledger: "Ledger", op: Operation, world: World) -> Trees:
    """The source trees, once for each request: a lost race does not ask again."""
    if ledger.trees_seen is None:
        ledger.trees_seen = ledger.source_trees(world.warnings, keep=not op.reads_only())
    return ledger.trees_seen


def _changed_since(ledger: "Ledger", trees: Sequence[str]) -> dict[str, list[str]]:
    from gitledger.ledger.sourcetree import changed_files

    return changed_files(ledger.repo, ledger.config.environ, trees)


def _lacking(ledger: "Ledger", paths: Sequence[str]) -> list[str]:
    from gitledger.ledger.sourcetree import lacking_paths

    return lacking_paths(ledger.repo, paths)


def _is_trusted(ledger: "Ledger", evidence: str) -> bool:
    from gitledger.ledger.trust import is_trusted

    return is_trusted(ledger.repo, evidence)


def _staged(ledger: "Ledger") -> list[str]:
    from gitledger.ledger.pending import staged_paths

    return staged_paths(ledger)


def _is_published(ledger: "Ledger", name: str, uid: str, event: str) -> bool:
    from gitledger.store import tracking

    return tracking.is_published(ledger.repo, name, uid, event)


def _random(ledger: "Ledger", tip: str | None) -> Callable[[int], bytes]:
    if ledger.config.test_seed is None:
        return os.urandom
    import random

    return random.Random(f"{ledger.config.test_seed}:{tip}").randbytes


def _actor_in(ledger: "Ledger", world: World, op: Operation) -> Any:
    given = acting.flags_of(op)
    if given == acting.NOBODY and not op.takes_identity:
        given = acting.remembered(ledger.repo, ledger.pointer, ledger.name, op, world, ledger.make_actor)
    actor = ledger.make_actor(given)
    return acting.standing_in(ledger.config, world, actor) if ledger.is_hook and given == acting.NOBODY else actor


def _active(ledger: "Ledger", world: World) -> Active | None:
    if ledger.config.task:
        return Active(uid=world.find(ledger.config.task).uid, source="environment")
    known = (local.read_pointer(ledger.repo, ledger.pointer) or {}).get(ledger.name)
    if not isinstance(known, dict) or not isinstance(known.get("uid"), str):
        return None
    source = "session" if ledger.config.session else "worktree"
    return Active(uid=known["uid"], source=source, reason=known.get("reason"), at=known.get("at"))


def _uuid(raw: bytes) -> str:
    """A version 4 UUID of 16 random bytes (RFC 9562)."""
    digits = bytearray(raw)
    digits[6] = digits[6] & 0x0F | 0x40
    digits[8] = digits[8] & 0x3F | 0x80
    text = digits.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
