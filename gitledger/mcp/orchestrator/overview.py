"""What there is to do: the state of everything or of one item, the item to take next, and what is stuck."""

from typing import Any

from msgspec.structs import replace

from gitledger.mcp.orchestrator.desk import Desk
from gitledger.mcp.orchestrator.forms import Tool
from gitledger.mcp.orchestrator.listing import children_of, found_tasks
from gitledger.mcp.orchestrator.shapes import find, item_of, items_of, notes_of, record_of
from gitledger.mcp.orchestrator.scope import tags_in
from gitledger.model import ids, readiness, workflow
from gitledger.model.listing import Sieve
from gitledger.model.task import Row, Task
from gitledger.ops import _advancing, _types
from gitledger.ops._graph import ancestors_of, unmet_edges
from gitledger.ops._ready import steps_first, wanted_by
from gitledger.ops._world import World
from gitledger.ops.overview import counts_by_role
from gitledger.ops.waiting import stale_before, stale_task

_ACTIVE, _RECENT, _FEW = 10, 5, 20
# No answer holds more blocked items than this, and no item more of its blockers.
_BLOCKED, _BLOCKERS = 50, 10


class GetContext(Tool, frozen=True, kw_only=True):
    """The state of the work; begin a session here.

    Without item_id: how many items there are in each status, what is active, blocked, lately completed, stale, due and
    overdue, and the item to take next. With item_id: the item with what lies below it, its notes, what blocks it and whether it
    could be started; include_ancestors adds what lies above it. workspace narrows it to the tags of a workspace, include_archived
    counts what was archived too. Lists are bounded; blocked_total tells how many are blocked.
    """

    tool = "get_context"

    item_id: str = ""
    include_ancestors: bool = False
    workspace: str = ""
    include_archived: bool = False

    def answer(self, desk: Desk) -> Any:
        if self.item_id:
            return desk.read(self._item)
        tags = tags_in(desk, self.workspace)
        return desk.read(lambda world: self._all(world, tags))

    def _item(self, world: World) -> Any:
        task = find(world, self.item_id)
        waits_for = [edge.on for edge in unmet_edges(world, task)]
        refusal = _advancing.refusal_of(world, task, _advancing.request_of("start"))
        found: dict[str, Any] = {
            "item": item_of(world, task),
            "children": children_of(world, task.uid),
            "notes": notes_of(world, task),
            "blockers": items_of(world, waits_for[:_BLOCKERS]),
            "can_advance": refusal is None,
        }
        if self.include_ancestors:
            found["ancestors"] = items_of(world, ancestors_of(world, task.uid))
        if not waits_for and _types.next_position(world, task, "start") is not None:
            missing = refusal.details.get("missing", []) if refusal else []
            found |= {"missing_notes": missing, "guidance": missing[0]["description"] if missing else None}
        return found

    def _all(self, world: World, tags: frozenset[str]) -> Any:
        blocked, total = blocked_items(world, tags)
        counts = counts_by_role(world, tags)
        return {
            "counts": {role: many for role, many in counts.items() if self.include_archived or role != "archived"},
            "active": told_items(world, tags, Sieve(roles=("work", "review"), order="updated", limit=_ACTIVE)),
            "blocked": blocked,
            "blocked_total": total,
            "recent_completed": told_items(world, tags, Sieve(roles=("done", "cancelled"), order="updated", limit=_RECENT)),
            "next_item": next_item(world, tags),
            "stale_items": _stale(world, tags),
            **_due(world),
        }


def told_items(world: World, tags: frozenset[str], sieve: Sieve) -> list[dict[str, Any]]:
    """The items that a sieve lets through, of those with one of these tags."""
    return [item_of(world, task) for task in found_tasks(world, replace(sieve, any_label=tuple(sorted(tags))))]


def _stale(world: World, tags: frozenset[str]) -> list[dict[str, Any]]:
    rows, _ = world.source.graph().stale(stale_before(world), _FEW, tags)
    days = {row.uid: stale_task(row, world.now).idle_days for row in rows}
    return [item | {"stale_days": days[item["id"]]} for item in items_of(world, days)]


def _due(world: World) -> dict[str, Any]:
    """What is due within a day, what is overdue, and what runs within a day: of everything, whatever the workspace."""
    soon = ids.later(world.now, readiness.DUE_SOON_S)
    due = Sieve(is_open=True, order="due", newest=False, until=world.now, limit=_FEW)
    sieves = {
        "due_soon": replace(due, after=world.now, until=soon),
        "overdue": due,
        "scheduled_upcoming": replace(due, order="next_run", until=soon),
    }
    return {name: told_items(world, frozenset(), sieve) for name, sieve in sieves.items()}


# ---------------------------------------------------------------------------------------------- next


class GetNextItem(Tool, frozen=True, kw_only=True):
    """The item to take next: it waits for nothing, and nobody else has claimed it.

    What is being worked on comes before what is queued; then the higher priority, as a due date raises it; then the older one. An
    item with unfinished parts is no step of its own, and comes once they are done. workspace narrows it to the tags of a workspace.
    """

    tool = "get_next_item"
    fails = True

    workspace: str = ""

    def answer(self, desk: Desk) -> Any:
        tags = tags_in(desk, self.workspace)
        return desk.read(lambda world: next_item(world, tags)) or {"message": "No actionable items"}


def next_item(world: World, tags: frozenset[str]) -> dict[str, Any] | None:
    """The item to take next, or None."""
    firsts = [row for role in ("work", "queue") if (row := _first(world, tags, role)) is not None]
    if len(firsts) == 2 and _is_overdue(world, firsts[1]) and not _is_overdue(world, firsts[0]):
        firsts.reverse()
    task = record_of(world, firsts[0].uid) if firsts else None
    return item_of(world, task) if task is not None else None


def _first(world: World, tags: frozenset[str], role: str) -> Row | None:
    """The first of this role that can be worked on; what has unfinished parts comes after all others."""
    if not world.source.graph().sift(Sieve(roles=(role,), order="updated", limit=1)):
        return None
    statuses = {status for held in workflow.STATUSES.values() for status in held if workflow.role_of(status) == role}
    wanted = replace(wanted_by(world, any_label=tags, limit=_FEW), statuses=frozenset(statuses))
    return next(steps_first(world, wanted), None)


def _is_overdue(world: World, row: Row) -> bool:
    due = readiness.due_moment(row.due)
    return due is not None and due <= world.now


# ---------------------------------------------------------------------------------------------- blocked


class GetBlockedItems(Tool, frozen=True, kw_only=True):
    """What is stuck: the items that are on hold, and the queued ones that wait for others, each with those that block it."""

    tool = "get_blocked_items"
    fails = True

    def answer(self, desk: Desk) -> Any:
        return desk.read(lambda world: blocked_items(world, frozenset())[0])


def blocked_items(world: World, tags: frozenset[str]) -> tuple[list[dict[str, Any]], int]:
    """The first items that are on hold, then the first that wait for others, and how many of both there are."""
    rows, total = world.source.graph().blocked(_BLOCKED, tags)
    held = [row for row in rows if row.hindrance == "on_hold"]
    waiting = [row for row in rows if row.hindrance != "on_hold" and row.role == "queue"]
    shown = [_blocked_item(world, row) for row in (*held, *waiting)]
    return [item for item in shown if item is not None], total


def _blocked_item(world: World, row: Row) -> dict[str, Any] | None:
    task = record_of(world, row.uid)
    if task is None:
        return None
    return item_of(world, task) | ({} if row.hindrance == "on_hold" else {"blocked_by": _blockers(world, task)})


def _blockers(world: World, task: Task) -> list[dict[str, Any]]:
    return items_of(world, [edge.on for edge in unmet_edges(world, task)][:_BLOCKERS])
