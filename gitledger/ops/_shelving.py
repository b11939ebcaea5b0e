"""Putting tasks away: archived, given another number, deleted. Nothing of their history goes."""

from typing import Annotated, Literal

from gitledger.errors import Conflict, InvalidInput, Refused
from gitledger.model import ids
from gitledger.model.events import TaskArchived, TaskDeactivated, TaskDeleted, TaskRenumbered, TaskUnarchived
from gitledger.model.task import Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._base import Decision, Operation, TaskOperation, on, opt, require_text
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View
from gitledger.ops._world import World


class TaskShelved(View):
    """What became of a task: where it stands and which number it has now."""

    task_id: str
    uid: str
    slug: str
    title: str
    status: str
    archived: bool
    deleted: bool
    previous_task_id: str | None
    former_task_ids: list[str]
    changed: bool
    warnings: list[str]
    kind: Literal["task_shelved"] = "task_shelved"


class _Shelving(TaskOperation, frozen=True, kw_only=True):
    """What these operations have in common: the task as an argument, and the answer."""

    task: Annotated[str | None, opt("The task; left out, the active one.", positional_too=True)] = None

    def show(self, world: World) -> TaskShelved:
        uids = world.touched()
        task = world.task(uids[0]) if uids else self.subject(world)
        event = next((event for event in world.events if event.type == "task.renumbered"), None)
        return TaskShelved(
            task_id=task.id,
            uid=task.uid,
            slug=task.slug,
            title=task.title,
            status=task.status,
            archived=task.archived_at is not None,
            deleted=task.deleted_at is not None,
            previous_task_id=ids.task_id(event.data.previous) if event is not None else None,
            former_task_ids=[ids.task_id(number) for number in task.former_numbers],
            changed=world.changed,
            warnings=list(world.warnings),
        )


def _leave(world: World, task: Task, reason: str) -> Decision:
    """A task that is put away is nobody's active one here."""
    active = world.active()
    if active is not None and active.uid == task.uid:
        yield on(task, TaskDeactivated(reason=reason))


class ArchiveTask(_Shelving, frozen=True, kw_only=True):
    """Put a done or cancelled task out of the listings.

    It moves to the archive with everything it holds; `task list --archived` shows it, and a reference still
    finds it.
    """

    command = "task archive"
    guards = (guards.status_in("done", "cancelled"), _claim_rules.not_claimed_by_other)

    reason: Annotated[str | None, opt("Why.")] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        if task.archived_at is None:
            yield from _leave(world, task, "archived")
            yield on(task, TaskArchived(reason=self.reason))


class UnarchiveTask(_Shelving, frozen=True, kw_only=True):
    """Put an archived task back into the listings."""

    command = "task unarchive"

    reason: Annotated[str | None, opt("Why.")] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        if task.archived_at is not None:
            yield on(task, TaskUnarchived(reason=self.reason))


class RenumberTask(_Shelving, frozen=True, kw_only=True):
    """Give a task another number; its uid stays, and its former numbers stay in the record."""

    command = "task renumber"

    to: Annotated[int | None, opt("The new number, one that no task ever had; left out, the next free one.")] = None
    reason: Annotated[str | None, opt("Why.")] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        number = world.source.top_number() + 1 if self.to is None else self.to
        if number == task.number:
            return
        if not 0 < number < 10**9:
            raise InvalidInput(f"{number} is not a task number.", hint=(PROGRAM, "task", "renumber", "--help"))
        holder = self._holder(world, task, number)
        if holder is not None:
            raise Conflict(
                f"{ids.task_id(number)} is or was the number of another task: {holder}.",
                code="NUMBER_TAKEN",
                hint=(PROGRAM, "task", "renumber", task.uid[:8]),
                task_id=task.id,
                blocking_refs=[holder],
            )
        yield on(task, TaskRenumbered(number=number, previous=task.number, reason=self.reason or ""))

    def _holder(self, world: World, task: Task, number: int) -> str | None:
        """The uid of another task that has or had the number."""
        if number > world.source.top_number():
            return None
        held = [row.uid for row in world.source.lookup(number=number)]
        for row in world.source.rows_with("former_numbers"):
            record = world.record(row.uid)
            held += [row.uid] if record is not None and number in record.former_numbers else []
        return next((uid for uid in held if uid != task.uid), None)


class DeleteTask(_Shelving, frozen=True, kw_only=True):
    """Hide a task from every listing and reference.

    Its events stay: a sync does not bring it back, and nothing that others did is undone. Refused while other
    tasks need it or belong to it, unless --force says that they may go without.
    """

    command = "task delete"
    guards = (_claim_rules.not_claimed_by_other,)

    reason: Annotated[str, opt("Why.")]
    force: Annotated[bool, opt("Delete it though other tasks need it or belong to it.")] = False

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        reason = require_text(self.reason, "--reason", (PROGRAM, "task", "delete", "--help"))
        rows = world.source.dependents(task.uid)
        if rows and not self.force:
            names = ", ".join(row.id for row in rows[:10]) + (" …" if len(rows) > 10 else "")
            raise Refused(
                f"{task.id} is needed by other tasks, or they belong to it: {names}.",
                code="DEPENDENTS_EXIST",
                hint=(PROGRAM, "task", "show", task.uid[:8]),
                task_id=task.id,
                blocking_refs=[row.id for row in rows],
            )
        yield from _leave(world, task, reason)
        yield on(task, TaskDeleted(reason=reason))

    def what(self, world: World) -> str:
        return self.reason


OPERATIONS: tuple[type[Operation], ...] = (ArchiveTask, UnarchiveTask, RenumberTask, DeleteTask)
