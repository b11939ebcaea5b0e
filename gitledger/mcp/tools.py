"""The eight tools: five for the loop of an agent's day, and three by which every other command is reached."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from mcp_types import Tool, ToolAnnotations

from gitledger.errors import InvalidInput
from gitledger.mcp import forms
from gitledger.mcp.commands import find, listed, make_operation, misuse, reads_only, summary_of
from gitledger.ops._base import Operation
from gitledger.ops._facts import PROGRAM


class Direct(NamedTuple):
    """A tool that is one command, or the part of it that serves the loop. `more` follows the command's own summary."""

    command: str
    only: tuple[str, ...] = ()
    more: str = ""
    is_idempotent: bool = False


DIRECT = {
    "ready": Direct("ready", more="Begin the day here."),
    "next_action": Direct("next-action", more="Ask again after each step; the command it names goes to `read` or `write`."),
    "claim": Direct("claim", ("task", "next", "ttl", "stage")),
    "advance": Direct("advance", more="The answer says what it unblocked."),
    "todo_done": Direct("todo done", is_idempotent=True),
}

_COMMAND = {"type": "string", "description": "The words of the command, like `plan show`."}
_ARGUMENTS = {
    "type": "object",
    "description": "Its arguments by name, as real values: lists are arrays. `describe` tells them.",
}
_AT = {"type": "string", "description": "Look back: answer as of an entry (its commit id) or a date."}
READ = (
    "Run a command that only reads: `context` (all that a fresh worker needs), `task show`, `plan show`, `todo list`, "
    "`blocked`, `tree`, `log`, `whence`, `can`, `verify` and others."
)
WRITE = (
    "Run a command that records something: `task create`, `item create`, `plan start`, `plan upsert`, `question add`, "
    "`implement start`, `run`, `validate check`, `dep add`, `unclaim`, `sync` and others."
)
DESCRIBE = (
    "Tell what a command does and the JSON Schema of its arguments; with the first word alone, or without a command, list "
    "the commands."
)


class Described(NamedTuple):
    """A call of `describe`: no operation, and it needs no ledger."""

    view: forms.CommandForm | forms.CommandList


class Call(NamedTuple):
    """A call of any other tool: the command, its arguments as they came, the key of the request, and when to look back to."""

    op: type[Operation]
    arguments: dict[str, Any]
    request: str | None
    only: tuple[str, ...] = ()
    at: str | None = None

    def operation(self) -> Operation:
        """The operation. Raises InvalidInput that names the argument that is wrong."""
        return make_operation(self.op, self.arguments, self.only)


def tools() -> list[Tool]:
    """The tools, as they are listed. Nothing in them comes from a ledger."""
    return [*(_direct_tool(name, direct) for name, direct in DIRECT.items()), *_general_tools()]


def _direct_tool(name: str, direct: Direct) -> Tool:
    op = find(direct.command)
    form = forms.arguments_schema(op, direct.only)
    if op.writes:
        form["properties"]["request_id"] = forms.REQUEST_ID
    return Tool(
        name=name,
        description=f"{summary_of(op)} {direct.more}".strip(),
        input_schema=form,
        output_schema=forms.ENVELOPE,
        annotations=ToolAnnotations(
            read_only_hint=not op.writes,
            destructive_hint=False,
            idempotent_hint=direct.is_idempotent or not op.writes,
            open_world_hint=False,
        ),
    )


def _general_tools() -> list[Tool]:
    common = {"command": _COMMAND, "arguments": _ARGUMENTS}
    read = {**common, "at": _AT}
    describe = {
        "command": {"type": "string", "description": "Like `todo done` or `todo`."},
        "answer": {"type": "boolean", "description": "Tell the schema of `result`, too."},
    }
    write = {**common, "request_id": forms.REQUEST_ID}
    return [
        _general_tool("read", READ, read, ["command"], is_reading=True, is_open=True),
        _general_tool("write", WRITE, write, ["command"], is_reading=False, is_open=True),
        _general_tool("describe", DESCRIBE, describe, [], is_reading=True, is_open=False),
    ]


def _general_tool(
    name: str, description: str, properties: dict[str, Any], required: list[str], *, is_reading: bool, is_open: bool
) -> Tool:
    form = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return Tool(
        name=name,
        description=description,
        input_schema=form,
        output_schema=forms.ENVELOPE,
        annotations=ToolAnnotations(
            read_only_hint=is_reading, destructive_hint=not is_reading, idempotent_hint=is_reading, open_world_hint=is_open
        ),
    )


# ---------------------------------------------------------------------------------------------- calls


class _General(msgspec.Struct, forbid_unknown_fields=True):
    """The arguments of `read` and `write`: `at` is the one's, `request_id` the other's."""

    command: str
    arguments: dict[str, Any] = {}
    request_id: str | None = None
    at: str | None = None


class _Describe(msgspec.Struct, forbid_unknown_fields=True):
    """The arguments of `describe`."""

    command: str = ""
    answer: bool = False


def parse(name: str, arguments: Mapping[str, Any]) -> Call | Described:
    """What a call asks for. Raises InvalidInput where it names no command, or more than a command and its arguments."""
    if name in DIRECT:
        return _parse_direct(DIRECT[name], dict(arguments))
    if name == "describe":
        return Described(_describe(_convert(name, arguments, _Describe)))
    if name not in ("read", "write"):
        raise _no_tool(name)
    given = _convert(name, arguments, _General)
    op = find(given.command)
    if name == "read" and not reads_only(op):
        raise misuse(op, f"{op.command!r} records something; call `write` for it.", "NOT_A_READ")
    if name == "write" and given.at is not None:
        raise misuse(op, "`at` looks back, which `read` does.")
    return Call(op, given.arguments, given.request_id, at=given.at)


def _parse_direct(direct: Direct, arguments: dict[str, Any]) -> Call:
    op = find(direct.command)
    request = arguments.pop("request_id", None) if op.writes else None
    if request is not None and not isinstance(request, str):
        raise InvalidInput("request_id: expected `str`.", hint=(PROGRAM, "--help"))
    return Call(op, arguments, request, direct.only)


def _describe(asked: _Describe) -> forms.CommandForm | forms.CommandList:
    found = listed(asked.command)
    if len(found) == 1:
        return forms.form_of(found[0], asked.answer)
    return forms.listing(found)


def _convert(tool: str, arguments: Mapping[str, Any], kind: Any) -> Any:
    """Strictly: text that holds JSON is not an object."""
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"{tool}: {error}.", hint=(PROGRAM, "--help")) from None


def _no_tool(name: str) -> InvalidInput:
    known = ", ".join([*DIRECT, "read", "write", "describe"])
    return InvalidInput(
        f"There is no tool {name[:80]!r}; known are: {known}.",
        code="UNKNOWN_TOOL",
        hint=(PROGRAM, "--help"),
        remediation=("Call `write` or `read` with the command.",),
    )
