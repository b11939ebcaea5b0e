"""Workspaces: named groups of tags; made, changed and removed, and what goes on in one."""

from typing import Any

from gitledger.mcp.orchestrator.desk import Desk
from gitledger.mcp.orchestrator.errors import Plain, invalid
from gitledger.mcp.orchestrator.forms import Tool, check_operation
from gitledger.mcp.orchestrator.overview import blocked_items, next_item, told_items
from gitledger.mcp.orchestrator.scope import all_workspaces, outside_workspaces, workspace_in
from gitledger.mcp.orchestrator.shapes import note_of, record_of
from gitledger.model.book import Workspace
from gitledger.model.listing import Sieve
from gitledger.ops._interchange import words_of
from gitledger.ops._workspaces import tagged
from gitledger.ops._world import World
from gitledger.ops.overview import counts_by_role
from gitledger.ops.workspace import RemoveWorkspace, SetWorkspace

_LEVELS = ("minimal", "standard", "full")
_LISTS = ("tags", "memory_tags", "repos", "conventions")
_ACTIVE, _DECISIONS = 50, 20


class ManageWorkspaces(Tool, frozen=True, kw_only=True):
    """Workspaces: named groups of tags, to which other tools can be narrowed down.

    create, update (what is given replaces what there was) and delete by name; list: all of them. tags, memory_tags, repos and
    conventions are comma lists.
    """

    tool = "manage_workspaces"

    operation: str
    name: str = ""
    tags: str = ""
    memory_tags: str = ""
    description: str = ""
    repos: str = ""
    conventions: str = ""

    def answer(self, desk: Desk) -> Any:
        check_operation(self.operation, ("create", "update", "delete", "list"))
        if self.operation == "list":
            return {name: _told(known) for name, known in sorted(all_workspaces(desk).items())}
        return self._delete(desk) if self.operation == "delete" else self._set(desk)

    def _set(self, desk: Desk) -> Any:
        known = all_workspaces(desk).get(self.name)
        if known is not None and self.operation == "create":
            raise Plain(f"Workspace '{self.name[:80]}' already exists")
        if known is None and self.operation == "update":
            raise Plain(f"Workspace '{self.name[:80]}' not found")
        given: dict[str, Any] = {name: words for name in _LISTS if (words := words_of(getattr(self, name)))}
        if self.description:
            given["description"] = self.description
        # One of the file becomes one of the ledger with what the file says of it.
        desk.run(SetWorkspace(name=self.name, **((_told(known) if known else {}) | given)))
        return {self.name: _told(workspace_in(desk, self.name))}

    def _delete(self, desk: Desk) -> Any:
        if self.name not in all_workspaces(desk):
            raise Plain(f"Workspace '{self.name[:80]}' not found")
        if self.name in outside_workspaces(desk):
            raise Plain(f"Workspace '{self.name[:80]}' is kept in the reference's own file, which is not written here")
        desk.run(RemoveWorkspace(name=self.name))
        return {"deleted": self.name}


def _told(workspace: Workspace) -> dict[str, Any]:
    return {name: getattr(workspace, name) for name in ("tags", "memory_tags", "description", "repos", "conventions")}


class GetWorkspaceContext(Tool, frozen=True, kw_only=True):
    """What goes on in a workspace. verbosity: minimal (counts, and the item to take next), standard (and what is in work or
    blocked), full (and the newest notes on decisions).
    """

    tool = "get_workspace_context"

    workspace_name: str
    verbosity: str = "standard"

    def answer(self, desk: Desk) -> Any:
        if self.verbosity not in _LEVELS:
            raise invalid("verbosity", f"Invalid verbosity: {self.verbosity[:40]}. Must be one of: {', '.join(_LEVELS)}")
        workspace = workspace_in(desk, self.workspace_name, "workspace_name")
        return desk.read(lambda world: self._look(world, workspace))

    def _look(self, world: World, workspace: Workspace) -> Any:
        tags = frozenset(workspace.tags)
        found: dict[str, Any] = {
            "workspace": workspace.name,
            "brief": workspace.description,
            "status_counts": counts_by_role(world, tags),
            "memory_tags": workspace.memory_tags,
            "next_item": next_item(world, tags),
        }
        if self.verbosity != "minimal":
            found["active_items"] = told_items(world, tags, Sieve(roles=("work",), order="updated", limit=_ACTIVE))
            found["blocked_items"] = blocked_items(world, tags)[0]
        if self.verbosity == "full":
            found["recent_decisions"] = _decisions(world, tags)
        return found


def _decisions(world: World, tags: frozenset[str]) -> list[dict[str, Any]]:
    """The newest notes whose key speaks of a decision."""
    tasks = (record_of(world, row.uid) for row in tagged(world.source.rows_with("notes"), tags))
    notes = [(task, note) for task in tasks if task is not None for note in task.notes if "decision" in note.key.lower()]
    notes.sort(key=lambda pair: pair[1].updated_at, reverse=True)
    return [note_of(world, task, note) for task, note in notes[:_DECISIONS]]
