"""Light tasks: the same record as any task, without plan and stages; they go from queue over work and review to done."""

from typing import Annotated, Literal

from gitledger.errors import InvalidInput, Refused
from gitledger.model import workflow
from gitledger.model.task import Row, Task
from gitledger.ops import _claim_rules, _fields, guards
from gitledger.ops._base import Decision, Operation, arg, opt
from gitledger.ops._creating import create, draft_of, refuse_blank
from gitledger.ops._dependencies import UnblockAt, add_dependency
from gitledger.ops._everywhere import Listing, rows_everywhere
from gitledger.ops._facts import PROGRAM, Blocker
from gitledger.ops._task_views import TaskView, task_view
from gitledger.ops._views import TaskLine, View, task_line, task_ref
from gitledger.ops._workspaces import InWorkspace, tagged, tags_of
from gitledger.ops._world import World
from gitledger.ops.ready import LIMIT, check_limit
from gitledger.ops.task import EditTask, ShowTask

_BEFORE = "A task that has to be done before this one; may be given more than once."


class CreateItem(Operation, frozen=True, kw_only=True):
    """Create a light task.

    It waits in the queue; `advance` moves it, and no plan is asked for. It may be a part of another task, and
    wait for others, from the start.
    """

    command = "item create"

    title: Annotated[str, arg("What is to be done, on one line.")]
    description: Annotated[str | None, opt("The details (Markdown).", short="d", file="--from-file")] = None
    summary: Annotated[str | None, opt("What came of it, or what it is about, on one line.")] = None
    slug: Annotated[str | None, opt("A short unique name; made from the title when left out.")] = None
    priority: _fields.Priority = None
    owner: Annotated[str | None, opt("Who is responsible.")] = None
    labels: Annotated[list[str], opt("A label; may be given more than once.", name="--label", short="l")] = []
    parent: Annotated[str | None, opt("The task that it is a part of.", metavar="TASK")] = None
    sort: Annotated[int | None, opt("Its place among the parts of its parent: lower comes first.")] = None
    type: _fields.Kind = None
    complexity: _fields.Complexity = None
    due: _fields.Due = None
    schedule: _fields.Schedule = None
    properties: _fields.Properties = []
    depends_on: Annotated[list[str], opt(_BEFORE, metavar="TASK")] = []
    blocked_by: Annotated[list[str], opt("The same as --depends-on.", metavar="TASK")] = []
    blocks: Annotated[list[str], opt("A task that has to wait for this one; may be given more than once.", metavar="TASK")] = []
    unblock_at: Annotated[UnblockAt, opt("How far what comes first has to be.")] = "done"

    def decide(self, world: World) -> Decision:
        for value, option in ((self.priority, "--priority"), (self.owner, "--owner")):
            refuse_blank(value, option)
        uid = yield from create(world, draft_of(world, self, "light"))
        task = world.task(uid)
        for reference in (*self.depends_on, *self.blocked_by):
            yield from add_dependency(world, task, world.find(reference), unblock_at=self.unblock_at)
        itself = world.standing(uid)
        assert itself is not None  # it has just been created
        for reference in self.blocks:
            yield from add_dependency(world, world.task(reference), itself, unblock_at=self.unblock_at)

    def show(self, world: World) -> TaskView:
        return task_view(world, world.task(world.touched()[0]))


# ---------------------------------------------------------------------------------------------- listing


class ItemRow(TaskLine):
    """One line of `item list`."""

    type: str
    priority: str | None
    complexity: int | None
    labels: list[str]
    owner: str | None
    parent_task_id: str | None
    due: str | None
    next_run_at: str | None
    created_at: str
    updated_at: str


class ItemList(View):
    """Light tasks, oldest first. `total` counts all that match, `truncated` says that not all are here."""

    items: list[ItemRow]
    total: int
    truncated: bool
    ledger: str
    kind: Literal["item_list"] = "item_list"


class ListItems(Listing, frozen=True, kw_only=True):
    """List light tasks."""

    command = "item list"
    writes = False

    role: Annotated[
        list[str], opt("Only tasks with this role: queue, work, review, done, blocked, cancelled; repeatable.")
    ] = []
    labels: Annotated[list[str], opt("Only tasks with this label; repeated: with all of them.", name="--label")] = []
    type: Annotated[str | None, opt("Only tasks of this type.")] = None
    priority: _fields.Priority = None
    parent: Annotated[str | None, opt("Only the parts of this task.", metavar="TASK")] = None
    workspace: InWorkspace = None
    archived: Annotated[bool, opt("Archived tasks too.")] = False
    limit: Annotated[int, opt("At most this many (0: all).")] = LIMIT

    def show(self, world: World) -> ItemList:
        check_limit(self.limit)
        unknown = sorted(set(self.role) - set(workflow.ROLES))
        if unknown:
            raise InvalidInput(
                f"Unknown role {unknown[0]!r}; known are {', '.join(workflow.ROLES)}.",
                code="VALIDATION",
                hint=(PROGRAM, "item", "list"),
            )
        priority = _fields.parse_priority(self.priority) if self.priority else None
        parent = world.find(self.parent).uid if self.parent else None
        rows = tagged(self._rows(world), tags_of(world, self.workspace))
        found = [row for row in rows if self._is_wanted(row, priority, parent)]
        shown = found[: self.limit] if self.limit else found
        return ItemList(
            items=[item_row(world, row) for row in shown],
            total=len(found),
            truncated=len(shown) < len(found),
            ledger=world.ledger,
        )

    def _rows(self, world: World) -> list[Row]:
        if self.all_ledgers:
            return [item.thing for item in rows_everywhere(world, archived=self.archived)]
        return world.source.rows(archived=self.archived)

    def _is_wanted(self, row: Row, priority: str | None, parent: str | None) -> bool:
        return (
            row.workflow == "light"
            and (not self.role or row.role in self.role)
            and set(self.labels) <= set(row.labels)
            and self.type in (None, row.type)
            and priority in (None, row.priority)
            and parent in (None, row.parent)
        )


def item_row(world: World, row: Row) -> ItemRow:
    """The listing line of a light task."""
    return ItemRow(
        **task_line(row),
        type=row.type,
        priority=row.priority,
        complexity=row.complexity,
        labels=list(row.labels),
        owner=row.owner,
        parent_task_id=task_ref(world, row.parent),
        due=row.due,
        next_run_at=row.next_run_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


class ShowItem(ShowTask, frozen=True, kw_only=True):
    """Show a task with what hangs on it: parent, parts, dependents, claim."""

    command = "item show"


# ---------------------------------------------------------------------------------------------- editing


def _refuse_staged(task: Task, blockers: list) -> Refused:
    return guards.refusal(Refused, task, blockers, code="GATE_BLOCKED")  # type: ignore[return-value]


def _find_staged(world: World, task: Task, op: object) -> list[Blocker]:
    if task.workflow == "light":
        return []
    message = f"{task.id} is no light task: `task edit` changes it, while it is planned."
    return [Blocker("workflow", message, ref=task.id, command=(PROGRAM, "task", "show", task.id))]


# The task follows the light workflow.
light = guards.Rule("light", _find_staged, _refuse_staged)


class EditItem(EditTask, frozen=True, kw_only=True):
    """Edit a light task: its title, description, priority, labels, due date, schedule and so on, at any time.

    Empty, or `none` for --due and --schedule, clears a field.
    """

    command = "item edit"
    guards = (light, _claim_rules.not_claimed_by_other)

    task: Annotated[
        str | None, opt("The task: task-0030, 30, its slug or its uid; left out, the active one.", positional_too=True)
    ] = None
    summary: Annotated[str | None, opt("What came of it, or what it is about, on one line.")] = None
    schedule: _fields.Schedule = None


OPERATIONS: tuple[type[Operation], ...] = (CreateItem, ListItems, ShowItem, EditItem)
