"""The one shell around the pure core: tip → world → guards → decide → fold → append → show, retried when a race is lost."""

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

import os
import sys
import time

from msgspec import Struct

from gitledger import config as settings
from gitledger.errors import LostRace, Refused, StorageError
from gitledger.model import ids
from gitledger.model.policy import Policy
from gitledger.ops._base import Active, Code, Host, Operation, Place, RefOperation, World, drive
from gitledger.store import local
from gitledger.store.repo import Repository, check_ledger_name, open_repository, ref_of
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
        self._policy: Policy | None = None

    @property
    def tip(self) -> str | None:
        """The commit id of the ledger's newest entry, or None where it does not exist."""
        return self.repo.tip(self.name)

    def run(self, op: Operation, *, request: str | None = None) -> Outcome:
        """Run an operation. Raises a LedgerError that says why not; then nothing has changed."""
        if isinstance(op, RefOperation):
            from gitledger.ledger.refs import Ledgers

            return _performed(op, op.perform(Ledgers(self)))
        if not op.writes:
            with self._snapshot(op) as snapshot:
                world = self._world(op, snapshot, request)
                return self._outcome(op, world)
        deadline = time.monotonic() + PATIENCE_S
        attempt = 0
        while True:
            with self._snapshot(op) as snapshot:
                world = self._world(op, snapshot, request)
                self._refuse_writes(op, snapshot)
                if not drive(op, world):
                    return self._outcome(op, world)
                try:
                    tip = self._append(op, world, snapshot)
                except LostRace as lost:
                    self._give_up(lost, deadline)
                else:
                    self._follow(world)
                    outcome = self._outcome(op, world)
                    snapshot.advance(tip)
                    break
            attempt += 1
            _wait(attempt)
        self._housekeep(tip)
        return outcome

    # ---------------------------------------------------------------- reading

    def _snapshot(self, op: Operation) -> Snapshot:
        if op.needs_index:
            snapshot = open_snapshot(self.repo, self.name, progress=self.progress)
        else:
            snapshot = Unread(self.repo, self.name, self.repo.tip(self.name), self.progress)
        if snapshot.tip is None and op.needs_ledger:
            snapshot.close()
            has_remote = any(name.startswith("remote.") for name in self.repo.settings("remote."))
            raise StorageError(
                f"There is no ledger {self.name} in this repository yet.",
                code="NOT_INITIALISED",
                hint=("gitledger", "init"),
                remediation=("If a colleague has one, fetch it first: git fetch origin 'refs/taskledger/*:refs/taskledger-remotes/origin/*'",)
                if has_remote
                else (),
            )
        return snapshot

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
            actor=lambda: self._actor(op),
            now=config.test_now or ids.format_time(datetime.now(timezone.utc)),
            policy=self._read_policy,
            host=Host(harness=config.detected_harness, is_ci=config.is_ci, has_terminal=config.has_terminal),
            lease_s=config.lease_s,
            active=lambda: self._active(world),
            code=lambda: Code(branch=self.repo.branch(), head=self.repo.head()),
            new_uid=lambda: _uuid(draw(16)),
            new_nonce=lambda: draw(4).hex(),
            request=request,
        )
        return world

    def _random(self, tip: str | None) -> Callable[[int], bytes]:
        if self.config.test_seed is None:
            return os.urandom
        import random

        return random.Random(f"{self.config.test_seed}:{tip}").randbytes

    def _actor(self, op: Operation) -> Any:
        given = {name: getattr(op, name, None) for name in ("actor", "actor_name", "actor_role", "harness", "session_id")}
        if not op.takes_identity:
            given = dict.fromkeys(given)
        return self.config.actor(
            **given,
            hostname=os.uname().nodename,
            pid=os.getpid(),
            worktree=self.repo.worktree_key,
        )

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
        known = (local.read_pointer(self.repo, self._pointer) or {}).get(self.name)
        if not isinstance(known, dict) or not isinstance(known.get("uid"), str):
            return None
        source = "session" if self.config.session else "worktree"
        return Active(uid=known["uid"], source=source, reason=known.get("reason"), at=known.get("at"))

    @property
    def _pointer(self) -> str:
        return local.session_key(self.config.session) if self.config.session else local.worktree_key(self.repo)

    def _outcome(self, op: Operation, world: World) -> Outcome:
        view = op.show(world)
        return Outcome(
            view=view,
            events=[event.id for event in world.events],
            warnings=list(world.warnings),
            task_id=_task_of(op, view, world),
            changed=world.changed,
        )

    # ---------------------------------------------------------------- writing

    def _refuse_writes(self, op: Operation, snapshot: Snapshot) -> None:
        if snapshot.needs_upgrade:
            raise StorageError(
                f"Ledger {self.name} was written by a newer gitledger; this version can read it but not write to it.",
                code="UPGRADE_REQUIRED",
                hint=("gitledger", "version"),
            )
        book = snapshot.book() if snapshot.tip else None
        if book is not None and book.closed_at is not None and not op.opens_closed:
            raise Refused(
                f"Ledger {self.name} was closed: {book.closed_reason}", code="LEDGER_CLOSED", hint=("gitledger", "where")
            )

    def _append(self, op: Operation, world: World, snapshot: Snapshot) -> str:
        from gitledger.model.message import entry_message
        from gitledger.store import chain
        from gitledger.store.entry import entry_files

        chain.configure_fsync(self.config.fsync)
        uids = world.touched()
        files, moves = entry_files(
            world.events, world.states, {uid: snapshot.directory(uid) for uid in uids}, snapshot.tip is None
        )
        first = world.record(uids[0]) if uids else None
        message = entry_message(
            op.command, task_id=first.id if first else None, what=op.what(world), uids=uids, actor=world.actor
        )
        return chain.append(
            self.repo,
            self.name,
            expected=snapshot.tip,
            files=files,
            moves=moves,
            message=message,
            author=_author(world.actor.person or ""),
            seconds=int(ids.parse_time(world.now).timestamp()),
        )

    def _give_up(self, lost: LostRace, deadline: float) -> None:
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

    def _point(self, value: dict[str, Any] | None, world: World) -> None:
        pointers = dict(local.read_pointer(self.repo, self._pointer) or {})
        pointers.pop(self.name, None)
        if value is not None:
            pointers[self.name] = value
        try:
            local.write_pointer(self.repo, self._pointer, pointers or None)
        except StorageError as error:
            world.warnings.append(f"{error.message} Name the task with --task.")

    def _housekeep(self, tip: str) -> None:
        """About every 256 entries (by the entry's id, so that nobody has to count) let git tidy up in the background."""
        if tip.startswith("00"):
            from gitledger.git import Git, start_maintenance

            repo = self.repo
            start_maintenance(Git(repo.git_dir, repo.common_dir, repo.work_tree, self.config.environ))


def open_ledger(
    path: str = ".", *, ledger: str | None = None, environ: Mapping[str, str] | None = None
) -> Ledger:
    """The ledger that commands in the folder `path` act on, or the one named.

    `environ` stands for the process environment. Raises StorageError outside a usable repository. The
    ledger itself need not exist yet: `run(InitLedger())` makes it.
    """
    given = os.environ if environ is None else environ
    repo = open_repository(path, given)
    configuration = settings.load(
        given, repo.setting, Policy(), stdin_is_terminal=sys.stdin is not None and sys.stdin.isatty()
    )
    name, source = _resolve(repo, configuration, ledger)
    check_ledger_name(name)
    return Ledger(repo, name, source, configuration)


def _resolve(repo: Repository, config: settings.Config, wanted: str | None) -> tuple[str, str]:
    """The ledger's name and why it is that one, in the order of design §2."""
    if wanted:
        return wanted, "option"
    if config.ledger:
        return config.ledger, "environment"
    branch = repo.branch()
    if branch is not None:
        configured = repo.setting(f"branch.{branch}.taskledger")
        if configured:
            return configured, "branch configuration"
        if repo.tip(branch) is not None:
            return branch, "branch"
    if config.default_ledger:
        return config.default_ledger, "taskledger.default"
    known = repo.ledgers()
    if len(known) == 1:
        return next(iter(known)), "only ledger"
    return "main", "default"


def _wait(attempt: int) -> None:
    """Let the others go first, the longer the more often the race was lost."""
    import random  # slow to import, and most commands lose no race

    time.sleep(random.uniform(0, min(0.01 * 2**attempt, 0.5)))


def _author(person: str) -> tuple[str, str]:
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
