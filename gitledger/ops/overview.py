"""The whole ledger at a glance: counts, what is under way, what comes next, what is blocked and what is stale."""

from typing import Annotated, Literal

from gitledger.errors import InvalidInput
from gitledger.model import workflow
from gitledger.model.listing import Sieve
from gitledger.model.task import Row
from gitledger.ops._base import Operation, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._ready import wanted_by
from gitledger.ops._ready_views import BlockedTask, QueuedTask, StaleTask, queued_task
from gitledger.ops._views import TaskLine, View, task_line
from gitledger.ops._workspaces import InWorkspace, tags_of
from gitledger.ops._world import World, live_claim
from gitledger.ops.waiting import blocked_task, stale_before, stale_task

_FEW = 5
_MOST = 50


class ActiveTask(TaskLine):
    """A task under way: who holds it now, and until when."""

    priority: str | None
    owner: str | None
    updated_at: str
    holder: str | None
    held_until: str | None


class Overview(View):
    """The ledger at a glance. Each `…_total` counts what the list beside it begins with."""

    by_role: dict[str, int]
    total: int
    active: list[ActiveTask]
    active_total: int
    ready: list[QueuedTask]
    ready_total: int
    blocked: list[BlockedTask]
    blocked_total: int
    stale: list[StaleTask]
    stale_total: int
    workspace: str | None
    ledger: str
    kind: Literal["overview"] = "overview"


class ShowOverview(Operation, frozen=True, kw_only=True):
    """Show the whole ledger at a glance: counts, what is under way, what to take next, what is blocked, what is stale.

    However large the ledger, of each only the first few are listed.
    """

    command = "overview"
    writes = False

    workspace: InWorkspace = None
    limit: Annotated[int, opt("At most this many of each, 1 to 50.")] = _FEW

    def show(self, world: World) -> Overview:
        if not 1 <= self.limit <= _MOST:
            raise InvalidInput(f"--limit is from 1 to {_MOST}.", code="VALIDATION", hint=(PROGRAM, "overview", "--help"))
        tags, graph = tags_of(world, self.workspace), world.source.graph()
        by_role = counts_by_role(world, tags)
        active = graph.sift(
            Sieve(roles=("work", "review"), any_label=tuple(sorted(tags)), order="updated", limit=self.limit)
        )
        wanted = wanted_by(world, any_label=tags, limit=self.limit)
        ready, ready_total = graph.ready(wanted)
        blocked, blocked_total = graph.blocked(self.limit, tags)
        stale, stale_total = graph.stale(stale_before(world), self.limit, tags)
        return Overview(
            by_role=by_role,
            total=sum(by_role.values()),
            active=[_active_task(row, world.now) for row in active],
            active_total=by_role.get("work", 0) + by_role.get("review", 0),
            ready=[queued_task(row, wanted) for row in ready],
            ready_total=ready_total,
            blocked=[blocked_task(world, row) for row in blocked],
            blocked_total=blocked_total,
            stale=[stale_task(row, world.now) for row in stale],
            stale_total=stale_total,
            workspace=self.workspace,
            ledger=world.ledger,
        )


def counts_by_role(world: World, tags: frozenset[str]) -> dict[str, int]:
    """How many tasks there are in each role in which there are any, in the order of the lifecycle."""
    counts = world.source.graph().roles(tags)
    return {role: counts[role] for role in workflow.ROLES if role in counts}


def _active_task(row: Row, now: str) -> ActiveTask:
    claim = live_claim(row.claims, now)
    return ActiveTask(
        **task_line(row),
        priority=row.priority,
        owner=row.owner,
        updated_at=row.updated_at,
        holder=f"{claim.actor.type} {claim.actor.name}" if claim else None,
        held_until=claim.until if claim else None,
    )


OPERATIONS = (ShowOverview,)
