"""Where the server works: the repository of its folder, else one that it makes beside the reference's database."""

import os

from msgspec import structs

from gitledger.config import orchestrator_files
from gitledger.errors import StorageError
from gitledger.git import create_bare
from gitledger.mcp.calls import Surroundings, open_there
from gitledger.model.schemafile import FILES


def settle(around: Surroundings) -> Surroundings:
    """The surroundings in which a ledger can be. Raises StorageError where a repository can neither be read nor made."""
    try:
        open_there(around)
    except StorageError as error:
        if error.code != "NOT_A_REPOSITORY":
            raise
    else:
        return around
    path = bare_path(around)
    if not os.path.isdir(path):
        create_bare(path, around.environ)
    environ = {**around.environ, **_configuration(around)}
    return structs.replace(around, root=path, environ=environ)


def bare_path(around: Surroundings) -> str:
    """`tasks.db` → `tasks.git`."""
    database = os.path.join(around.root, orchestrator_files(around.environ).database)
    return os.path.abspath(os.path.splitext(database)[0] + ".git")


def _configuration(around: Surroundings) -> dict[str, str]:
    """The configuration file, looked for where the server was started, for the repository lies elsewhere."""
    named = orchestrator_files(around.environ).configuration
    names = [named] if named else [name for name in FILES if os.path.isfile(os.path.join(around.root, name))]
    return {"TASK_ORCHESTRATOR_CONFIG": os.path.abspath(os.path.join(around.root, names[0]))} if names else {}
