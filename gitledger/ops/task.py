"""Tasks: create, show, edit, cancel, and what happened to them; other modules list, activate, close and shelve them."""

from typing import Annotated, Any, Literal

from gitledger.errors import InvalidInput
from gitledger.model.events import CommentAdded, Fields, TaskEdited
from gitledger.model.task import Row, Task
from gitledger.ops import _claim_rules, _fields, guards
from gitledger.ops._activating import ActivateTask, DeactivateTask, ShowActive
from gitledger.ops._base import Decision, Operation, TaskOperation, arg, on, opt, require_text
from gitledger.ops._creating import clean_title, create, draft_of, given_fields, refuse_blank, workflow_of_type
from gitledger.ops._facts import PROGRAM
from gitledger.ops._lifecycle import Lifecycle, lifecycle
from gitledger.ops._plan_views import PlanView, QuestionView, plan_view, question_views
from gitledger.ops._task_list import ListTasks
from gitledger.ops._task_views import TaskView, task_view
from gitledger.ops._type_rules import not_permanent
from gitledger.ops._views import ActorView, LockView, View, actor_view, lock_view
from gitledger.ops._work_views import ChangeView, CommitView, RunView, change_views, commit_views, run_view
from gitledger.ops._world import World, live_claim, next_number


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
    guards = (editable, _claim_rules.not_claimed_by_other)

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


class CancelTask(TaskOperation, frozen=True, kw_only=True):
    """Give a task up; a claim on it ends.

    Nothing is deleted: history, plans and todos stay.
    """

    command = "task cancel"
    guards = (guards.stage("cancel"), _claim_rules.not_claimed_by_other, not_permanent)

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
    ListEvents,
)
