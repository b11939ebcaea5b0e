"""`gitledger schema`: the JSON Schema of what a command takes and answers, made from the operation itself."""

from inspect import cleandoc
from typing import Any, get_type_hints

import json

import click
from msgspec import Struct

from gitledger.cli.build import Argument, Command, fields_of
from gitledger.cli.groups import HANDWRITTEN, PROGRAM, unknown_command
from gitledger.errors import InvalidInput
from gitledger.ops._base import Operation, answer_of, command_id
from gitledger.ops._registry import NOUNS, ROOTS, all_operations, operations_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXT: dict[str, Any] = {"type": "string"}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_MAYBE_TEXT: dict[str, Any] = {"type": ["string", "null"]}


def schema_of(op: type[Operation]) -> dict[str, Any]:
    """The schema of what `--json` answers to this command; `#/$defs/input` and `#/$defs/result` are its halves.

    `input` has the operation's fields; `x-option` of each is how the command line calls it.
    """
    from msgspec.json import schema_components

    answer = get_type_hints(answer_of(op)).get("return", Any)
    (taken, given), components = schema_components([op, answer], ref_template="#/$defs/{name}")
    fields = components.pop(op.__name__) if op.__name__ in components else taken
    for field in fields_of(op):
        fields["properties"][field.name]["x-option"] = field.shown
        if field.file_option:
            fields["properties"][field.name]["x-file-option"] = field.file_option
    fields["title"] = op.__name__
    fields["description"] = cleandoc(op.__doc__ or "")
    return {
        "$schema": DIALECT,
        "title": f"{PROGRAM} {op.command}",
        "description": summary_of(op),
        "oneOf": [{"$ref": "#/$defs/success"}, {"$ref": "#/$defs/failure"}],
        "$defs": {
            "input": fields,
            "result": given,
            "success": success_schema(command_id(op), {"$ref": "#/$defs/result"}),
            "failure": failure_schema({"const": command_id(op)}),
            "error": error_schema(),
            **components,
        },
    }


def success_schema(command: str, result: dict[str, Any]) -> dict[str, Any]:
    """The envelope of an answer (design §7)."""
    return {
        "type": "object",
        "properties": {
            "ok": {"const": True},
            "command": {"const": command},
            "task_id": {"type": "string", "description": "The task that the answer is about, where it is about one."},
            "result": result,
            "events": {**_TEXTS, "description": "The ids of the events that were recorded."},
            "warnings": _TEXTS,
        },
        "required": ["ok", "command", "result", "events", "warnings"],
        "additionalProperties": False,
    }


def failure_schema(command: dict[str, Any]) -> dict[str, Any]:
    """The envelope of a refusal."""
    return {
        "type": "object",
        "properties": {"ok": {"const": False}, "command": command, "error": {"$ref": "#/$defs/error"}},
        "required": ["ok", "command", "error"],
        "additionalProperties": False,
    }


def error_schema() -> dict[str, Any]:
    """The error object, as `LedgerError.to_dict` makes it."""
    properties: dict[str, Any] = {
        "code": {**_TEXT, "description": "An upper-case word for programs."},
        "message": {**_TEXT, "description": "What went wrong, in one sentence."},
        "hint": {**_MAYBE_TEXT, "description": "The command that would help, quoted for a POSIX shell."},
        "remediation": _TEXTS,
        "details": {"type": "object"},
        "task_id": _MAYBE_TEXT,
        "blocking_refs": _TEXTS,
        "exit_code": {"type": "integer"},
        "retryable": {"type": "boolean", "description": "Whether the same command may succeed when tried again."},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def summary_of(op: type[Operation]) -> str:
    """The first line of the operation's help."""
    return cleandoc(op.__doc__ or "").partition("\n")[0]


# ---------------------------------------------------------------------------------------------- the command


class CommandLine(Struct):
    """One command that has a schema."""

    command: str
    id: str
    summary: str
    writes: bool


class CommandList(Struct):
    """The commands that have a schema."""

    commands: list[CommandLine]
    total: int
    truncated: bool = False
    kind: str = "command_list"


def listed(operations: list[type[Operation]]) -> CommandList:
    """Operations as a list."""
    lines = [
        CommandLine(command=op.command, id=command_id(op), summary=summary_of(op), writes=op.writes)
        for op in operations
    ]
    return CommandList(commands=lines, total=len(lines))


def find(words: list[str]) -> type[Operation] | list[type[Operation]]:
    """The operation that `todo done` (or `todo.done`) names; those of a noun, or all, where no verb is given."""
    path = [part for word in words for part in word.replace(".", " ").split()]
    if not path:
        return all_operations()
    name, verbs = path[0], path[1:]
    if name in HANDWRITTEN:
        raise InvalidInput(f"{name!r} is not an operation and has no schema.", hint=(PROGRAM, name, "--help"))
    if name not in NOUNS and name not in ROOTS:
        raise unknown_command([], name, [*ROOTS, *NOUNS])
    found = operations_of(name)
    if name in ROOTS and not verbs:
        return found[""]
    if not verbs:
        return list(found.values())
    verb = " ".join(verbs)
    if not verb or verb not in found:
        raise unknown_command([name], verb, [verb for verb in found if verb])
    return found[verb]


@click.pass_obj
def _run(session: Any, /, words: tuple[str, ...]) -> None:
    found = find(list(words))
    if isinstance(found, list):
        session.answer(listed(found))
        return
    document = schema_of(found)
    if session.json:
        session.answer(document)
    else:
        session.console.json_text(json.dumps(document, indent=2, ensure_ascii=False))


schema = Command(
    "schema",
    callback=_run,
    params=[
        Argument(["words"], nargs=-1, required=False, metavar="[COMMAND...]", about="The command, like `todo done`."),
    ],
    help="Show the JSON Schema of what a command takes and answers.\n\n"
    "The schema describes what the command answers with --json; its definition `input` is what it takes, `result` "
    "what it answers. Without COMMAND, or with a noun alone, the commands are listed.",
)
