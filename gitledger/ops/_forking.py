"""Ledgers as refs: fork, switch, rename, delete, close. Each moves refs by compare-and-swap."""

from typing import Annotated, Any, Literal

from gitledger.errors import Conflict
from gitledger.model import ids
from gitledger.model.events import LedgerClosed, LedgerForked, LedgerReopened
from gitledger.ops._base import Decision, Operation, RefOperation, arg, in_book, opt, require_text
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View
from gitledger.ops._world import World


class LedgerForkedView(View):
    """A ledger was begun from another. `branch` is the one that works in it now; null where HEAD is on none."""

    ledger_ref: str
    ledger_parent_ref: str
    previous_ledger_ref: str
    ledger_next_task_number: int
    next_task_id: str
    config_path: str
    branch: str | None
    tip: str
    empty: bool
    active_task_id: str | None
    warnings: list[str]
    events: list[str]
    changed: bool = True
    ok: bool = True
    kind: Literal["ledger_forked"] = "ledger_forked"


class ForkLedger(RefOperation, frozen=True, kw_only=True):
    """Begin a ledger from this one, and work in it on this branch.

    It inherits every task: the new ref stands where the old one does. What happens in either stays there until
    it is merged or adopted. With --empty it begins without tasks, and numbers go on.
    """

    command = "ledger fork"

    name: Annotated[str, arg("The name of the new ledger, normally that of the branch.")]
    empty: Annotated[bool, opt("Begin without tasks.")] = False
    source: Annotated[str | None, opt("Begin from this ledger.", name="--from", metavar="LEDGER")] = None
    copy_open: Annotated[bool, opt("Accepted and not needed: everything is inherited.")] = False

    def perform(self, ledgers: Any) -> LedgerForkedView:
        origin = ledgers.current if self.source is None else self.source
        previous = ledgers.current
        done = ledgers.fork(self.name, origin, empty=self.empty)
        line = ledgers.line(self.name)
        return LedgerForkedView(
            ledger_ref=self.name,
            ledger_parent_ref=origin,
            previous_ledger_ref=previous,
            ledger_next_task_number=line.next_task_number,
            next_task_id=ids.task_id(line.next_task_number),
            config_path=ledgers.config_path,
            branch=ledgers.branch,
            tip=line.tip,
            empty=self.empty,
            active_task_id=line.active_task_id,
            warnings=done.warnings,
            events=done.events,
        )


class BeginLedger(Operation, frozen=True, kw_only=True):
    """The first entry of a ledger that begins without tasks beside another."""

    command = "ledger fork"
    needs_ledger = False

    origin: str
    tip: str
    number_floor: int

    def decide(self, world: World) -> Decision:
        if world.place.tip is not None:
            raise Conflict(
                f"There is a ledger {world.ledger} already.", code="LEDGER_EXISTS", hint=(PROGRAM, "ledger", "list")
            )
        yield in_book(
            LedgerForked(
                uid=world.new_uid(),
                name=world.ledger,
                origin=self.origin,
                tip=self.tip,
                number_floor=self.number_floor,
            )
        )

    def what(self, world: World) -> str:
        return f"{world.ledger} beside {self.origin}"

    def show(self, world: World) -> None:
        return None


class LedgerSwitched(View):
    """This branch works in another ledger now. `fetched_from` is the remote whose ledger it was."""

    ledger_ref: str
    previous_ledger_ref: str
    config_path: str
    branch: str
    tip: str
    created: bool
    fetched_from: str | None
    active_task_id: str | None
    warnings: list[str]
    changed: bool
    ok: bool = True
    kind: Literal["ledger_switched"] = "ledger_switched"


class SwitchLedger(RefOperation, frozen=True, kw_only=True):
    """Work in another ledger on this branch.

    The choice is kept in the git setting branch.BRANCH.taskledger, so it comes and goes with the checked-out
    branch. A ledger that only the elected remote has, as last fetched, begins here with it. With --create a
    ledger that is not there is forked from this one.
    """

    command = "ledger switch"

    name: Annotated[str, arg("The ledger.")]
    create: Annotated[bool, opt("Fork it from the current ledger where it is not there.")] = False

    def perform(self, ledgers: Any) -> LedgerSwitched:
        previous = ledgers.current
        done = ledgers.switch(self.name, create=self.create)
        line = ledgers.line(self.name)
        return LedgerSwitched(
            ledger_ref=self.name,
            previous_ledger_ref=previous,
            config_path=ledgers.config_path,
            branch=ledgers.branch,
            tip=line.tip,
            created=done.created,
            fetched_from=done.remote,
            active_task_id=line.active_task_id,
            warnings=done.warnings,
            changed=done.changed,
        )


class LedgerDeleted(View):
    """What became of the ledger: deleted, with its tip under `trash_ref`; or only closed, until that was published."""

    ledger_ref: str
    deleted: bool
    closed: bool
    tip: str
    trash_ref: str | None
    unshared_events: int
    next_command: str | None
    warnings: list[str]
    events: list[str]
    changed: bool = True
    ok: bool = True
    kind: Literal["ledger_deleted"] = "ledger_deleted"


class DeleteLedger(RefOperation, frozen=True, kw_only=True):
    """Delete a ledger whose events are all in another ledger or on a remote.

    Its tip stays under refs/taskledger-trash/. One that holds events nobody else has is refused, unless --force
    and a --reason say otherwise. One that a remote has is closed first; publish that, so that nobody brings it
    back, then delete it.
    """

    command = "ledger delete"

    name: Annotated[str, arg("The ledger.")]
    force: Annotated[bool, opt("Delete it with events that nobody else has; needs --reason.")] = False
    reason: Annotated[str | None, opt("Why.")] = None

    def perform(self, ledgers: Any) -> LedgerDeleted:
        if self.force:
            require_text(self.reason, "With --force, --reason", (PROGRAM, "ledger", "delete", "--help"))
        done = ledgers.delete(self.name, force=self.force, reason=self.reason)
        return LedgerDeleted(
            ledger_ref=self.name,
            deleted=done.trash is not None,
            closed=done.is_closed,
            tip=done.tip,
            trash_ref=done.trash,
            unshared_events=done.unshared,
            next_command=done.next_command,
            warnings=done.warnings,
            events=done.events,
        )


class LedgerRenamed(View):
    """A ledger has another name. `settings` are the git settings that followed."""

    ledger_ref: str
    previous_ledger_ref: str
    tip: str
    settings: list[str]
    warnings: list[str]
    changed: bool
    ok: bool = True
    kind: Literal["ledger_renamed"] = "ledger_renamed"


class RenameLedger(RefOperation, frozen=True, kw_only=True):
    """Give a ledger another name; branches that work in it follow."""

    command = "ledger rename"

    old: Annotated[str, arg("The ledger.")]
    new: Annotated[str, arg("Its new name.")]

    def perform(self, ledgers: Any) -> LedgerRenamed:
        done = ledgers.rename(self.old, self.new)
        return LedgerRenamed(
            ledger_ref=self.new,
            previous_ledger_ref=self.old,
            tip=done.tip,
            settings=done.settings,
            warnings=done.warnings,
            changed=done.changed,
        )


class LedgerOpenness(View):
    """Whether the ledger takes writes."""

    ledger_ref: str
    closed: bool
    reason: str | None
    changed: bool
    ok: bool = True
    kind: Literal["ledger_openness"] = "ledger_openness"


def _openness(world: World) -> LedgerOpenness:
    state = world.states.get(None)
    book = state.book if state is not None else world.source.book()
    return LedgerOpenness(
        ledger_ref=world.ledger,
        closed=book.closed_at is not None,
        reason=book.closed_reason,
        changed=world.changed,
    )


class CloseLedger(Operation, frozen=True, kw_only=True):
    """Let the ledger take no more writes, here and wherever it is synced to.

    Reading goes on. `ledger reopen` undoes it.
    """

    command = "ledger close"
    opens_closed = True

    reason: Annotated[str, opt("Why.")]

    def decide(self, world: World) -> Decision:
        reason = require_text(self.reason, "--reason", (PROGRAM, "ledger", "close", "--help"))
        if world.source.book().closed_at is None:
            yield in_book(LedgerClosed(reason=reason))

    def what(self, world: World) -> str:
        return self.reason

    def show(self, world: World) -> LedgerOpenness:
        return _openness(world)


class ReopenLedger(Operation, frozen=True, kw_only=True):
    """Let a closed ledger take writes again."""

    command = "ledger reopen"
    opens_closed = True

    reason: Annotated[str, opt("Why.")]

    def decide(self, world: World) -> Decision:
        reason = require_text(self.reason, "--reason", (PROGRAM, "ledger", "reopen", "--help"))
        if world.source.book().closed_at is not None:
            yield in_book(LedgerReopened(reason=reason))

    def what(self, world: World) -> str:
        return self.reason

    def show(self, world: World) -> LedgerOpenness:
        return _openness(world)


OPERATIONS = (ForkLedger, SwitchLedger, RenameLedger, DeleteLedger, CloseLedger, ReopenLedger)
