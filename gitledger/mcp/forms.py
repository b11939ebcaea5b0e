"""JSON Schemas: of the arguments of a command, of its answer, and of the envelope that every tool answers with."""

from inspect import cleandoc
from typing import Any, get_type_hints

from msgspec import Struct

from gitledger.mcp.commands import reads_only, spoken, summary_of
from gitledger.ops._base import Operation, answer_of
from gitledger.ops._calls import parameters_of

REQUEST_ID = {
    "type": "string",
    "description": "A key of your own for this request: sent again with it, what was recorded is not recorded twice.",
}

# The envelope is the one of `--json`. What `result` holds is told by `describe`: eight times would be too often.
ENVELOPE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "ok": {"type": "boolean"},
        "command": {"type": "string"},
        "task_id": {"type": "string"},
        "result": {},
        "events": {"type": "array", "items": {"type": "string"}},
        "warnings": {"type": "array", "items": {"type": "string"}},
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "hint": {"type": ["string", "null"]},
                "exit_code": {"type": "integer"},
                "retryable": {"type": "boolean"},
            },
        },
    },
    "required": ["ok", "command"],
}


def arguments_schema(op: type[Operation], only: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a command takes; `only` some of it. Null is left out of it everywhere: what is not given is left out."""
    from msgspec.json import schema_components

    (_,), components = schema_components([op], ref_template="#/$defs/{name}")
    form = components.pop(op.__name__)
    known = {name: parameter for name, parameter in parameters_of(op).items() if not only or name in only}
    required = [name for name, parameter in known.items() if parameter.field in form.get("required", ())]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: _property(op, form["properties"][parameter.field]) for name, parameter in known.items()},
        "additionalProperties": False,
    }
    if required:
        schema["required"] = required
    return schema | ({"$defs": components} if components else {})


def _property(op: type[Operation], schema: dict[str, Any]) -> dict[str, Any]:
    shown = dict(schema)
    kinds = [kind for kind in shown.pop("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        shown |= kinds[0]
    elif kinds:
        shown["anyOf"] = kinds
    if shown.get("default") in (None, False, "", [], {}):
        shown.pop("default", None)
    if "description" in shown:
        shown["description"] = spoken(op, shown["description"])
    return shown


# ---------------------------------------------------------------------------------------------- describe


class CommandLine(Struct):
    """A command in the list of commands."""

    command: str
    summary: str
    writes: bool


class CommandList(Struct):
    """The commands there are."""

    commands: list[CommandLine]
    total: int
    truncated: bool = False
    kind: str = "command_list"


class CommandForm(Struct):
    """A command: what it does, and the JSON Schemas of what it takes and, where that was asked for, answers."""

    command: str
    description: str
    writes: bool
    arguments: dict[str, Any]
    answer: dict[str, Any] | None
    kind: str = "command_form"


def listing(operations: list[type[Operation]]) -> CommandList:
    """Commands as a list."""
    lines = [CommandLine(command=op.command, summary=summary_of(op), writes=not reads_only(op)) for op in operations]
    return CommandList(commands=lines, total=len(lines))


def form_of(op: type[Operation], with_answer: bool) -> CommandForm:
    """A command as `describe` tells it."""
    return CommandForm(
        command=op.command,
        description=spoken(op, cleandoc(op.__doc__ or "")),
        writes=not reads_only(op),
        arguments=arguments_schema(op),
        answer=answer_schema(op) if with_answer else None,
    )


def answer_schema(op: type[Operation]) -> dict[str, Any]:
    """What the `result` of a command looks like."""
    from msgspec.json import schema_components

    answer = get_type_hints(answer_of(op)).get("return", Any)
    (schema,), components = schema_components([answer], ref_template="#/$defs/{name}")
    return {**schema, "$defs": components} if components else schema
