"""The workspaces there are, those of the reference's file among them, and the tags of one."""

import os

import msgspec

from gitledger.config import orchestrator_files
from gitledger.mcp.orchestrator.desk import Desk
from gitledger.mcp.orchestrator.errors import Plain, missing
from gitledger.model.book import Workspace
from gitledger.ops._workspaces import find_workspace, workspaces_of

MAX_FILE = 1 << 20


class _Kept(msgspec.Struct):
    """A workspace in the file."""

    tags: list[str] = []
    memory_tags: list[str] = []
    description: str = ""
    repos: list[str] = []
    conventions: list[str] = []


def all_workspaces(desk: Desk) -> dict[str, Workspace]:
    """Every workspace by name: those of the file, and those of the ledger, which count where both have one."""
    return outside_workspaces(desk) | {known.name: known for known in desk.read(workspaces_of)}


def outside_workspaces(desk: Desk) -> dict[str, Workspace]:
    """The workspaces of the file, which is never written. Raises Plain where it is there and cannot be read."""
    path = os.path.join(desk.folder, orchestrator_files(desk.around.environ).workspaces)
    try:
        with open(path, "rb") as file:
            kept = msgspec.json.decode(file.read(MAX_FILE), type=dict[str, _Kept])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as error:
        raise Plain(f"The workspaces in {path} cannot be read: {error}") from None
    return {name: Workspace(name=name, **msgspec.structs.asdict(one)) for name, one in kept.items()}


def workspace_in(desk: Desk, name: str, field: str = "workspace") -> Workspace:
    """The workspace of that name; who named none that is there hears of the parameter."""
    found = desk.read(lambda world: find_workspace(world, name)) or outside_workspaces(desk).get(name)
    if found is None:
        raise missing(field, f"Workspace '{name[:80]}' not found")
    return found


def tags_in(desk: Desk, name: str) -> frozenset[str]:
    """The tags of a workspace; none, which is everything, where none is named or it has none."""
    return frozenset(workspace_in(desk, name).tags) if name else frozenset()
