"""How work flows, by the reference's measures: it takes the last change of what is done for its end."""

from collections import Counter
from typing import Any

from gitledger.mcp.orchestrator.desk import Desk
from gitledger.mcp.orchestrator.errors import invalid
from gitledger.mcp.orchestrator.forms import Tool
from gitledger.mcp.orchestrator.making import PRIORITIES
from gitledger.mcp.orchestrator.scope import tags_in
from gitledger.model import ids
from gitledger.model.task import Row
from gitledger.ops._workspaces import tagged
from gitledger.ops._world import World

_DAY_S = 86400
_STALE_DAYS = 7
_MOST_TAGS = 10
_OPEN = ("queue", "work", "review", "blocked")


class GetMetrics(Tool, frozen=True, kw_only=True):
    """How work flowed in the last days: what was done in each week, how long it took on average, what is in work, what lies about.

    by_priority counts what was done, by_tag what is open. workspace narrows it to the tags of a workspace.
    """

    tool = "get_metrics"

    days: int = 30
    workspace: str = ""

    def answer(self, desk: Desk) -> Any:
        if self.days < 0:
            raise invalid("days", "days must not be negative")
        tags = tags_in(desk, self.workspace)
        return desk.read(lambda world: self._measure(world, tags))

    def _measure(self, world: World, tags: frozenset[str]) -> Any:
        rows = tagged(world.source.rows(archived=True), tags)
        since = ids.later(world.now, -min(self.days, 1 << 20) * _DAY_S)
        done = [row for row in rows if row.role in ("done", "archived") and row.updated_at >= since]
        is_open = [row for row in rows if row.role in _OPEN]
        stale_before = ids.later(world.now, -_STALE_DAYS * _DAY_S)
        stale = sum(row.updated_at < stale_before for row in is_open)
        weeks = Counter("{}-W{:02d}".format(*ids.parse_time(row.updated_at).isocalendar()[:2]) for row in done)
        priorities = Counter(row.priority or "medium" for row in done)
        tags = Counter(label for row in is_open for label in row.labels)
        return {
            "throughput_per_week": [{"week": week, "count": weeks[week]} for week in sorted(weeks)],
            "lead_time_avg_seconds": round(sum(map(_lead, done)) / len(done), 1) if done else 0.0,
            "wip": sum(row.role == "work" for row in rows),
            "stale_ratio": round(100 * stale / len(is_open), 1) if is_open else 0.0,
            "by_priority": {priority: priorities[priority] for priority in PRIORITIES},
            "by_tag": dict(sorted(tags.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_TAGS]),
            "total_items": len(rows),
            "period_days": self.days,
        }


def _lead(row: Row) -> float:
    return (ids.parse_time(row.updated_at) - ids.parse_time(row.created_at)).total_seconds()
