"""Workspaces as filters: the tasks that have one of a workspace's tags."""

from collections.abc import Iterable
from typing import Annotated

from gitledger.errors import NotFound
from gitledger.model.book import Workspace
from gitledger.model.task import Row
from gitledger.ops._base import opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._world import World

InWorkspace = Annotated[str | None, opt("Only tasks of this workspace: those with one of its tags.", metavar="NAME")]


def workspaces_of(world: World) -> list[Workspace]:
    """The workspaces by name, with what this operation has written."""
    return world.book().workspaces


def find_workspace(world: World, name: str) -> Workspace | None:
    """The workspace of that name, or None."""
    return next((workspace for workspace in workspaces_of(world) if workspace.name == name), None)


def workspace_named(world: World, name: str) -> Workspace:
    """The workspace of that name. Raises NotFound that names some."""
    found = find_workspace(world, name)
    if found is None:
        known = ", ".join(workspace.name for workspace in workspaces_of(world)[:10]) or "none"
        raise NotFound(f"There is no workspace {name!r}; known are: {known}.", hint=(PROGRAM, "workspace", "list"))
    return found


def tags_of(world: World, name: str | None) -> frozenset[str]:
    """The tags of a workspace; none where none is named, or where it has none and holds every task."""
    return frozenset(workspace_named(world, name).tags) if name is not None else frozenset()


def tagged(rows: Iterable[Row], tags: frozenset[str]) -> list[Row]:
    """The tasks that have one of these tags; all of them where there are none."""
    return [row for row in rows if not tags or not tags.isdisjoint(row.labels)]
