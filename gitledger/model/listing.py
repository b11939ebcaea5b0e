"""The listing row of a task: what an index keeps beside the record."""

from typing import Literal

from msgspec import Struct

from gitledger.model import ids, readiness, workflow
from gitledger.model.task import Row, Task


def row_of(task: Task, directory: str) -> Row:
    """The row of a task that lies in the folder `directory`."""
    todos = task.live_todos()
    plan = task.current_plan()
    return Row(
        uid=task.uid,
        number=task.number,
        slug=task.slug,
        title=task.title,
        status=task.status,
        role=workflow.role(task),
        kind=task.kind,
        type=task.type,
        workflow=task.workflow,
        labels=tuple(task.labels),
        priority=task.priority,
        complexity=task.complexity,
        owner=task.owner,
        parent=task.parent,
        relation=task.relation,
        sort=task.sort,
        created_at=task.created_at,
        updated_at=task.updated_at,
        due=task.due,
        next_run_at=task.next_run_at,
        hindrance=readiness.hindrance(task),
        plan_version=plan.version if plan else None,
        todos_total=len(todos),
        todos_done=sum(todo.is_done for todo in todos),
        claims=tuple(task.claims),
        is_archived=task.archived_at is not None,
        is_deleted=task.deleted_at is not None,
        directory=directory,
    )


class Wanted(Struct, frozen=True, kw_only=True):
    """Which tasks a question about readiness is about, who asks and when.

    `holder` is the key of who asks (`Actor.holder`), whose own claims are in nobody's way unless `with_mine` is
    false; `statuses`, if any, `labels`, all of them, and `any_label`, one of them, narrow it down; `without` are uids
    to leave out; `limit` 0 is no limit.
    """

    now: str
    holder: str
    is_person: bool = False
    with_mine: bool = True
    statuses: frozenset[str] = frozenset()
    labels: tuple[str, ...] = ()
    any_label: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    limit: int = 0

    @property
    def soon(self) -> str:
        """Until when a due date is near."""
        return ids.later(self.now, readiness.DUE_SOON_S)

    def has_labels(self, row: Row) -> bool:
        """Whether a task has the labels that are wanted."""
        return set(self.labels) <= set(row.labels) and (not self.any_label or not self.any_label.isdisjoint(row.labels))


class Sieve(Struct, frozen=True, kw_only=True):
    """Which tasks that are not deleted to pick out, and in which order; archived ones are among them.

    `roles`, if any; `priority`, where none counts as medium; `any_label`: with one of these at least; `is_open`: neither
    finished nor put away. `order` names a time, the newest first unless `newest` is false, and `after` < it <= `until`
    where those are given, as `due_moment` writes them.
    """

    roles: tuple[str, ...] = ()
    parent: str | None = None
    priority: str | None = None
    any_label: tuple[str, ...] = ()
    is_open: bool = False
    order: Literal["created", "updated", "due", "next_run"] = "created"
    after: str | None = None
    until: str | None = None
    newest: bool = True
    limit: int = 50
    offset: int = 0

    def takes(self, row: Row) -> bool:
        """Whether a task that is not deleted is among those wanted, whatever its times."""
        return (
            (not self.roles or row.role in self.roles)
            and self.parent in (None, row.parent)
            and (self.priority is None or readiness.priority_rank(self.priority) == readiness.priority_rank(row.priority))
            and (not self.any_label or not set(self.any_label).isdisjoint(row.labels))
            and not (self.is_open and row.hindrance == "finished")
        )


Order = tuple[int, str, int, str]


def ready_order(row: Row, wanted: Wanted) -> Order:
    """What comes first: the higher priority as the due date boosts it, then the older task."""
    level = readiness.urgency(row.priority, readiness.due_moment(row.due), wanted.now, wanted.soon)
    return level, row.created_at, row.number, row.uid


def sibling_order(row: Row) -> tuple[bool, int, int, str]:
    """The order of the children of a task: those that were given a place, by it, then the others by number."""
    return row.sort is None, row.sort or 0, row.number, row.uid
