"""Adopting tasks from another ledger: their whole folder, or where they are here too, the events that are not."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from msgspec import Struct

from gitledger.errors import Conflict, InvalidInput, NotFound
from gitledger.model import fold, ids, merge
from gitledger.model.events import TaskAdopted, TaskRenumbered
from gitledger.model.task import Row
from gitledger.ops._base import Decision, Operation, arg, on, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._naming import rows_named
from gitledger.ops._views import View
from gitledger.ops._world import Source, World


class AdoptedTask(View):
    """A task that was asked for. `outcome`: new, united, unchanged (all of it was here)."""

    from_task_id: str
    to_task_id: str
    uid: str
    title: str
    outcome: Literal["new", "united", "unchanged"]
    renumbered: bool


class LedgerAdopted(View):
    """What was adopted. The fields of one task are those of the first."""

    from_ledger: str
    to_ledger: str
    from_task_id: str
    to_task_id: str
    renumbered: bool
    tasks: list[AdoptedTask]
    changed: bool
    ok: bool = True
    kind: Literal["ledger_adopt"] = "ledger_adopt"


class _Wanted(Struct):
    """A task to adopt: its row there, and whether it is new here, to be united, or all here."""

    row: Row
    outcome: Literal["new", "united", "unchanged"]


class AdoptTask(Operation, frozen=True, kw_only=True):
    """Take tasks over from another ledger, with all their history.

    A task that is here already is united with what the other ledger has of it. A number that another task holds
    here gives way to the next free one. The other ledger stays as it is.
    """

    command = "ledger adopt"

    tasks: Annotated[list[str], arg("A task of the other ledger: number, slug or uid.", metavar="TASK...")]
    source: Annotated[str, opt("The ledger to take them from.", name="--from", metavar="LEDGER")]

    def decide(self, world: World) -> Decision:
        if self.source == world.ledger:
            raise InvalidInput(
                f"{self.source} is the ledger that you are in; name another.", hint=(PROGRAM, "ledger", "list")
            )
        if not self.tasks:
            raise InvalidInput("Name at least one task.", hint=(PROGRAM, "ledger", "adopt", "--help"))
        source = world.foreign(self.source)
        rows = {row.uid: row for row in (find_there(source, self.source, task) for task in self.tasks)}
        wanted = [_Wanted(row, take_over(world, self.source, source, row)) for row in rows.values()]
        changed = [item.row for item in wanted if item.outcome != "unchanged"]
        numbers = _numbers(world, [row.uid for row in changed])
        for row in changed:
            uid, number = row.uid, world.states[row.uid].task.number
            yield on(uid, TaskAdopted(ledger=self.source, tip=getattr(source, "tip", None) or "", number=row.number))
            if numbers[uid] != number:
                reason = f"another task of {world.ledger} holds {ids.task_id(number)}"
                yield on(uid, TaskRenumbered(number=numbers[uid], previous=number, reason=reason))
            self._warn(world, uid)

    def _warn(self, world: World, uid: str) -> None:
        """What the task refers to may have stayed behind."""
        task = world.states[uid].task
        needs = [("needs", dep.on) for dep in task.dependencies] + ([("is part of", task.parent)] if task.parent else [])
        for verb, other in needs:
            if world.row(other) is None and other not in world.states:
                world.warnings.append(f"{task.id} {verb} the task {other[:8]}, which is not in ledger {world.ledger}.")
        twins = [row for row in world.source.lookup(slug=task.slug) if row.uid != uid]
        if twins:
            world.warnings.append(f"{task.id} and {twins[0].id} have the same slug {task.slug}: name them by number.")

    def what(self, world: World) -> str:
        return f"from {self.source}: {', '.join(world.states[uid].task.title for uid in world.touched())}"

    def show(self, world: World) -> LedgerAdopted:
        source = world.foreign(self.source)
        rows = {row.uid: row for row in (find_there(source, self.source, task) for task in self.tasks)}
        adopted = [self._line(world, row) for row in rows.values()]
        first = adopted[0]
        return LedgerAdopted(
            from_ledger=self.source,
            to_ledger=world.ledger,
            from_task_id=first.from_task_id,
            to_task_id=first.to_task_id,
            renumbered=first.renumbered,
            tasks=adopted,
            changed=world.changed,
        )

    def _line(self, world: World, row: Row) -> AdoptedTask:
        task = world.record(row.uid)
        assert task is not None  # it was here, or is now
        is_new = row.uid in world.grafts or (row.uid in world.brought and world.row(row.uid) is None)
        return AdoptedTask(
            from_task_id=row.id,
            to_task_id=task.id,
            uid=row.uid,
            title=task.title,
            outcome="new" if is_new else "united" if row.uid in world.brought else "unchanged",
            renumbered=is_new and task.number != row.number,
        )


def find_there(source: Source, ledger: str, reference: str) -> Row:
    """The one task of another ledger that `reference` names."""
    named, colon, text = reference.strip().rpartition(":")
    if colon and named != ledger:
        raise InvalidInput(
            f"{reference[:80]!r} names another ledger than --from {ledger}.", hint=(PROGRAM, "ledger", "adopt", "--help")
        )
    found = rows_named(source, text.lower())
    if not found:
        raise NotFound(
            f"No task {reference[:80]!r} in ledger {ledger}.", hint=(PROGRAM, "--ledger", ledger, "task", "list")
        )
    if len(found) > 1:
        raise Conflict(
            f"{reference[:80]!r} names {len(found)} tasks of ledger {ledger}; use more of the uid.",
            code="AMBIGUOUS",
            hint=(PROGRAM, "--ledger", ledger, "task", "show", found[0].uid[:8]),
            details={"candidates": [{"uid": row.uid, "id": row.id, "slug": row.slug} for row in found]},
            blocking_refs=[row.uid for row in found],
        )
    return found[0]


def take_over(world: World, ledger: str, source: Source, row: Row) -> Literal["new", "united", "unchanged"]:
    """Begin the task in `world` from the state that the other ledger has of it, united with ours where it is here."""
    uid, here = row.uid, world.row(row.uid)
    if here is not None and here.is_deleted:
        raise Conflict(
            f"{row.id} was deleted in ledger {world.ledger}, and adopting does not bring it back.",
            code="TASK_DELETED",
            hint=(PROGRAM, "ledger", "diff", ledger),
            blocking_refs=[uid],
        )
    if here is None:
        if getattr(source, "is_current", True):
            world.states[uid] = fold.start(uid, source.record(uid), lambda name: source.text(uid, name))
            world.grafts[uid] = ledger
        else:
            _unite(world, uid, source.events(uid))
        return "new"
    ours, theirs = world.source.events(uid), source.events(uid)
    if {event.id for event in theirs} <= {event.id for event in ours}:
        return "unchanged"
    _unite(world, uid, [*ours, *theirs])
    return "united"


def _unite(world: World, uid: str, events: Iterable[Any]) -> None:
    state = merge.unite(events)
    world.states[uid] = state
    world.brought[uid] = list({event.id: event for event in events}.values())


def _numbers(world: World, uids: list[str]) -> dict[str, int]:
    """The number of each task that comes in: its own where no other task holds it here, else the next free one."""
    given: dict[str, int] = {}
    for uid in uids:
        number, here = world.states[uid].task.number, world.row(uid)
        rivals = [row for row in world.source.lookup(number=number) if row.uid != uid]
        is_ours = here is not None and here.number == number
        if is_ours or not (rivals or number in given.values()):
            given[uid] = number
    top = max(world.source.top_number(), *given.values(), 0)
    for uid in uids:
        if uid not in given:
            top += 1
            given[uid] = top
    return given


OPERATIONS = (AdoptTask,)
