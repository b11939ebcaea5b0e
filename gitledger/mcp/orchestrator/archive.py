"""Finished items put out of the way once they are old enough."""

from typing import Any

from gitledger.mcp.orchestrator.desk import Desk, carry_out
from gitledger.mcp.orchestrator.errors import invalid
from gitledger.mcp.orchestrator.forms import Tool, check_operation
from gitledger.mcp.orchestrator.listing import MOST
from gitledger.mcp.orchestrator.overview import told_items
from gitledger.mcp.orchestrator.scope import tags_in
from gitledger.model import ids
from gitledger.model.listing import Sieve
from gitledger.model.task import Row
from gitledger.ops._base import Decision
from gitledger.ops._shelving import ArchiveTask
from gitledger.ops._world import World
from gitledger.ops.batch import MAX_TASKS
from gitledger.ops.overview import counts_by_role

_DAY_S = 86400


class ManageArchive(Tool, frozen=True, kw_only=True):
    """Finished items, put out of the way.

    run: archives what is done and was not changed for archive_after_days, in one entry. stats: how many are archived, and how
    many could be. list: those that are, the last changed first. workspace narrows it to the tags of a workspace.
    """

    tool = "manage_archive"

    operation: str
    workspace: str = ""
    archive_after_days: int = 30

    def answer(self, desk: Desk) -> Any:
        check_operation(self.operation, ("run", "stats", "list"))
        if self.archive_after_days < 0:
            raise invalid("archive_after_days", "archive_after_days must not be negative")
        tags = tags_in(desk, self.workspace)
        if self.operation == "run":
            return self._run(desk, tags)
        return desk.read(lambda world: self._stats(world, tags) if self.operation == "stats" else _listed(world, tags))

    def _old(self, world: World, tags: frozenset[str], limit: int) -> list[Row]:
        before = ids.later(world.now, -min(self.archive_after_days, 1 << 20) * _DAY_S)
        sieve = Sieve(roles=("done",), any_label=tuple(sorted(tags)), order="updated", newest=False, until=before, limit=limit)
        return world.source.graph().sift(sieve)

    def _run(self, desk: Desk, tags: frozenset[str]) -> Any:
        def decide(world: World) -> Decision:
            for row in self._old(world, tags, MAX_TASKS):
                yield from carry_out(world, ArchiveTask(task=row.uid, reason="Finished long ago."))

        def show(world: World) -> Any:
            uids = [event.task for event in world.events if event.type == "task.archived"]
            return {"archived_count": len(uids), "archived_ids": uids}

        return desk.write("task archive", decide, show)

    def _stats(self, world: World, tags: frozenset[str]) -> Any:
        archived = counts_by_role(world, tags).get("archived", 0)
        eligible = len(self._old(world, tags, 1 << 40))
        return {"archived_count": archived, "eligible_count": eligible, "archive_after_days": self.archive_after_days}


def _listed(world: World, tags: frozenset[str]) -> Any:
    return told_items(world, tags, Sieve(roles=("archived",), order="updated", limit=MOST))
