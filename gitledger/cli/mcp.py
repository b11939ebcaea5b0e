"""`gitledger mcp`: start the server for agents. It is another face, and nothing of it is loaded before it is wanted."""

import gc
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

from gitledger.cli.build import Command
from gitledger.errors import extra_missing

# The SDK, and the package that its second major release moved its types to.
_NEEDED = ("mcp", "mcp_types")
_PROFILES = {"native": "gitledger.mcp.main", "orchestrator": "gitledger.mcp.orchestrator.main"}


def check_extra() -> None:
    """Refuse where the SDK is not installed, or is an older one."""
    if any(find_spec(name) is None for name in _NEEDED):
        raise extra_missing("The server needs the MCP SDK, release 2, and its types", "mcp")


def _load(module: str) -> Any:
    """The module, and all that it imports: those objects stay, and looking for garbage among them meanwhile is a sixth of the start."""
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()


@click.pass_obj
def _run(session: Any, profile: str) -> None:
    check_extra()
    # By name, and in this process: faces know nothing of one another, and a second start of Python costs as much as the first.
    serve = _load(_PROFILES[profile]).main
    session.exit_code = serve(root=session.root, ledger=session.ledger_name, environ=session.environ)


mcp = Command(
    "mcp",
    callback=_run,
    params=[
        click.Option(
            ["--profile"],
            type=click.Choice(list(_PROFILES)),
            default="native",
            help="Which tools: gitledger's own (native), or those of task-orchestrator-py 1.0.0 (orchestrator).",
        )
    ],
    help="Serve agents over the Model Context Protocol, on standard input and output.\n\n"
    "Clients start it; docs/how-to/client-configuration.md tells how. It works in the repository of the folder that it "
    "is started in, or of --root, and sees at once what others write. It needs the extra: gitledger[mcp].",
)
