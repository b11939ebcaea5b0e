"""What is not getting done: tasks that wait for others or are on hold, and tasks that have been forgotten."""

from typing import Annotated

from gitledger.model import ids
from gitledger.model.readiness import priority_rank
from gitledger.model.task import Row
from gitledger.ops._base import Operation, opt
from gitledger.ops._everywhere import Listing
from gitledger.ops._graph import chain_of, names_of, unmet_edges
from gitledger.ops._ready_views import BlockedList, BlockedTask, StaleList, StaleTask, in_ledgers
from gitledger.ops._views import task_line
from gitledger.ops._workspaces import InWorkspace, tags_of
from gitledger.ops._world import World
from gitledger.ops.ready import LIMIT, MOST_NAMED, check_limit

_LONGEST = 12  # how much of a chain is shown

# ---------------------------------------------------------------------------------------------- blocked


class ListBlocked(Listing, frozen=True, kw_only=True):
    """List the tasks that wait for others or are on hold, each with the chain of tasks that blocks it.

    The last of a chain is what has to be done first.
    """

    command = "blocked"
    writes = False

    workspace: InWorkspace = None
    limit: Annotated[int, opt("At most this many (0: all).")] = LIMIT

    def show(self, world: World) -> BlockedList:
        check_limit(self.limit)
        tags = tags_of(world, self.workspace)
        if self.all_ledgers:
            from gitledger.ops._ready_everywhere import picked_everywhere

            placed = picked_everywhere(world, lambda graph: graph.blocked(0, tags)[0], _urgency)
            tasks = [blocked_task(world.over(item.ledger), item.thing, item.ledgers) for item in placed[: self.limit or None]]
            total = len(placed)
        else:
            rows, total = world.source.graph().blocked(self.limit, tags)
            tasks = [blocked_task(world, row) for row in rows]
        return BlockedList(tasks=tasks, total=total, truncated=len(tasks) < total, ledger=world.ledger)


def _urgency(row: Row) -> tuple[int, str, int, str]:
    return priority_rank(row.priority), row.created_at, row.number, row.uid


def blocked_task(world: World, row: Row, ledgers: list[str] | None = None) -> BlockedTask:
    """The view of a task that waits or is on hold; `ledgers` are those that have it, where all were asked."""
    is_held = row.hindrance == "on_hold"
    record = world.record(row.uid) if is_held else None
    hold = record.hold if record is not None else None
    waits_for = [edge.on for edge in unmet_edges(world, row)]
    return BlockedTask(
        **task_line(row),
        priority=row.priority,
        owner=row.owner,
        why="on_hold" if is_held else "dependencies",
        hold_reason=hold.reason if hold else None,
        held_at=hold.at if hold else None,
        waits_for=names_of(world, waits_for[:MOST_NAMED]),
        waits_for_total=len(waits_for),
        chain=names_of(world, chain_of(world, row, _LONGEST)),
        **in_ledgers(ledgers),
    )


# ---------------------------------------------------------------------------------------------- stale


class ListStale(Listing, frozen=True, kw_only=True):
    """List the tasks that nothing happened to for long, the longest first.

    How long is policy: `stale:` in .gitledger.yaml, by default 7 days for what waits to be begun and 3 for what
    is being worked on.
    """

    command = "stale"
    writes = False

    workspace: InWorkspace = None
    limit: Annotated[int, opt("At most this many (0: all).")] = LIMIT

    def show(self, world: World) -> StaleList:
        check_limit(self.limit)
        before, tags = stale_before(world), tags_of(world, self.workspace)
        if self.all_ledgers:
            from gitledger.ops._ready_everywhere import picked_everywhere

            placed = picked_everywhere(
                world, lambda graph: graph.stale(before, 0, tags)[0], lambda row: (row.updated_at, row.number, row.uid)
            )
            tasks = [stale_task(item.thing, world.now, item.ledgers) for item in placed[: self.limit or None]]
            total = len(placed)
        else:
            rows, total = world.source.graph().stale(before, self.limit, tags)
            tasks = [stale_task(row, world.now) for row in rows]
        return StaleList(
            tasks=tasks, total=total, truncated=len(tasks) < total, thresholds=_thresholds(world), ledger=world.ledger
        )


def _thresholds(world: World) -> dict[str, int]:
    """After how many seconds a task is stale, by role."""
    return {"queue": world.policy.stale.queue, "work": world.policy.stale.work}


def stale_before(world: World) -> dict[str, str]:
    """A task of this role is stale if nothing has happened to it since."""
    return {role: ids.later(world.now, -seconds) for role, seconds in _thresholds(world).items()}


def stale_task(row: Row, now: str, ledgers: list[str] | None = None) -> StaleTask:
    """The view of a task that nothing happened to for long; `ledgers` as for `blocked_task`."""
    idle = int((ids.parse_time(now) - ids.parse_time(row.updated_at)).total_seconds())
    return StaleTask(
        **task_line(row),
        priority=row.priority,
        owner=row.owner,
        updated_at=row.updated_at,
        idle_seconds=idle,
        idle_days=idle // 86400,
        **in_ledgers(ledgers),
    )


OPERATIONS: tuple[type[Operation], ...] = (ListBlocked, ListStale)
