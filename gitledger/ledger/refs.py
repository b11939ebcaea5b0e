"""The ledgers of a repository as refs: listed, forked, switched to, renamed, deleted. Each move is a compare-and-swap."""

from collections.abc import Callable
from typing import Any

import os
import time

from msgspec import Struct

from gitledger.errors import LostRace, NotFound, Refused
from gitledger.git import Git, set_setting, unset_setting
from gitledger.ledger import pointers
from gitledger.ledger.recording import PATIENCE_S, give_up, refuse_writes
from gitledger.ledger.shell import Ledger, Outcome, resolve
from gitledger.ops._base import Operation
from gitledger.ops._doctor import ExamineLedger
from gitledger.ops._facts import PROGRAM
from gitledger.ops._forking import BeginLedger
from gitledger.ops._ledgers import LedgerLine
from gitledger.ops._naming import no_ledger
from gitledger.store import local
from gitledger.store.tracking import elected_remote
from gitledger.store.repo import check_ledger_name, ref_of
from gitledger.store.snapshot import Snapshot, open_snapshot


class Forked(Struct):
    """What `fork` did: the events that it took (none, unless the ledger began empty)."""

    events: list[str]
    warnings: list[str]


class Switched(Struct):
    """What `switch` did. `remote`: the ledger was begun from what that remote had."""

    created: bool
    remote: str | None
    warnings: list[str]
    changed: bool


class Ledgers:
    """What a RefOperation is handed: the ledgers of the repository that a ledger lives in."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.repo = ledger.repo
        self.git = Git(self.repo.git_dir, self.repo.common_dir, self.repo.work_tree, ledger.config.environ)

    # ---------------------------------------------------------------- looking

    @property
    def current(self) -> str:
        """The name of the ledger that commands act on here."""
        return self.ledger.name

    @property
    def source(self) -> str:
        """Why it is that one."""
        return self.ledger.name_source

    @property
    def branch(self) -> str | None:
        """The branch checked out."""
        return self.repo.branch()

    @property
    def config_path(self) -> str:
        """The file that keeps which branch works in which ledger."""
        return os.path.join(self.repo.common_dir, "config")

    def names(self) -> list[str]:
        """The ledgers there are."""
        return list(self.repo.ledgers())

    def tip(self, name: str) -> str:
        """Where a ledger stands. Raises where it is not there."""
        found = self.repo.tip(name)
        if found is not None:
            return found
        raise self.ledger.not_initialised() if name == self.current else no_ledger(name)

    def parent(self, name: str) -> str | None:
        """The ledger that this one was forked from."""
        return self.repo.setting(f"taskledger.{name}.parent")

    def line(self, name: str) -> LedgerLine:
        """A ledger in one line."""
        tip, parent = self.tip(name), self.parent(name)
        with self.open(name) as snapshot:
            distance = self._distance(tip, parent)
            uid = self.active_uid(name)
            row = snapshot.row(uid) if uid is not None else None
            return LedgerLine(
                ref=name,
                git_ref=ref_of(name),
                task_count=snapshot.counts().get("tasks", 0),
                active_task_id=row.id if row is not None and not row.is_deleted else None,
                is_current=name == self.current,
                tip=tip,
                parent=parent,
                ahead=distance[0] if distance else None,
                behind=distance[1] if distance else None,
                closed_reason=snapshot.book().closed_reason,
                next_task_number=snapshot.top_number() + 1,
                remotes=self.remotes_of(name),
            )

    def remote_only(self) -> dict[tuple[str, str], str]:
        """The ledgers that remotes were seen to have and this repository has not: (remote, ledger) → tip."""
        from gitledger.store.names import tracked_ledgers

        own = self.repo.ledgers()
        return {key: tip for key, tip in tracked_ledgers(self.repo).items() if key[1] not in own}

    def run(self, name: str, op: Operation) -> Outcome:
        """Run an ordinary operation in one of the ledgers."""
        self.tip(name)
        return (self.ledger if name == self.current else self.ledger.at(name)).run(op)

    def open(self, name: str) -> Snapshot:
        """A ledger as it is now; to be closed."""
        return open_snapshot(self.repo, name, progress=self.ledger.progress)

    def active_uid(self, name: str) -> str | None:
        """The task that this session or work tree has made active in a ledger."""
        known = (local.read_pointer(self.repo, self.ledger.pointer) or {}).get(name)
        uid = known.get("uid") if isinstance(known, dict) else None
        return uid if isinstance(uid, str) else None

    def _distance(self, tip: str, parent: str | None) -> tuple[int, int] | None:
        other = self.repo.tip(parent) if parent else None
        if other is None:
            return None
        if other == tip:
            return 0, 0
        from gitledger.store.meeting import distance

        found = distance(self.repo, tip, other)
        return found.ahead, found.behind

    def remotes_of(self, name: str) -> list[str]:
        """The remotes that were seen to have a ledger of this name."""
        from gitledger.store.names import tracked_ledgers

        return sorted({remote for remote, ledger in tracked_ledgers(self.repo) if ledger == name})

    # ---------------------------------------------------------------- fork and switch

    def fork(self, name: str, origin: str, *, empty: bool = False) -> Forked:
        """Begin the ledger `name` from the ledger `origin` and let the branch work in it."""
        check_ledger_name(name)
        tip = self.tip(origin)
        events = self._begin(name, origin, tip, empty=empty)
        self._set(f"taskledger.{name}.parent", origin)
        if not empty:
            pointers.carry_over(self.repo, self.ledger.pointer, origin, name)
        if self.branch is None:
            warning = f"HEAD is detached, so no branch remembers ledger {name}: name it with --ledger."
            return Forked(events, [warning])
        self._set(f"branch.{self.branch}.taskledger", name)
        return Forked(events, self._outweighed(name) + self._inherited_closing(name))

    def _inherited_closing(self, name: str) -> list[str]:
        with self.open(name) as snapshot:
            is_closed = snapshot.book().closed_at is not None
        return [f"Ledger {name} is closed, as the one it was forked from: gitledger ledger reopen."] if is_closed else []

    def _begin(self, name: str, origin: str, tip: str, *, empty: bool) -> list[str]:
        """Make the ref; returns the ids of the events that this took."""
        from gitledger.store import names, refs

        if self.repo.tip(name) is not None:
            raise names.taken(name)
        if empty:
            with self.open(origin) as snapshot:
                floor = snapshot.top_number()
            return self.ledger.at(name).run(BeginLedger(origin=origin, tip=tip, number_floor=floor)).events
        try:
            refs.move(self.repo, name, None, tip)
        except LostRace as error:
            raise names.taken(name) from error
        return []

    def switch(self, name: str, *, create: bool = False) -> Switched:
        """Let the branch work in the ledger `name`; begin it where only the elected remote has it, or on request."""
        check_ledger_name(name)
        branch = self.branch
        if branch is None:
            raise Refused(
                "HEAD is detached, and the choice of a ledger is kept with a branch.",
                code="DETACHED_HEAD",
                hint=(PROGRAM, "--ledger", name, "task", "list"),
                remediation=(
                    f"Name the ledger each time: --ledger {name}, or set GITLEDGER_LEDGER.",
                    "Or check out a branch first.",
                ),
            )
        created, remote = False, None
        if self.repo.tip(name) is None:
            remote = self._begin_from_remote(name)
            created = True
            if remote is None and not create:
                raise NotFound(
                    f"There is no ledger {name} here, and none was fetched.",
                    code="NO_LEDGER",
                    hint=(PROGRAM, "ledger", "switch", "--create", name),
                )
            if remote is None:
                self.fork(name, self.current)
        if self.repo.setting(f"branch.{branch}.taskledger") == name:
            return Switched(created, remote, self._outweighed(name), created)
        self._set(f"branch.{branch}.taskledger", name)
        parent = self.parent(name)
        if parent is not None:
            self._carry_known(parent, name)
        return Switched(created, remote, self._outweighed(name), True)

    def _carry_known(self, parent: str, name: str) -> None:
        uid = self.active_uid(parent)
        with self.open(name) as snapshot:
            row = snapshot.row(uid) if uid is not None else None
        if row is not None and not row.is_deleted:
            pointers.carry_over(self.repo, self.ledger.pointer, parent, name)

    def _begin_from_remote(self, name: str) -> str | None:
        """Begin a ledger where the elected remote's stood when it was fetched; returns the remote, or None."""
        remote = elected_remote(self.repo)
        tip = self.remote_only().get((remote, name)) if remote is not None else None
        if tip is None:
            return None
        from gitledger.store import refs
        from gitledger.store.check import check_fetched

        check_fetched(self.repo.pg, tip, self.repo.ledgers().values())
        try:
            refs.move(self.repo, name, None, tip)
        except LostRace:
            pass  # Somebody else has just begun it.
        return remote

    def _outweighed(self, name: str) -> list[str]:
        """A warning where something outweighs the branch's choice, so that commands act elsewhere all the same."""
        found, source = resolve(self.repo, self.ledger.config, None)
        if found == name:
            return []
        return [f"Commands here go on in ledger {found} (from {source}), which outweighs the branch's choice."]

    # ---------------------------------------------------------------- settings

    def _set(self, name: str, value: str) -> None:
        self.apply_settings({name: value})

    def apply_settings(self, wanted: dict[str, str | None]) -> None:
        """Set git settings of this repository; None unsets."""
        for name, value in wanted.items():
            if value is None:
                unset_setting(self.git, name)
            else:
                set_setting(self.git, name, value)
        self.repo.forget_settings()

    def retry(self, attempt: Callable[[str], tuple[str | None, list[str]]]) -> list[str]:
        """Try to write to the current ledger on top of its tip, again where the race is lost."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with self.open(self.current) as snapshot:
                refuse_writes(self.ledger, ExamineLedger(), snapshot)
            try:
                return attempt(self.tip(self.current))[1]
            except LostRace as lost:
                give_up(self.ledger, lost, deadline)
                time.sleep(0.01)

    # ---------------------------------------------------------------- rename, delete, merge, diff, doctor

    def rename(self, old: str, new: str) -> Any:
        """Give a ledger another name (`ledger.retiring`)."""
        from gitledger.ledger.retiring import rename

        return rename(self, old, new)

    def delete(self, name: str, *, force: bool = False, reason: str | None = None) -> Any:
        """Delete a ledger (`ledger.retiring`)."""
        from gitledger.ledger.retiring import delete

        return delete(self, name, force=force, reason=reason)

    def merge(self, what: str, *, dry_run: bool = False) -> Any:
        """Merge another ledger, or a commit, into the current ledger (`ledger.merging`)."""
        from gitledger.ledger.merging import merge_into

        return merge_into(self, what, dry_run=dry_run)

    def diff(self, ours: str, theirs: str, limit: int) -> Any:
        """How two ledgers, or commits, differ (`ledger.merging`)."""
        from gitledger.ledger.merging import compare

        return compare(self, ours, theirs, limit)

    def examine(self, *, fix: bool = False) -> Any:
        """What is wrong with the current ledger and its surroundings (`ledger.health`)."""
        from gitledger.ledger.health import examine

        return examine(self, fix=fix)

    def diagnose(self, *, fix: bool = False) -> Any:
        """Everything that may be wrong with the current ledger (`ledger.diagnosis`)."""
        from gitledger.ledger.diagnosis import diagnose

        return diagnose(self, fix=fix)

    def inspect_schema(self) -> Any:
        """Whether this version understands the current ledger (`ledger.diagnosis`)."""
        from gitledger.ledger.diagnosis import inspect_schema

        return inspect_schema(self)

    def inspect_indexes(self) -> Any:
        """Whether the index says what the current ledger says (`ledger.diagnosis`)."""
        from gitledger.ledger.diagnosis import inspect_indexes

        return inspect_indexes(self)
