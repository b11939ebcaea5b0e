"""What a client may read by address: `ledger://LEDGER/task/REF` and its like, each the answer of a reading command."""

from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from mcp_types import Resource, ResourceTemplate

from gitledger.errors import NotFound
from gitledger.mcp.commands import find, make_operation
from gitledger.ops._base import Operation
from gitledger.ops._facts import PROGRAM


class Kind(NamedTuple):
    """A kind of resource: the command that answers, and what it is in a few words."""

    command: str
    title: str
    takes_ref: bool
    mime_type: str = "application/json"


KINDS = {
    "ready": Kind("ready", "The tasks that can be worked on now, the first to take first.", takes_ref=False),
    "log": Kind("log", "The newest entries of the ledger.", takes_ref=False),
    "task": Kind("task show", "A task.", takes_ref=True),
    "plan": Kind("plan show", "The plan of a task that counts.", takes_ref=True),
    "context": Kind("context", "What a fresh worker needs to know about a task.", takes_ref=True, mime_type="text/markdown"),
}


def templates() -> list[ResourceTemplate]:
    """The forms of address."""
    return [
        ResourceTemplate(
            name=name,
            uri_template=f"ledger://{{ledger}}/{name}" + ("/{ref}" if kind.takes_ref else ""),
            description=kind.title,
            mime_type=kind.mime_type,
        )
        for name, kind in KINDS.items()
    ]


def resources(ledger: str) -> list[Resource]:
    """The addresses that need no reference, in this ledger."""
    return [
        Resource(
            name=name,
            uri=f"ledger://{quote(ledger, safe='')}/{name}",
            description=kind.title,
            mime_type=kind.mime_type,
        )
        for name, kind in KINDS.items()
        if not kind.takes_ref
    ]


def parse(uri: str) -> tuple[str, Kind, Operation]:
    """The ledger that an address names, what kind of resource it is, and the operation that reads it.

    Raises NotFound where it is no address of ours.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        raise _no_address(uri) from None
    name, _, ref = parts.path.removeprefix("/").partition("/")
    kind = KINDS.get(name)
    is_whole = parts.scheme == "ledger" and parts.netloc and not parts.query and not parts.fragment
    if kind is None or not is_whole or kind.takes_ref != bool(ref):
        raise _no_address(uri)
    op = make_operation(find(kind.command), {"task": unquote(ref)} if kind.takes_ref else {})
    return unquote(parts.netloc), kind, op


def _no_address(uri: str) -> NotFound:
    known = ", ".join(template.uri_template for template in templates())
    return NotFound(f"{uri[:200]!r} is no address here; known are: {known}.", hint=(PROGRAM, "ready"))
