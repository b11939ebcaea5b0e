"""`gitledger mcp`: start the server for agents. It is another face, and nothing of it is loaded before it is wanted."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

from gitledger.cli.build import Command
from gitledger.errors import StorageError

PROGRAM = "gitledger"
# The SDK, and the package that its second major release moved its types to.
_NEEDED = ("mcp", "mcp_types")


def check_extra() -> None:
    """Refuse where the SDK is not installed, or is an older one."""
    if any(find_spec(name) is None for name in _NEEDED):
        raise StorageError(
            "The server needs the MCP SDK, release 2, which is not installed beside gitledger.",
            code="EXTRA_MISSING",
            hint=(PROGRAM, "version", "--full"),
            remediation=("python -m pip install 'gitledger[mcp]'",),
        )


@click.pass_obj
def _run(session: Any) -> None:
    check_extra()
    # By name, and in this process: faces know nothing of one another, and a second start of Python costs as much as the first.
    serve = import_module("gitledger.mcp.main").main
    session.exit_code = serve(root=session.root, ledger=session.ledger_name, environ=session.environ)


mcp = Command(
    "mcp",
    callback=_run,
    help="Serve agents over the Model Context Protocol, on standard input and output.\n\n"
    "Clients start it; docs/how-to/client-configuration.md tells how. It works in the repository of the folder that it "
    "is started in, or of --root, and sees at once what others write. It needs the extra: gitledger[mcp].",
)
