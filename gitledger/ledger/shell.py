"""The one shell around the pure core: tip → world → guards → decide → fold → append → show, retried when a race is lost."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timezone
from typing import Any

import os
import sys
import time

from msgspec import Struct, structs

from gitledger import config as settings
from gitledger.errors import LedgerError, LostRace, Refused, StorageError, Unanswered, naming
from gitledger.ledger import acting
from gitledger.ledger.pointers import former_numbers, remember_number
from gitledger.model import ids
from gitledger.model.policy import Policy
from gitledger.ops._base import (
    Active,
    Code,
    Host,
    LocalOperation,
    Operation,
    Place,
    RefOperation,
    Trees,
    World,
    ask_guards,
    drive,
    no_ledger,
)
from gitledger.store import local
from gitledger.store.moves import under_way
from gitledger.store.repo import Repository, check_ledger_name, is_ledger_name, open_repository, ref_of
from gitledger.store.snapshot import Snapshot, Unread, open_snapshot

PATIENCE_S = 60.0


class Outcome(Struct):
    """What came of an operation: the answer, the ids of the events it recorded, and the task it was about."""

    view: Any
    events: list[str]
    warnings: list[str]
    task_id: str | None
    changed: bool


class Ledger:
    """A ledger of a repository. `run` is the only way to write; reads never write a ref, an object or a file of yours."""

    def __init__(self, repo: Repository, name: str, source: str, configuration: settings.Config) -> None:
        self.repo = repo
        self.name = name
        self.name_source = source
        self.config = configuration
        self.progress: Callable[[int, int], None] | None = None
        # The events of the last operation that are in the ledger, whatever becomes of the answer.
        self.recorded: list[str] = []
        # The folder from which paths of files are named, and where the output of programs goes (ledger/child.Streams).
        self.path = "."
        self.streams: Any = None
        self._trees: Trees | None = None
        # Whether git runs us: then nobody may have said who acts.
        self.is_hook = False
        self._policy: Policy | None = None

    @property
    def tip(self) -> str | None:
        """The commit id of the ledger's newest entry, or None where it does not exist."""
        return self.repo.tip(self.name)

    def run(self, op: Operation, *, request: str | None = None) -> Outcome:
        """Run an operation. Raises a LedgerError that says why not; then nothing has changed.

        `request` is a key that the caller gave this request: what the ledger has recorded under it already is
        not done again, and is answered as it was then. It says nothing to what makes no entry.
        """
        with self.naming():
            if isinstance(op, RefOperation):
                from gitledger.ledger.refs import Ledgers

                performed = _performed(op, op.perform(Ledgers(self)))
                if op.writes:
                    self.renew_stamps()
                return performed
            if isinstance(op, LocalOperation):
                from gitledger.ledger.hooks import Hooks

                return _performed(op, op.perform(Hooks(self)))
            self._trees = None
            if op.reads_only():
                return self._read(op)
            if op.starts_children:
                from gitledger.ledger.child import run_children

                return run_children(self, op, request)  # type: ignore[arg-type]
            return self.record(op, request)

    def prepare(self, op: Any, request: str | None) -> "Outcome | tuple[list[Any], bool]":
        """The programs that `op` wants run, and whether a person is asked first; its guards have been asked, and nothing was done.

        The answer itself where this request was carried out before.
        """
        with self._snapshot(op) as snapshot:
            world = self._world(op, snapshot, request)
            if request is not None:
                from gitledger.ops._captured import ran_before

                world.ran = ran_before(world.source.requested(request))
                if self.repeats(op, world):
                    return self.outcome_of(op, world)
            self.refuse_writes(op, snapshot)
            ask_guards(op, world)
            return op.wanted(world), op.asks(world)

    def naming(self) -> AbstractContextManager[None]:
        """Within, what is recommended names this ledger, where only an option or the environment has led to it."""
        return naming(self.name if self.name_source in ("option", "environment") else None)

    def _read(self, op: Operation) -> Outcome:
        elsewhere = self._named_elsewhere(op)
        if elsewhere is not None:
            return elsewhere[0].run(elsewhere[1])
        with self._snapshot(op) as snapshot:
            world = self._world(op, snapshot, None)
            outcome = self.outcome_of(op, world)
            self._trust(world)
            return outcome

    def record(self, op: Operation, request: str | None, ran: Sequence[Any] = ()) -> Outcome:
        """Let the operation decide and record that, until it is there or refused. `ran` are the programs that ran for it."""
        deadline = time.monotonic() + PATIENCE_S
        attempt = 0
        while True:
            with self._snapshot(op) as snapshot:
                world = self._world(op, snapshot, request)
                world.ran = ran
                if request is not None and self.repeats(op, world):
                    return self.outcome_of(op, world)
                self.refuse_writes(op, snapshot)
                if not drive(op, world):
                    self._write_notes(world)
                    return self.outcome_of(op, world)
                try:
                    tip = self._append(op, world, snapshot)
                except LostRace as lost:
                    self.give_up(lost, deadline)
                else:
                    with self._answering(world):
                        self._follow(world)
                        acting.remember(self.repo, self.pointer, self.name, op, world)
                    outcome = self.outcome_of(op, world)
                    snapshot.advance(tip)
                    break
            attempt += 1
            _wait(attempt)
        with self._answering(world):
            self.renew_stamps([event.type for event in world.events])
            self._housekeep(tip)
        return outcome

    def at(self, ledger: str) -> "Ledger":
        """Another ledger of the same repository; it need not exist."""
        check_ledger_name(ledger)
        other = Ledger(self.repo, ledger, "option", self.config)
        other.progress = self.progress
        other.path = self.path
        other.is_hook = self.is_hook
        other.streams = self.streams
        return other

    # ---------------------------------------------------------------- reading

    def _named_elsewhere(self, op: Operation) -> "tuple[Ledger, Operation] | None":
        """The ledger that the operation's task is said to be in (`feature-a:task-0030`), and the operation there."""
        reference = getattr(op, "task", None)
        if not isinstance(reference, str):
            return None
        ledger = ids.split_reference(reference).ledger
        if ledger is None or ledger == self.name:
            return None
        check_ledger_name(ledger)
        if self.repo.tip(ledger) is None:
            raise no_ledger(ledger)
        return self.at(ledger), structs.replace(op, task=reference.strip().removeprefix(f"{ledger}:"))

    def _snapshot(self, op: Operation) -> Snapshot:
        if op.needs_index:
            snapshot = open_snapshot(self.repo, self.name, progress=self.progress)
        else:
            snapshot = Unread(self.repo, self.name, self.repo.tip(self.name), self.progress)
        if snapshot.tip is None and op.needs_ledger:
            snapshot.close()
            raise self.not_initialised()
        return snapshot

    def not_initialised(self) -> StorageError:
        """The refusal of a ledger that is not there yet."""
        has_remote = any(name.startswith("remote.") for name in self.repo.settings("remote."))
        return StorageError(
            f"There is no ledger {self.name} in this repository yet.",
            code="NOT_INITIALISED",
            hint=("gitledger", *(("--ledger", self.name) if self.name_source in ("option", "environment") else ()), "init"),
            remediation=("If a colleague has one, fetch it first: git fetch origin 'refs/taskledger/*:refs/taskledger-remotes/origin/*'",)
            if has_remote
            else (),
        )

    def world_at(self, op: Operation, source: Any, request: str | None = None) -> World:
        """The world of a state that no ref is at yet, on which a sync settles."""
        return self._world(op, source, request)

    def repeats(self, op: Operation, world: World) -> bool:
        """Whether the request was carried out before; the world then answers as it did."""
        from gitledger.ops import _repeat

        _repeat.check_key(world.request or "")
        return _repeat.repeats(op, world)

    def _world(self, op: Operation, snapshot: Snapshot, request: str | None) -> World:
        config = self.config
        draw = self._random(snapshot.tip)
        world = World(
            snapshot,
            place=Place(
                ledger=self.name,
                ref=ref_of(self.name),
                git_dir=self.repo.git_dir,
                common_dir=self.repo.common_dir,
                work_tree=self.repo.work_tree,
                branch=self.repo.branch(),
                source=self.name_source,
                tip=snapshot.tip,
            ),
            actor=lambda: self._actor_in(world, op),
            now=config.test_now or ids.format_time(datetime.now(timezone.utc)),
            policy=self._read_policy,
            host=Host(harness=config.detected_harness, is_ci=config.is_ci, has_terminal=config.has_terminal),
            lease_s=config.lease_s,
            active=lambda: self._active(world),
            code=lambda: Code(branch=self.repo.branch(), head=self.repo.head()),
            staged=self._staged,
            under_way=lambda: under_way(self.repo.git_dir),
            commits=self._source_history,
            trees=lambda: self._source_trees(op, world),
            changed_since=self._changed_since,
            is_trusted=self._is_trusted,
            others=lambda: self._others(world),
            published=self._is_published,
            ledgers=lambda: list(self.repo.ledgers()),
            foreign=lambda ledger: self._beside(snapshot, ledger),
            former=lambda number: former_numbers(self.repo, self.name, number),
            writes=op.writes,
            new_uid=lambda: _uuid(draw(16)),
            new_nonce=lambda: draw(4).hex(),
            request=request,
        )
        return world

    def _source_history(self) -> Any:
        from gitledger.ledger.history import SourceHistory

        return SourceHistory(self)

    def _others(self, world: World) -> Iterator[tuple[str, Snapshot]]:
        """The other ledgers, one open at a time; one that stands at the same tip has nothing to add."""
        for name, tip in self.repo.ledgers().items():
            if name == self.name:
                continue
            world.rests_on[name] = tip
            if tip == world.place.tip:
                continue
            try:
                with open_snapshot(self.repo, name, progress=self.progress) as snapshot:
                    world.rests_on[name] = snapshot.tip
                    yield name, snapshot
            except StorageError as error:
                world.warnings.append(f"Ledger {name} could not be read, and claims in it were not seen: {error.message}")

    def _beside(self, snapshot: Snapshot, ledger: str) -> Snapshot:
        """Another ledger of this repository by name."""
        if self.repo.tip(ledger) is None:
            raise no_ledger(ledger)
        return snapshot.beside(ledger)

    def _source_trees(self, op: Operation, world: World) -> Trees:
        """The source trees, once for each request: a lost race does not ask again."""
        if self._trees is None:
            self._trees = self.source_trees(world.warnings, keep=not op.reads_only())
        return self._trees

    def source_trees(self, warnings: list[str], *, keep: bool) -> Trees:
        """The source trees of this moment; `keep` lets `changed_since` know them later."""
        from gitledger.ledger.sourcetree import trees_of

        return trees_of(self.repo, self.config.environ, warnings, keep=keep)

    def _changed_since(self, trees: Sequence[str]) -> dict[str, list[str]]:
        from gitledger.ledger.sourcetree import changed_files

        return changed_files(self.repo, self.config.environ, trees)

    def _is_trusted(self, evidence: str) -> bool:
        from gitledger.ledger.trust import is_trusted

        return is_trusted(self.repo, evidence)

    def _trust(self, world: World) -> None:
        """What this clone captures itself it may run again, and what somebody here said so of."""
        captured = [event.id for event in world.events if event.type == "evidence.recorded" and event.data.captured]
        if captured or world.trusted_now:
            from gitledger.ledger.trust import trust

            if not trust(self.repo, [*captured, *world.trusted_now]):
                world.warnings.append("That this command may be run again could not be remembered.")

    def _staged(self) -> list[str]:
        from gitledger.ledger.pending import staged_paths

        return staged_paths(self)

    def _is_published(self, ledger: str, uid: str, event: str) -> bool:
        from gitledger.store import tracking

        return tracking.is_published(self.repo, ledger, uid, event)

    def _random(self, tip: str | None) -> Callable[[int], bytes]:
        if self.config.test_seed is None:
            return os.urandom
        import random

        return random.Random(f"{self.config.test_seed}:{tip}").randbytes

    def actor(self, op: Operation) -> Any:
        """Who acts: whom the operation names, else whom the surroundings say."""
        return self._make_actor(acting.flags_of(op))

    def _actor_in(self, world: World, op: Operation) -> Any:
        given = acting.flags_of(op)
        if given == acting.NOBODY and not op.takes_identity:
            given = acting.remembered(self.repo, self.pointer, self.name, op, world, self._make_actor)
        actor = self._make_actor(given)
        return acting.standing_in(self.config, world, actor) if self.is_hook and given == acting.NOBODY else actor

    def _make_actor(self, given: dict[str, str | None]) -> Any:
        return self.config.actor(
            **given,
            hostname=os.uname().nodename,
            pid=os.getpid(),
            worktree=self.repo.worktree_key,
        )

    @property
    def policy(self) -> Policy:
        """The team's policy. Raises InvalidInput where `.gitledger.yaml` says what cannot be."""
        return self._read_policy()

    def _read_policy(self) -> Policy:
        if self._policy is None:
            found = self.repo.policy_bytes()
            if found is None:
                self._policy = Policy()
            else:
                from gitledger.model.policy import parse_policy

                self._policy = parse_policy(*found)
        return self._policy

    def _active(self, world: World) -> Active | None:
        if self.config.task:
            return Active(uid=world.find(self.config.task).uid, source="environment")
        known = (local.read_pointer(self.repo, self.pointer) or {}).get(self.name)
        if not isinstance(known, dict) or not isinstance(known.get("uid"), str):
            return None
        source = "session" if self.config.session else "worktree"
        return Active(uid=known["uid"], source=source, reason=known.get("reason"), at=known.get("at"))

    @property
    def pointer(self) -> str:
        """The key under which the active tasks of this session, or of this work tree, are kept."""
        return local.session_key(self.config.session) if self.config.session else local.worktree_key(self.repo)

    @contextmanager
    def _answering(self, world: World) -> Iterator[None]:
        """Within, nothing is refused any more: what fails is the answer, for what the world has decided is in the ledger."""
        self.recorded = [event.id for event in world.events]
        try:
            yield
        except LedgerError as error:
            if not self.recorded:
                raise
            raise Unanswered(self.recorded, error) from error

    def outcome_of(self, op: Operation, world: World) -> Outcome:
        """What came of an operation, from the world after its decision. What that records is in the ledger already."""
        with self._answering(world):
            view = op.show(world)
            task_id = _task_of(op, view, world)
        return Outcome(
            view=view, events=self.recorded, warnings=list(world.warnings), task_id=task_id, changed=world.changed
        )

    # ---------------------------------------------------------------- writing

    def refuse_writes(self, op: Operation, snapshot: Snapshot) -> None:
        if snapshot.tip is not None and snapshot.info is None:
            raise StorageError(
                f"{ref_of(self.name)} is no ledger: it leads to a commit without ledger.json, and is left as it is.",
                code="STORAGE_CORRUPTION",
                hint=("git", "log", "-1", ref_of(self.name)),
                details={"ref": ref_of(self.name), "object": snapshot.tip},
            )
        if snapshot.needs_upgrade:
            raise StorageError(
                f"Ledger {self.name} was written by a newer gitledger; this version can read it but not write to it.",
                code="UPGRADE_REQUIRED",
                hint=("gitledger", "version"),
            )
        book = snapshot.book() if snapshot.tip else None
        if book is not None and book.closed_at is not None and not op.opens_closed:
            raise Refused(
                f"Ledger {self.name} was closed: {book.closed_reason}", code="LEDGER_CLOSED", hint=("gitledger", "ledger", "status")
            )

    def _append(self, op: Operation, world: World, snapshot: Snapshot) -> str:
        from gitledger.store import chain

        chain.configure_fsync(self.config.fsync)
        rests_on = {"unmoved": world.rests_on} if world.rests_on else {}
        return chain.append(self.repo, self.name, expected=snapshot.tip, **rests_on, **self._entry(op, world, snapshot))

    def write_entry(self, op: Operation, world: World, snapshot: Snapshot) -> str:
        """Write what the operation decided as an entry on top of the snapshot's tip; no ref moves."""
        from gitledger.store import chain

        chain.configure_fsync(self.config.fsync)
        return chain.write_entry(self.repo, snapshot.tip, **self._entry(op, world, snapshot))

    def _entry(self, op: Operation, world: World, snapshot: Snapshot) -> dict[str, Any]:
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

    def give_up(self, lost: LostRace, deadline: float) -> None:
        """Raise when waiting longer is of no use: git's own lock was left behind, or patience is at its end."""
        from gitledger.store import refs

        left = refs.stale_lock(self.repo, self.name)
        if left is not None:
            raise refs.lock_error(self.name, *left) from lost
        if time.monotonic() > deadline:
            raise lost

    def _follow(self, world: World) -> None:
        """Local state follows the entry: the pointer to the active task."""
        for event in world.events:
            if event.type == "task.activated":
                self._point({"uid": event.task, "reason": event.data.reason, "at": event.at}, world)
            elif event.type == "task.deactivated" and event.data.next is None:
                self._point(None, world)
            elif event.type == "task.renumbered":
                remember_number(self.repo, self.name, event.data.previous, event.task)
        self._write_notes(world)
        self._trust(world)

    def _write_notes(self, world: World) -> None:
        """The notes on source commits follow the entry; what could not be written is mended by `commits notes`."""
        if world.unwritten_notes or any(event.type.startswith("commit.") for event in world.events):
            from gitledger.ledger.noting import write_notes

            write_notes(self, world)

    def _point(self, value: dict[str, Any] | None, world: World) -> None:
        pointers = dict(local.read_pointer(self.repo, self.pointer) or {})
        pointers.pop(self.name, None)
        if value is not None:
            pointers[self.name] = value
        try:
            local.write_pointer(self.repo, self.pointer, pointers or None)
        except StorageError as error:
            world.warnings.append(f"{error.message} Name the task with --task.")

    def renew_stamps(self, events: list[str] | None = None) -> None:
        """Where hooks are installed, what tells them the active task follows; `events` are the types recorded, None where refs moved."""
        if os.path.isdir(os.path.join(self.repo.local_dir, "stamp")):
            from gitledger.ledger.stamp import renew_stamps

            renew_stamps(self, events)

    def _housekeep(self, tip: str) -> None:
        """About every 256 entries (by the entry's id, so that nobody has to count) let git tidy up in the background."""
        if tip.startswith("00"):
            from gitledger.git import Git, start_maintenance

            repo = self.repo
            start_maintenance(Git(repo.git_dir, repo.common_dir, repo.work_tree, self.config.environ))


def open_ledger(
    path: str = ".",
    *,
    ledger: str | None = None,
    environ: Mapping[str, str] | None = None,
    has_terminal: bool | None = None,
) -> Ledger:
    """The ledger that commands in the folder `path` act on, or the one named.

    `environ` stands for the process environment; `has_terminal` says whether somebody sits there (left out: whether
    standard input is a terminal). Raises StorageError outside a usable repository. The ledger itself need not exist
    yet: `run(InitLedger())` makes it.
    """
    given = os.environ if environ is None else environ
    repo = open_repository(path, given)
    if has_terminal is None:
        has_terminal = sys.stdin is not None and sys.stdin.isatty()
    configuration = settings.load(given, repo.setting, Policy(), stdin_is_terminal=has_terminal)
    name, source = resolve(repo, configuration, ledger)
    check_ledger_name(name)
    found = Ledger(repo, name, source, configuration)
    found.path = os.path.abspath(path)
    return found


def resolve(repo: Repository, config: settings.Config, wanted: str | None) -> tuple[str, str]:
    """The ledger's name and why it is that one, in the order of design §2."""
    if wanted:
        return wanted, "option"
    if config.ledger:
        return config.ledger, "environment"
    return resolve_branch(repo, config, repo.branch())


def resolve_branch(repo: Repository, config: settings.Config, branch: str | None) -> tuple[str, str]:
    """The ledger of a branch (None: of a detached HEAD) and why it is that one."""
    if branch is not None:
        configured = repo.setting(f"branch.{branch}.taskledger")
        if configured:
            return configured, "branch configuration"
        if is_ledger_name(branch) and repo.tip(branch) is not None:
            return branch, "branch"
    if config.default_ledger:
        return config.default_ledger, "taskledger.default"
    known = repo.ledgers()
    if len(known) == 1:
        return next(iter(known)), "only ledger"
    return "main", "default"


def _wait(attempt: int) -> None:
    """Let the others go first, the longer the more often the race was lost; who lost it often presses, not to starve."""
    import random  # slow to import, and most commands lose no race

    time.sleep(random.uniform(0, min(0.01 * 2**attempt, 0.5) if attempt < 8 else 0.05))


def author_of(person: str) -> tuple[str, str]:
    """Name and address of `Name <address>`."""
    name, _, address = person.partition(" <")
    return name, address.removesuffix(">")


def _uuid(raw: bytes) -> str:
    """A version 4 UUID of 16 random bytes (RFC 9562)."""
    digits = bytearray(raw)
    digits[6] = digits[6] & 0x0F | 0x40
    digits[8] = digits[8] & 0x3F | 0x80
    text = digits.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _performed(op: Operation, view: Any) -> Outcome:
    """The outcome of an operation that had no world."""
    return Outcome(
        view=view,
        events=list(getattr(view, "events", ())),
        warnings=list(getattr(view, "warnings", ())),
        task_id=None,
        changed=bool(getattr(view, "changed", False)),
    )


def _task_of(op: Operation, view: Any, world: World) -> str | None:
    """The task that the answer is about, as the envelope names it."""
    for candidate in (getattr(view, "task_id", None), getattr(view, "id", None), getattr(getattr(view, "task", None), "id", None)):
        if isinstance(candidate, str) and candidate.startswith("task-"):
            return candidate
    uids = world.touched()
    record = world.record(uids[0]) if uids else None
    return record.id if record is not None else None
