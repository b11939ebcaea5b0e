"""What the commands of the work queue answer with."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from gitledger.model import readiness
from gitledger.model.listing import Wanted
from gitledger.model.task import Row
from gitledger.ops._views import TaskLine, View, task_line
from gitledger.ops._world import live_claim


class QueuedTask(TaskLine):
    """A task of the work queue. `urgency` is its priority as the due date boosts it; `mine`: who asks has claimed it."""

    workflow: str
    type: str
    priority: str | None
    urgency: str
    due: str | None
    overdue: bool
    labels: list[str]
    complexity: int | None
    owner: str | None
    created_at: str
    updated_at: str
    mine: bool
    ledger: str | UnsetType = UNSET
    ledgers: list[str] | UnsetType = UNSET
    why: str | UnsetType = UNSET
    unblocks: list[str] | UnsetType = UNSET


def queued_task(row: Row, wanted: Wanted, ledgers: list[str] | None = None) -> QueuedTask:
    """The view of a task of the work queue; `ledgers` are those that have it, where all were asked."""
    due = readiness.due_moment(row.due)
    claim = live_claim(row.claims, wanted.now) if row.claims else None
    return QueuedTask(
        **task_line(row),
        workflow=row.workflow,
        type=row.type,
        priority=row.priority,
        urgency=readiness.PRIORITIES[readiness.urgency(row.priority, due, wanted.now, wanted.soon)],
        due=row.due,
        overdue=due is not None and due <= wanted.now,
        labels=list(row.labels),
        complexity=row.complexity,
        owner=row.owner,
        created_at=row.created_at,
        updated_at=row.updated_at,
        mine=claim is not None and claim.holder == wanted.holder,
        **in_ledgers(ledgers),
    )


def in_ledgers(ledgers: list[str] | None) -> dict[str, Any]:
    """The fields that say which ledgers have a task, the one whose state this is first; none where not all were asked."""
    return {"ledger": ledgers[0], "ledgers": ledgers} if ledgers else {}


class LeftOutTask(View):
    """A task that cannot be worked on now: what is in the way, in a word and in a sentence, and the tasks it waits for."""

    id: str
    uid: str
    title: str
    status: str
    hindrance: str
    why: str
    waits_for: list[str]


class LeftOut(View):
    """The tasks that are not ready, finished ones aside: how many by what is in the way first, and the first of them."""

    counts: dict[str, int]
    tasks: list[LeftOutTask]
    total: int
    truncated: bool


class ReadyList(View):
    """The tasks that can be worked on now, the first to take first."""

    tasks: list[QueuedTask]
    total: int
    truncated: bool
    ledger: str
    left_out: LeftOut | UnsetType = UNSET
    kind: Literal["ready_list"] = "ready_list"


class NextReady(View):
    """The task to take next, null where there is none; then `in_the_way` counts the others by what is in the way first."""

    task: QueuedTask | None
    task_id: str | None
    ready: int
    in_the_way: dict[str, int]
    ledger: str
    next_command: str
    kind: Literal["next_ready"] = "next_ready"


class UnreadyTask(TaskLine):
    """A task that nobody can, or does, work on."""

    priority: str | None
    owner: str | None


class BlockedTask(UnreadyTask):
    """A task that waits or is on hold. `waits_for` is what it waits for itself, `chain` leads to what has to be done first."""

    why: str
    hold_reason: str | None
    held_at: str | None
    waits_for: list[str]
    waits_for_total: int
    chain: list[str]
    ledger: str | UnsetType = UNSET
    ledgers: list[str] | UnsetType = UNSET


class BlockedList(View):
    """The tasks that wait for others or are on hold, the most urgent first."""

    tasks: list[BlockedTask]
    total: int
    truncated: bool
    ledger: str
    kind: Literal["blocked_list"] = "blocked_list"


class StaleTask(UnreadyTask):
    """A task that nothing happened to for `idle_seconds`, longer than its role's threshold."""

    updated_at: str
    idle_seconds: int
    idle_days: int
    ledger: str | UnsetType = UNSET
    ledgers: list[str] | UnsetType = UNSET


class StaleList(View):
    """The tasks that nothing happened to for long, the longest first. `thresholds` are seconds by role."""

    tasks: list[StaleTask]
    total: int
    truncated: bool
    thresholds: dict[str, int]
    ledger: str
    kind: Literal["stale_list"] = "stale_list"
