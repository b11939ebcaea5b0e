"""A tool as a class: its fields are the parameters, its docstring the description, and `answer` carries it out."""

from collections.abc import Mapping
from inspect import cleandoc
from typing import Any, ClassVar, get_type_hints

import msgspec
from mcp_types import Tool as Listed

from gitledger.mcp.orchestrator.desk import Desk
from gitledger.mcp.orchestrator.errors import Misused, Plain

# JSON in a string, as the reference wants it; the value itself will do as well.
Json = str | list | dict

_KINDS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    Json: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    int | None: {"anyOf": [{"type": "integer"}, {"type": "null"}]},
}
_RESULT = {"result": {"title": "Result", "type": "string"}}


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a tool. Empty text stands for what was not given.

    `tool` is its name. `fails`: what it refuses is told as a failed call, and not as an answer that holds an error.
    """

    tool: ClassVar[str] = ""
    fails: ClassVar[bool] = False

    def answer(self, desk: Desk) -> Any:
        """Carry it out. The answer is plain data. Raises a LedgerError."""
        raise NotImplementedError


def listed(tool: type[Tool]) -> Listed:
    """The tool as it is listed: nothing in it comes from a ledger."""
    return Listed(
        name=tool.tool,
        description=cleandoc(tool.__doc__ or ""),
        input_schema=_form(tool),
        output_schema={"type": "object", "properties": _RESULT, "required": ["result"], "title": f"{tool.tool}Output"},
    )


def _form(tool: type[Tool]) -> dict[str, Any]:
    kinds = get_type_hints(tool)
    properties, required = {}, []
    for field in msgspec.structs.fields(tool):
        form = {"title": field.name.replace("_", " ").title(), **_KINDS[kinds[field.name]]}
        if field.required:
            required.append(field.name)
        else:
            form["default"] = field.default
        properties[field.name] = form
    schema = {"properties": properties, "title": f"{tool.tool}Arguments", "type": "object"}
    return schema | ({"required": required} if required else {})


def parse(tool: type[Tool], arguments: Mapping[str, Any]) -> Tool:
    """The call that the arguments describe: `"7"` is a number where one is wanted, what is not known is passed over.

    Raises Misused that names the argument.
    """
    known = {name: value for name, value in arguments.items() if name in tool.__struct_fields__ and value is not None}
    try:
        return msgspec.convert(known, tool, strict=False)
    except msgspec.ValidationError as error:
        raise Misused(f"1 validation error for {tool.tool}Arguments: {error}.") from None


def decode(value: Json, what: str) -> Any:
    """What a parameter in JSON holds. Raises Plain where it is no JSON."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise Plain(f"{what} is not JSON: {error}.") from None


def decode_list(value: Json, what: str) -> list[Any]:
    """The array that a parameter in JSON holds. Raises Plain where it is none."""
    found = decode(value, what)
    if not isinstance(found, list):
        raise Plain(f"{what} must be a JSON array.")
    return found


def check_operation(operation: str, known: tuple[str, ...], words: str = "Use") -> None:
    """Refuse an operation that the tool does not have."""
    if operation not in known:
        raise Plain(f"Invalid operation: {operation[:80]}. {words}: {', '.join(known)}")
