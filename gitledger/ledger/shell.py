"""The one shell around the pure core: tip → world → show for a read; ledger/recording does the rest of a write."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import os
import sys

from msgspec import Struct, structs

from gitledger import config as settings
from gitledger.errors import LedgerError, StorageError, Unanswered, naming
from gitledger.ledger import acting
from gitledger.ledger.surroundings import build_world
from gitledger.model import ids
from gitledger.model.policy import Policy
from gitledger.model.schemafile import OutsideTypes
from gitledger.ops._base import LocalOperation, Operation, RefOperation, SettingOperation
from gitledger.ops._facts import Trees
from gitledger.ops._world import World
from gitledger.store import local
from gitledger.store.repo import Repository, check_ledger_name, is_ledger_name, open_repository
from gitledger.store.snapshot import Snapshot, Unread, open_snapshot

if TYPE_CHECKING:
    from gitledger.ledger.past import Past


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
        self.trees_seen: Trees | None = None
        # The earlier state that is looked at instead of the present one.
        self.past: Past | None = None
        # Whether git runs us: then nobody may have said who acts.
        self.is_hook = False
        self._policy: Policy | None = None
        self._outside_types: OutsideTypes | None = None

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
            if self.past is not None:
                self.past.refuse_unfit(op)
            if isinstance(op, RefOperation):
                from gitledger.ledger.refs import Ledgers

                performed = _performed(op, op.perform(Ledgers(self)))
                if op.writes:
                    self.renew_stamps()
                return performed
            if isinstance(op, SettingOperation):
                from gitledger.ledger.identity import Identity

                return _performed(op, op.perform(Identity(self)))
            if isinstance(op, LocalOperation):
                from gitledger.ledger.hooks import Hooks

                return _performed(op, op.perform(Hooks(self)))
            self.trees_seen = None
            if op.reads_only():
                return self._read(op)
            if op.starts_children:
                from gitledger.ledger.child import run_children

                return run_children(self, op, request)  # type: ignore[arg-type]
            from gitledger.ledger.recording import record

            return record(self, op, request)

    def naming(self) -> AbstractContextManager[None]:
        """Within, what is recommended names this ledger, where only an option or the environment has led to it."""
        return naming(self.name if self.name_source in ("option", "environment") else None)

    def _read(self, op: Operation) -> Outcome:
        elsewhere = self._named_elsewhere(op)
        if elsewhere is not None:
            return elsewhere[0].run(elsewhere[1])
        with self.snapshot_for(op) as snapshot:
            world = self.world_at(op, snapshot)
            outcome = self.outcome_of(op, world)
            if world.trusted_now:
                from gitledger.ledger.recording import remember_trust

                remember_trust(self, world)
            return outcome

    def look_back(self, at: str) -> None:
        """From now on read the ledger as it was at an entry (its commit id) or at a date; writing is refused then."""
        from gitledger.ledger.past import Past

        self.past = Past(self, at)

    def at(self, ledger: str) -> "Ledger":
        """Another ledger of the same repository; it need not exist."""
        check_ledger_name(ledger)
        other = Ledger(self.repo, ledger, "option", self.config)
        other.progress = self.progress
        other.path = self.path
        other.is_hook = self.is_hook
        other.streams = self.streams
        other.past = self.past
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
            from gitledger.ops._naming import no_ledger

            raise no_ledger(ledger)
        return self.at(ledger), structs.replace(op, task=reference.strip().removeprefix(f"{ledger}:"))

    def snapshot_for(self, op: Operation) -> Snapshot:
        """The state of the ledger as `op` needs it read. Raises StorageError where `op` needs a ledger and there is none."""
        if op.needs_index:
            then = self.past.tip(self.name) if self.past is not None else None
            if self.past is not None and then is None and self.tip is not None:
                raise self.past.not_there(self.name)
            snapshot = open_snapshot(self.repo, self.name, tip=then, progress=self.progress)
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
        """The world of a state: of the tip, or of one that no ref is at yet, on which a sync settles."""
        return build_world(self, op, source, request)

    def repeats(self, op: Operation, world: World) -> bool:
        """Whether the request was carried out before; the world then answers as it did."""
        from gitledger.ops import _repeat

        _repeat.check_key(world.request or "")
        return _repeat.repeats(op, world)

    def source_trees(self, warnings: list[str], *, keep: bool) -> Trees:
        """The source trees of this moment; `keep` lets `changed_since` know them later."""
        from gitledger.ledger.sourcetree import trees_of

        return trees_of(self.repo, self.config.environ, warnings, keep=keep)

    def actor(self, op: Operation) -> Any:
        """Who acts: whom the operation names, else whom the surroundings say."""
        return self.make_actor(acting.flags_of(op))

    def make_actor(self, given: dict[str, str | None]) -> Any:
        """An actor of what was given, and for the rest of what the surroundings say."""
        return self.config.actor(
            **given,
            hostname=os.uname().nodename,
            pid=os.getpid(),
            worktree=self.repo.worktree_key,
        )

    @property
    def policy(self) -> Policy:
        """The team's policy. Raises InvalidInput where `.gitledger.yaml` says what cannot be."""
        if self._policy is None:
            found = self.repo.policy_bytes()
            if found is None:
                self._policy = Policy()
            else:
                from gitledger.model.policy import parse_policy

                self._policy = parse_policy(*found)
        return self._policy

    @property
    def outside_types(self) -> OutsideTypes:
        """The types of tasks in the orchestrator's configuration file. Raises InvalidInput where it cannot be understood."""
        if self._outside_types is None:
            from gitledger.ledger.schemas import read_outside_types

            self._outside_types = read_outside_types(self.repo, self.config.schemas_file, self.path)
        return self._outside_types

    @property
    def pointer(self) -> str:
        """The key under which the active tasks of this session, or of this work tree, are kept."""
        return local.session_key(self.config.session) if self.config.session else local.worktree_key(self.repo)

    @contextmanager
    def answering(self, world: World) -> Iterator[None]:
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
        with self.answering(world):
            view = op.show(world)
            task_id = _task_of(op, view, world)
        return Outcome(
            view=view, events=self.recorded, warnings=list(world.warnings), task_id=task_id, changed=world.changed
        )

    def renew_stamps(self, events: list[str] | None = None) -> None:
        """Where hooks are installed, what tells them the active task follows; `events` are the types recorded, None where refs moved."""
        if os.path.isdir(os.path.join(self.repo.local_dir, "stamp")):
            from gitledger.ledger.stamp import renew_stamps

            renew_stamps(self, events)


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
