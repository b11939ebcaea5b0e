"""Tasks: create, list, show, edit, cancel, and choose the active one."""

from typing import Annotated, Any, Literal

import re

from msgspec import UNSET, UnsetType

from gitledger.errors import Conflict, InvalidInput
from gitledger.model import workflow
from gitledger.model.events import (
    CommentAdded,
    Fields,
    TaskActivated,
    TaskDeactivated,
    TaskEdited,
)
from gitledger.model.task import Row, Task
from gitledger.ops import _closing, _fields, _shelving, guards
from gitledger.ops._base import (
    PROGRAM,
    Decision,
    Operation,
    TaskOperation,
    World,
    arg,
    live_claim,
    next_number,
    on,
    opt,
    require_text,
)
from gitledger.ops._creating import clean_title, create, draft_of, given_fields, refuse_blank, workflow_of_type
from gitledger.ops._everywhere import Listing, rows_everywhere
from gitledger.ops._views import (
    ActorView,
    ChangeView,
    CommitView,
    Lifecycle,
    LockView,
    PlanView,
    QuestionView,
    RunView,
    TaskView,
    View,
    actor_view,
    change_views,
    commit_views,
    lifecycle,
    lock_view,
    plan_view,
    question_views,
    run_view,
    task_ref,
    task_view,
)


class CreateTask(Operation, frozen=True, kw_only=True):
    """Create a task.

    The task is a draft; it is not made the active one.
    """

    command = "task create"

    title: Annotated[str, arg("What is to be done, on one line.")]
    description: Annotated[str | None, opt("The details (Markdown).", file="--from-file")] = None
    slug: Annotated[str | None, opt("A short unique name; made from the title when left out.")] = None
    priority: _fields.Priority = None
    owner: Annotated[str | None, opt("Who is responsible.")] = None
    labels: Annotated[list[str], opt("A label; may be given more than once.", name="--label")] = []
    parent: Annotated[str | None, opt("The task that it is a part of.", metavar="TASK")] = None
    type: _fields.Kind = None
    complexity: _fields.Complexity = None
    due: _fields.Due = None
    properties: _fields.Properties = []

    def decide(self, world: World) -> Decision:
        for value, option in ((self.priority, "--priority"), (self.owner, "--owner")):
            refuse_blank(value, option)
        yield from create(world, draft_of(world, self, workflow_of_type(world, self.type)))

    def show(self, world: World) -> TaskView:
        return task_view(world, world.task(world.touched()[0]))


class TaskRow(View):
    """One line of `task list`."""

    id: str
    slug: str
    title: str
    status: str
    status_stage: str
    is_active: bool
    active_stage: str | None
    accepted_plan_version: int | None
    uid: str
    role: str
    priority: str | None
    owner: str | None
    todos: dict[str, int]
    updated_at: str
    ledger: str | UnsetType = UNSET
    ledgers: list[str] | UnsetType = UNSET


class TaskList(View):
    """Tasks, oldest first. `total` counts all that match, `truncated` says that not all are here."""

    tasks: list[TaskRow]
    total: int
    truncated: bool
    ledger: str
    kind: Literal["task_list"] = "task_list"


class ListTasks(Listing, frozen=True, kw_only=True):
    """List tasks.

    Archived ones are left out; --archived lists those alone, of one month if it is given. With --all-ledgers
    each task of every ledger of the repository is listed once, as the ledger has it that changed it last.
    """

    command = "task list"
    writes = False

    status: Annotated[list[str], opt("Only tasks with this status; may be given more than once.")] = []
    role: Annotated[str | None, opt("Only tasks with this role: queue, work, review, done, blocked, cancelled.")] = None
    limit: Annotated[int, opt("At most this many (0: all).")] = 0
    archived: Annotated[
        str | None, opt("Only archived tasks; with a month, those archived in it.", metavar="[YYYY-MM]", bare="all")
    ] = None

    def show(self, world: World) -> TaskList:
        known = {status for names in workflow.STATUSES.values() for status in names}
        wanted = {name.strip() for item in self.status for name in item.split(",")}
        if wanted - known:
            raise InvalidInput(
                f"Unknown status {', '.join(sorted(wanted - known))}; known are {', '.join(sorted(known))}.",
                hint=(PROGRAM, "task", "list"),
            )
        if self.role is not None and self.role not in workflow.ROLES:
            raise InvalidInput(
                f"Unknown role {self.role!r}; known are {', '.join(workflow.ROLES)}.", hint=(PROGRAM, "task", "list")
            )
        if self.limit < 0:
            raise InvalidInput("--limit must not be negative.", hint=(PROGRAM, "task", "list", "--limit", "0"))
        shown, total, homes = self._chosen(world, wanted)
        active = world.active()
        uid = active.uid if active else None
        return TaskList(
            tasks=[task_row(row, world.now, row.uid == uid, homes.get(row.uid)) for row in shown],
            total=total,
            truncated=len(shown) < total,
            ledger=world.ledger,
        )

    def _chosen(self, world: World, wanted: set[str]) -> tuple[list[Row], int, dict[str, list[str]]]:
        """The tasks to list, how many match, and with --all-ledgers the ledgers of each."""
        if self.limit and not self.all_ledgers and self.archived is None:
            return *world.source.page(wanted, self.role, self.limit), {}
        found, homes = self._found(world)
        rows = [
            row
            for row in found
            if (not wanted or row.status in wanted) and (self.role is None or row.role == self.role)
        ]
        return (rows[: self.limit] if self.limit else rows), len(rows), homes

    def _found(self, world: World) -> tuple[list[Row], dict[str, list[str]]]:
        """The tasks to choose from, and with --all-ledgers the ledgers of each."""
        with_archived = self.archived is not None
        homes: dict[str, list[str]] = {}
        if self.all_ledgers:
            everywhere = rows_everywhere(world, archived=with_archived)
            rows, homes = [item.thing for item in everywhere], {item.thing.uid: item.ledgers for item in everywhere}
        else:
            rows = world.source.rows(archived=with_archived)
        return (rows if self.archived is None else archived_in(world, rows, homes, self.archived)), homes


def archived_in(world: World, rows: list[Row], homes: dict[str, list[str]], month: str) -> list[Row]:
    """The archived ones of these tasks; with a month (`2026-11`), those that were archived in it."""
    kept = [row for row in rows if row.is_archived]
    if month == "all":
        return kept
    if re.fullmatch(r"[0-9]{4}-(?:0[1-9]|1[0-2])", month) is None:
        raise InvalidInput(
            f"{month[:40]!r} is not a month like 2026-11.", hint=(PROGRAM, "task", "list", "--archived")
        )
    dated = []
    for row in kept:
        home = homes.get(row.uid, [world.ledger])[0]
        record = (world.source if home == world.ledger else world.foreign(home)).record(row.uid)
        if record is not None and (record.archived_at or "").startswith(month):
            dated.append(row)
    return dated


def task_row(row: Row, now: str, is_active: bool, ledgers: list[str] | None = None) -> TaskRow:
    """The listing line of a row; `ledgers` are those that have the task, where all were asked."""
    claim = live_claim(row.claims, now) if row.claims else None
    return TaskRow(
        id=row.id,
        slug=row.slug,
        title=row.title,
        status=row.status,
        status_stage=row.status,
        is_active=is_active,
        active_stage=workflow.RUN_OF_STAGE.get(claim.stage or "") if claim else None,
        accepted_plan_version=row.plan_version,
        uid=row.uid,
        role=row.role,
        priority=row.priority,
        owner=row.owner,
        todos={"total": row.todos_total, "done": row.todos_done},
        updated_at=row.updated_at,
        ledger=ledgers[0] if ledgers else UNSET,
        ledgers=ledgers or UNSET,
    )


class Related(View):
    """A task beside this one."""

    id: str
    slug: str
    title: str
    status: str


class TaskShown(View):
    """A task with everything that hangs on it."""

    task: TaskView
    plans: list[PlanView]
    questions: list[QuestionView]
    runs: list[RunView]
    changes: list[ChangeView]
    commits: list[CommitView]
    lock: LockView | None
    parent_task: Related | None
    follow_up_tasks: list[Related]
    children: list[Related]
    dependents: list[Related]
    kind: Literal["task"] = "task"


def related(row: Row) -> Related:
    """A row as a neighbour of another task."""
    return Related(id=row.id, slug=row.slug, title=row.title, status=row.status)


class ShowTask(TaskOperation, frozen=True, kw_only=True):
    """Show a task: its record, plans, questions, runs, changes, commits and claim."""

    command = "task show"
    writes = False

    def show(self, world: World) -> TaskShown:
        task = self.subject(world)
        claim = live_claim(task.claims, world.now)
        parent = world.row(task.parent) if task.parent else None
        rows = world.source.dependents(task.uid)
        return TaskShown(
            task=task_view(world, task),
            plans=[plan_view(task, plan) for plan in task.plans],
            questions=question_views(task, task.questions),
            runs=[run_view(task, run) for run in task.runs],
            changes=change_views(task, task.changes),
            commits=commit_views(task, task.commits),
            lock=lock_view(task, claim, world.now) if claim else None,
            parent_task=related(parent) if parent else None,
            follow_up_tasks=[related(row) for row in rows if row.parent == task.uid and row.relation == "follow_up"],
            children=[related(row) for row in rows if row.parent == task.uid and row.relation != "follow_up"],
            dependents=[related(row) for row in rows if row.parent != task.uid],
        )


_EDITABLE = guards.status_in("draft", "planning", "plan_review", "approved")

# The title, description and so on of the task may still be changed; those of a light task always may.
editable = guards.Rule(
    _EDITABLE.name,
    lambda world, task, op: [] if task.workflow == "light" else _EDITABLE.find(world, task, op),
    _EDITABLE.refuse,
)


class EditTask(TaskOperation, frozen=True, kw_only=True):
    """Edit a task's title, description, priority, owner, labels and notes.

    An empty --priority or --owner clears it. Allowed while the task is a draft, in review or approved (a light
    task always), and nobody else has claimed it.
    """

    command = "task edit"
    guards = (editable, guards.not_claimed_by_other)

    title: Annotated[str | None, opt("The new title.")] = None
    description: Annotated[str | None, opt("The new description (Markdown).", file="--from-file")] = None
    priority: Annotated[str | None, opt("critical, high, medium, low, P0 to P3, 0 to 4; empty clears it.")] = None
    owner: Annotated[str | None, opt("Who is responsible; empty clears it.")] = None
    type: _fields.Kind = None
    complexity: _fields.Complexity = None
    due: _fields.Due = None
    properties: _fields.Properties = []
    add_label: Annotated[list[str], opt("Add a label; may be given more than once.")] = []
    remove_label: Annotated[list[str], opt("Remove a label; may be given more than once.")] = []
    add_note: Annotated[list[str], opt("Add a free note; may be given more than once.")] = []

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        if {label.strip() for label in self.add_label} & {label.strip() for label in self.remove_label}:
            raise InvalidInput("The same label is added and removed.", hint=(PROGRAM, "task", "edit", "--help"))
        fields = self._fields(world, task)
        added = sorted({require_text(label, "--add-label").strip() for label in self.add_label} - set(task.labels))
        removed = sorted({label.strip() for label in self.remove_label} & set(task.labels))
        properties = {
            key: value
            for key, value in _fields.parse_properties(self.properties).items()
            if value != task.properties.get(key)
        }
        if fields or added or removed or properties:
            edit = TaskEdited(
                fields=Fields(**fields), add_labels=added, remove_labels=removed, properties=properties
            )
            yield on(task, edit)
        number = next_number(task.comments)
        for place, note in enumerate(self.add_note):
            yield on(task, CommentAdded(number=number + place, text=require_text(note, "--add-note"), kind="note"))

    def _fields(self, world: World, task: Task) -> dict[str, Any]:
        wanted = given_fields(world, self)
        if self.title is not None:
            wanted["title"] = clean_title(self.title)
        if self.description is not None:
            text = self.description if task.workflow == "light" else require_text(self.description, "--description")
            wanted["description"] = text.strip("\n")
        now = {"description": world.description(task)} if "description" in wanted else {}
        return {
            name: value
            for name, value in wanted.items()
            if value != (now[name] if name in now else getattr(task, name))
        }

    def show(self, world: World) -> TaskView:
        return task_view(world, self.subject(world))


class ActiveTask(View):
    """The active task, and whether this command changed it."""

    task_id: str
    uid: str
    slug: str
    title: str
    status_stage: str
    active_stage: str | None
    active: bool
    changed: bool
    previous_task_id: str | None
    source: str | None
    state: dict[str, Any] | None
    kind: Literal["active_task"] = "active_task"


def _active_view(world: World, task: Task, *, active: bool, previous: str | None, source: str | None) -> ActiveTask:
    from gitledger.ops._views import active_stage

    event = next((event for event in reversed(world.events) if event.type == "task.activated"), None)
    activated_by: ActorView | None = actor_view(event.actor) if event else None
    known = world.active()
    state = {
        "task_id": task.id,
        "activated_at": event.at if event else (known.at if known else None),
        "activated_by": activated_by,
        "reason": event.data.reason if event else (known.reason if known else None),
        "previous_task_id": previous,
    }
    return ActiveTask(
        task_id=task.id,
        uid=task.uid,
        slug=task.slug,
        title=task.title,
        status_stage=task.status,
        active_stage=active_stage(task, world.now),
        active=active,
        changed=world.changed,
        previous_task_id=previous,
        source=source,
        state=state if active else None,
    )


def _refuse_leaving_claimed(world: World, old: Task | None, force: bool, reason: str | None) -> None:
    """Leaving a task that one holds a live claim on needs to be said twice."""
    if old is None:
        return
    claim = live_claim(old.claims, world.now)
    if claim is None or claim.holder != world.actor.holder():
        return
    if not force:
        raise Conflict(
            f"You hold {old.id} until {claim.until}; finish it first, or leave it with --force and a --reason.",
            code="LOCK_CONFLICT",
            hint=(PROGRAM, "next-action", "--task", old.id),
            task_id=old.id,
        )
    require_text(reason, "With --force, --reason")


def _current(world: World) -> Task | None:
    active = world.active()
    task = world.record(active.uid) if active else None
    return task if task is not None and task.deleted_at is None else None


class ActivateTask(Operation, frozen=True, kw_only=True):
    """Make a task the active one, so that commands need no --task.

    With a session (GITLEDGER_SESSION or the harness's own), only that session's choice changes; else that of
    this work tree.
    """

    command = "task activate"

    task: Annotated[str, arg("The task: task-0030, 30, its slug or its uid.", metavar="TASK")]
    reason: Annotated[str | None, opt("Why.")] = None
    force: Annotated[bool, opt("Leave a task that you still hold; needs --reason.")] = False

    def decide(self, world: World) -> Decision:
        task, old = world.task(self.task), _current(world)
        if old is not None and old.uid == task.uid:
            return
        _refuse_leaving_claimed(world, old, self.force, self.reason)
        if old is not None:
            yield on(old, TaskDeactivated(reason=self.reason, next=task.uid, forced=self.force))
        yield on(task, TaskActivated(reason=self.reason, previous=old.uid if old else None, forced=self.force))

    def what(self, world: World) -> str:
        return world.task(self.task).title

    def show(self, world: World) -> ActiveTask:
        event = next((event for event in world.events if event.type == "task.activated"), None)
        previous = task_ref(world, event.data.previous) if event else None
        active = world.active()
        source = active.source if active else None
        return _active_view(world, world.task(self.task), active=True, previous=previous, source=source)


class DeactivateTask(Operation, frozen=True, kw_only=True):
    """Have no active task any more."""

    command = "task deactivate"

    reason: Annotated[str, opt("Why.")]
    force: Annotated[bool, opt("Leave a task that you still hold.")] = False

    def decide(self, world: World) -> Decision:
        old = world.task()
        require_text(self.reason, "--reason")
        _refuse_leaving_claimed(world, old, self.force, self.reason)
        yield on(old, TaskDeactivated(reason=self.reason, forced=self.force))

    def show(self, world: World) -> ActiveTask:
        task = world.task(world.touched()[0])
        return _active_view(world, task, active=False, previous=task.id, source=None)


class ShowActive(Operation, frozen=True, kw_only=True):
    """Show the active task, and where that choice comes from."""

    command = "task active"
    writes = False

    def show(self, world: World) -> ActiveTask:
        active = world.active()
        source = active.source if active else None
        return _active_view(world, world.task(), active=True, previous=None, source=source)


class CancelTask(TaskOperation, frozen=True, kw_only=True):
    """Give a task up; a claim on it ends.

    Nothing is deleted: history, plans and todos stay.
    """

    command = "task cancel"
    guards = (guards.stage("cancel"), guards.not_claimed_by_other)

    reason: Annotated[str | None, opt("Why.")] = None

    def decide(self, world: World) -> Decision:
        from gitledger.ops._advancing import cancel

        yield from cancel(world, self.subject(world), self.reason)

    def show(self, world: World) -> Lifecycle:
        return lifecycle(world, self.subject(world), "task cancel", reason=self.reason)


class EventView(View):
    """One event of a ledger."""

    event_id: str
    ts: str
    event: str
    task_id: str | None
    op: str
    actor: ActorView | None
    harness: str | None
    clock: int
    after: list[str]
    data: dict[str, Any]


class EventList(View):
    """Events, oldest first. `total` counts all; `truncated` says that only the last ones are here."""

    items: list[EventView]
    total: int
    truncated: bool
    kind: Literal["event_list"] = "event_list"


def event_view(event: Any, task_id: str | None) -> EventView:
    """The view of an event, with its data as on the wire."""
    from msgspec.json import decode

    return EventView(
        event_id=event.id,
        ts=event.at,
        event=event.type,
        task_id=task_id,
        op=event.op,
        actor=actor_view(event.actor),
        harness=event.actor.harness,
        clock=event.clock,
        after=list(event.after),
        data=decode(event.raw)["data"],
    )


class ListEvents(TaskOperation, frozen=True, kw_only=True):
    """List the events of a task, or of the whole ledger."""

    command = "task events"
    writes = False

    all: Annotated[bool, opt("The events of every task and of the book.")] = False
    limit: Annotated[int, opt("Only the last ones (0: all).")] = 50

    def show(self, world: World) -> EventList:
        if self.limit < 0:
            raise InvalidInput("--limit must not be negative.", hint=(PROGRAM, "task", "events", "--limit", "0"))
        if self.all:
            found = [(event, None) for event in world.source.events(None)]
            for row in world.source.rows():
                found += [(event, row.id) for event in world.source.events(row.uid)]
            found.sort(key=lambda pair: (pair[0].at, pair[0].clock, pair[0].id))
        else:
            task = self.subject(world)
            found = [(event, task.id) for event in world.history(task)]
        shown = found[-self.limit :] if self.limit else found
        return EventList(
            items=[event_view(event, task_id) for event, task_id in shown],
            total=len(found),
            truncated=len(shown) < len(found),
        )


OPERATIONS = (
    CreateTask,
    ListTasks,
    ShowTask,
    EditTask,
    ActivateTask,
    DeactivateTask,
    ShowActive,
    CancelTask,
    *_closing.OPERATIONS,
    *_shelving.OPERATIONS,
    ListEvents,
)
