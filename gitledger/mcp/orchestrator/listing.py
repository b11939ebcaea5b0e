"""Items looked up and listed."""

from typing import Any

from gitledger.mcp.orchestrator.desk import Desk
from gitledger.mcp.orchestrator.errors import Plain
from gitledger.mcp.orchestrator.forms import Tool
from gitledger.mcp.orchestrator.making import PRIORITIES
from gitledger.mcp.orchestrator.shapes import item_of, items_of, record_of, resolve
from gitledger.model import seeking, workflow
from gitledger.model.codec import MAX_INTEGER
from gitledger.model.listing import Sieve
from gitledger.model.seeking import Sought
from gitledger.ops._graph import ancestors_of
from gitledger.ops._interchange import words_of
from gitledger.ops._world import World
from gitledger.ops.overview import counts_by_role

_ACTIVE = 10
# A negative limit is none in the reference; no answer is longer than this.
MOST = 1000


class QueryItems(Tool, frozen=True, kw_only=True):
    """Look items up.

    get: one item by item_id; include_ancestors adds what lies above it, the nearest first.
    list: the newest first, those that match all of status (queue, work, review, done, blocked, cancelled, archived),
    parent_id, priority and tags (a comma list, any of them); limit and offset. With search, words of titles, descriptions, notes
    and more, the best first.
    children: what lies directly below item_id or parent_id. overview: how many there are in each status.
    """

    tool = "query_items"

    operation: str = "list"
    item_id: str = ""
    status: str = ""
    parent_id: str = ""
    priority: str = ""
    search: str = ""
    tags: str = ""
    include_ancestors: bool = False
    limit: int = 50
    offset: int = 0

    def answer(self, desk: Desk) -> Any:
        found = {"get": self._one, "children": self._children, "overview": _overview}
        return desk.read(found.get(self.operation, self._list))

    def _one(self, world: World) -> Any:
        task = record_of(world, resolve(world, self.item_id))
        if task is None:
            raise Plain(f"Item {self.item_id[:80]} not found")
        above = {"ancestors": items_of(world, ancestors_of(world, task.uid))} if self.include_ancestors else {}
        return item_of(world, task) | above

    def _children(self, world: World) -> Any:
        parent = resolve(world, self.parent_id or self.item_id)
        return children_of(world, parent) if parent else []

    def _list(self, world: World) -> Any:
        if self.status and self.status not in workflow.ROLES or self.priority and self.priority not in PRIORITIES:
            return []
        sieve = Sieve(
            roles=(self.status,) if self.status else (),
            parent=resolve(world, self.parent_id) or None,
            priority=self.priority or None,
            any_label=tuple(words_of(self.tags)),
            limit=min(self.limit, MOST) if self.limit >= 0 else MOST,
            offset=min(max(self.offset, 0), MAX_INTEGER),
        )
        if self.search.strip():
            return items_of(world, _sought(world, self.search, sieve))
        return [item_of(world, task) for task in found_tasks(world, sieve)]


def _sought(world: World, query: str, sieve: Sieve) -> list[str]:
    """The ids of those that a sieve lets through among what is found by words, the best first."""
    terms = seeking.parse_query(query[: seeking.LONGEST])[: seeking.MOST_TERMS]
    if not terms or not sieve.limit:
        return []
    is_narrowed = bool(sieve.roles or sieve.parent or sieve.priority or sieve.any_label)
    end = sieve.offset + sieve.limit
    finds, _ = world.source.search(Sought(terms=tuple(terms), archived=True, limit=0 if is_narrowed else end))
    rows = {row.uid: row for row in world.source.graph().rows([find.uid for find in finds])}
    fitting = [find.uid for find in finds if find.uid in rows and sieve.takes(rows[find.uid])]
    return fitting[sieve.offset : end]


def found_tasks(world: World, sieve: Sieve) -> list[Any]:
    """The records of what a sieve lets through."""
    records = (record_of(world, row.uid) for row in world.source.graph().sift(sieve))
    return [task for task in records if task is not None]


def children_of(world: World, parent: str) -> list[dict[str, Any]]:
    """What lies directly below a task, the oldest first."""
    return [item_of(world, task) for task in found_tasks(world, Sieve(parent=parent, newest=False, limit=MOST))]


def _overview(world: World) -> Any:
    counts = counts_by_role(world, frozenset())
    active = counts.get("work", 0) + counts.get("review", 0)
    return {
        "counts": {role: many for role, many in counts.items() if role != "archived"},
        "active_count": min(active, _ACTIVE),
        "blocked_count": world.source.graph().blocked(1)[1],
    }
