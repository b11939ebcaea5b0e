"""Workspaces: named tag filters, kept in the ledger so that everybody has the same ones."""

from collections import Counter
from typing import Annotated, Literal

from gitledger.errors import InvalidInput
from gitledger.model.book import Workspace
from gitledger.model.events import WorkspaceRemoved, WorkspaceSet
from gitledger.ops._base import Decision, Operation, arg, in_book, opt, require_text
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View
from gitledger.ops._workspaces import find_workspace, tagged, workspace_named, workspaces_of
from gitledger.ops._world import World

_LONGEST = 300
_MOST = 100
_HELP = (PROGRAM, "workspace", "set", "--help")
_NAME = Annotated[str, arg("The name of the workspace.")]


class WorkspaceView(View):
    """A workspace: the tasks with one of its `tags`; without tags, every task. The other fields are for who works in it."""

    name: str
    description: str
    tags: list[str]
    memory_tags: list[str]
    repos: list[str]
    conventions: list[str]


class WorkspaceSaved(WorkspaceView):
    """The workspace as it is now."""

    changed: bool
    kind: Literal["workspace_set"] = "workspace_set"


class WorkspaceShown(WorkspaceView):
    """A workspace with how many of its tasks stand where, archived ones left out."""

    tasks: int
    by_role: dict[str, int]
    kind: Literal["workspace"] = "workspace"


class WorkspaceGone(View):
    """The workspace of that name is gone; its tasks are as they were."""

    name: str
    kind: Literal["workspace_removed"] = "workspace_removed"


class WorkspaceList(View):
    """The workspaces by name."""

    workspaces: list[WorkspaceView]
    total: int
    truncated: bool
    kind: Literal["workspace_list"] = "workspace_list"


def _fields(workspace: Workspace) -> dict[str, object]:
    return {name: getattr(workspace, name) for name in Workspace.__struct_fields__}


class SetWorkspace(Operation, frozen=True, kw_only=True):
    """Make a workspace, or change one: what is given replaces what it had, the rest stays.

    It holds the tasks that have one of its tags. `--workspace NAME` narrows ready, next, blocked, stale, metrics,
    overview, item list and task list down to it. An empty value clears a field.
    """

    command = "workspace set"

    name: _NAME
    tags: Annotated[list[str] | None, opt("A tag of its tasks; repeated or with commas: any of them.", name="--tag")] = None
    description: Annotated[str | None, opt("What it is, on one line.", short="d")] = None
    memory_tags: Annotated[
        list[str] | None, opt("A tag under which an agent keeps what it remembers of it; repeatable.", name="--memory-tag")
    ] = None
    repos: Annotated[list[str] | None, opt("A repository that belongs to it; repeatable.", name="--repo")] = None
    conventions: Annotated[list[str] | None, opt("A rule to keep to in it; repeatable.", name="--convention")] = None

    def decide(self, world: World) -> Decision:
        before = find_workspace(world, self.name)
        given = {
            "description": self.description,
            "tags": _parted(self.tags),
            "memory_tags": _parted(self.memory_tags),
            "repos": _kept(self.repos),
            "conventions": _kept(self.conventions),
        }
        fields = _fields(before or Workspace(name=self._checked_name())) | {k: v for k, v in given.items() if v is not None}
        after = Workspace(**fields)  # type: ignore[arg-type]
        _check(after)
        if after != before:
            yield in_book(WorkspaceSet(**fields))  # type: ignore[arg-type]

    def _checked_name(self) -> str:
        name = require_text(self.name, "NAME", _HELP)
        if name != name.strip() or not name.isprintable():
            raise InvalidInput("NAME is one line without blanks at its ends.", code="VALIDATION", hint=_HELP)
        return name

    def what(self, world: World) -> str:
        return self.name

    def show(self, world: World) -> WorkspaceSaved:
        return WorkspaceSaved(**_fields(workspace_named(world, self.name)), changed=world.changed)  # type: ignore[arg-type]


def _parted(items: list[str] | None) -> list[str] | None:
    return None if items is None else sorted({word.strip() for item in items for word in item.split(",")} - {""})


def _kept(items: list[str] | None) -> list[str] | None:
    return None if items is None else [item.strip() for item in items if item.strip()]


def _check(workspace: Workspace) -> None:
    lists = (workspace.tags, workspace.memory_tags, workspace.repos, workspace.conventions)
    texts = [workspace.name, workspace.description, *(text for items in lists for text in items)]
    if max(map(len, texts)) > _LONGEST or max(map(len, lists)) > _MOST:
        raise InvalidInput(
            f"A workspace has at most {_MOST} of each, of at most {_LONGEST} characters.", code="VALIDATION", hint=_HELP
        )


class RemoveWorkspace(Operation, frozen=True, kw_only=True):
    """Remove a workspace. Its tasks stay as they are."""

    command = "workspace remove"

    name: _NAME

    def decide(self, world: World) -> Decision:
        yield in_book(WorkspaceRemoved(name=workspace_named(world, self.name).name))

    def what(self, world: World) -> str:
        return self.name

    def show(self, world: World) -> WorkspaceGone:
        return WorkspaceGone(name=self.name)


class ListWorkspaces(Operation, frozen=True, kw_only=True):
    """List the workspaces."""

    command = "workspace list"
    writes = False

    def show(self, world: World) -> WorkspaceList:
        found = [WorkspaceView(**_fields(workspace)) for workspace in workspaces_of(world)]  # type: ignore[arg-type]
        return WorkspaceList(workspaces=found, total=len(found), truncated=False)


class ShowWorkspace(Operation, frozen=True, kw_only=True):
    """Show a workspace, and how many of its tasks stand where."""

    command = "workspace show"
    writes = False

    name: _NAME

    def show(self, world: World) -> WorkspaceShown:
        workspace = workspace_named(world, self.name)
        rows = tagged(world.source.rows(), frozenset(workspace.tags))
        by_role = dict(Counter(row.role for row in rows))
        return WorkspaceShown(**_fields(workspace), tasks=len(rows), by_role=by_role)  # type: ignore[arg-type]


OPERATIONS: tuple[type[Operation], ...] = (SetWorkspace, ListWorkspaces, ShowWorkspace, RemoveWorkspace)
