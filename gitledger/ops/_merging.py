"""Merging a ledger into this one and comparing two: the answers, and the entry that settles what a merge left open."""

from typing import Annotated, Any, Literal

from gitledger.errors import InvalidInput
from gitledger.model import ids
from gitledger.model.events import LedgerReopened, TaskRenumbered
from gitledger.model.merge import Numbered, Renumber, settle
from gitledger.model.task import Row
from gitledger.ops._base import Decision, Operation, RefOperation, arg, in_book, on, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View
from gitledger.ops._world import Source, World

# ---------------------------------------------------------------------------------------------- merge


class MergedTask(View):
    """A task that came in or was united."""

    id: str
    uid: str
    title: str
    status: str


class RenumberedTask(View):
    """A task whose number another one keeps."""

    uid: str
    old: str
    new: str
    title: str


class ConflictLine(View):
    """A field that was set on both sides, for a person to look at: `gitledger conflicts TASK`."""

    task_id: str
    uid: str
    title: str
    field: str


class LedgerMerged(View):
    """What a merge brought. `merge`: same, ahead (nothing to do), forward, equal, merge; `events_united` counts what was new here."""

    ledger: str
    source: str
    merge: str
    dry_run: bool
    previous_tip: str
    tip: str
    tasks_new: list[MergedTask]
    tasks_united: list[MergedTask]
    events_united: int
    renumbered: list[RenumberedTask]
    conflicts: list[ConflictLine]
    events: list[str]
    changed: bool
    ok: bool = True
    kind: Literal["ledger_merged"] = "ledger_merged"


class MergeLedger(RefOperation, frozen=True, kw_only=True):
    """Merge a ledger into this one: the events of both, folded again.

    Nothing is lost and nothing is overwritten; where both sides set the same field, the later one holds and both
    are listed under `conflicts`. Where no remote is elected, a number that two tasks hold is settled at once.
    """

    command = "ledger merge"

    source: Annotated[str, arg("A ledger, REMOTE/LEDGER as last fetched, or a commit of one.", metavar="LEDGER")]
    dry_run: Annotated[bool, opt("Only say what would come in.")] = False

    def perform(self, ledgers: Any) -> LedgerMerged:
        return ledgers.merge(self.source, dry_run=self.dry_run)


def clashes(source: Source) -> list[Renumber]:
    """The tasks that must give up a number that another holds, where no remote has the say (design §3, Settle).

    There is no H then, so the smallest uid keeps it: who merges what in which order makes no difference, and
    two clones that merge each other do not renumber for ever.
    """
    rows = source.rows(archived=True)
    return settle((), [Numbered(row.uid, row.number) for row in rows], source.top_number())


def renumbered(move: Renumber, row: Row | None) -> RenumberedTask:
    """The view of a task that gets another number."""
    return RenumberedTask(
        uid=move.uid,
        title=row.title if row is not None else "",
        old=ids.task_id(move.old),
        new=ids.task_id(move.new),
    )


class SettleMerge(Operation, frozen=True, kw_only=True):
    """After a merge: give numbers that two tasks hold to one of them, and stay open where only the other was closed."""

    command = "ledger merge"
    opens_closed = True

    origin: str
    numbers: bool = True

    def decide(self, world: World) -> Decision:
        if world.source.book().closed_at is not None:
            yield in_book(LedgerReopened(reason=f"The merge of {self.origin} brought the closing of that ledger along."))
        for move in clashes(world.source) if self.numbers else ():
            reason = f"another task holds {ids.task_id(move.old)}"
            yield on(move.uid, TaskRenumbered(number=move.new, previous=move.old, reason=reason))

    def what(self, world: World) -> str:
        return f"settle the merge of {self.origin}"

    def show(self, world: World) -> list[RenumberedTask]:
        moves = [event for event in world.events if event.type == "task.renumbered"]
        return [
            renumbered(Renumber(event.task, event.data.previous, event.data.number), world.row(event.task))
            for event in moves
        ]


# ---------------------------------------------------------------------------------------------- diff


class EventLine(View):
    """An event that one side has."""

    event: str
    type: str
    at: str
    op: str
    actor: str


class TaskDifference(View):
    """A task (null: the book) whose events differ. `sides`: both, a, b; `truncated`: there are more events."""

    task_id: str | None
    uid: str | None
    title: str
    sides: Literal["both", "a", "b"]
    status_a: str | None
    status_b: str | None
    only_a: list[EventLine]
    only_b: list[EventLine]
    total_a: int
    total_b: int
    truncated: bool


class LedgerDiff(View):
    """What two ledgers do not have in common; every task is here, its events may be cut short."""

    a: str
    b: str
    a_tip: str
    b_tip: str
    tasks: list[TaskDifference]
    total: int
    truncated: bool
    events_only_a: int
    events_only_b: int
    ok: bool = True
    kind: Literal["ledger_diff"] = "ledger_diff"


class DiffLedgers(RefOperation, frozen=True, kw_only=True):
    """Show the tasks and events in which two ledgers differ.

    Each is a ledger, REMOTE/LEDGER as last fetched, or a commit of one. With one name, it is compared with the
    current ledger.
    """

    command = "ledger diff"
    writes = False

    a: Annotated[str, arg("A ledger.")]
    b: Annotated[str | None, arg("Another one; left out, A is compared with the current ledger.")] = None
    limit: Annotated[int, opt("At most this many events of each task and side (0: all).")] = 20

    def perform(self, ledgers: Any) -> LedgerDiff:
        if self.limit < 0:
            raise InvalidInput("--limit must not be negative.", hint=(PROGRAM, "ledger", "diff", "--help"))
        one, other = (ledgers.current, self.a) if self.b is None else (self.a, self.b)
        return ledgers.diff(one, other, self.limit)


def task_difference(found: Any, ours: Source, theirs: Source, limit: int) -> TaskDifference:
    """The view of a difference (store: diff.Difference) between two states."""
    mine = ours.row(found.uid) if found.uid is not None else None
    other = theirs.row(found.uid) if found.uid is not None else None
    row = mine or other
    shown = [events[:limit] if limit else events for events in (found.ours, found.theirs)]
    return TaskDifference(
        task_id=row.id if row is not None else None,
        uid=found.uid,
        title=row.title if row is not None else "",
        sides="both" if found.is_ours and found.is_theirs else "a" if found.is_ours else "b",
        status_a=mine.status if mine is not None else None,
        status_b=other.status if other is not None else None,
        only_a=[_event_line(event) for event in shown[0]],
        only_b=[_event_line(event) for event in shown[1]],
        total_a=len(found.ours),
        total_b=len(found.theirs),
        truncated=len(shown[0]) < len(found.ours) or len(shown[1]) < len(found.theirs),
    )


def _event_line(event: Any) -> EventLine:
    return EventLine(event=event.id, type=event.type, at=event.at, op=event.op, actor=event.actor.name)


OPERATIONS = (MergeLedger, DiffLedgers)
