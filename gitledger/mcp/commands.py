"""Which operation a call names, and the operation made of its arguments: real values, checked strictly."""

from collections.abc import Mapping
from inspect import cleandoc
from typing import Annotated, Any, NamedTuple, get_args, get_origin

import re

import msgspec

from gitledger.errors import InvalidInput
from gitledger.ops._base import PROGRAM, Operation
from gitledger.ops._registry import NOUNS, ROOTS, all_operations, operations_of

# It is for hooks, which hand it their standard input.
_LEFT_OUT = ("hooks run",)
# They make no entry, and still decide something here: no tool that says it only reads may do that.
_DECIDES = ("evidence trust",)
# Files are the client's affair: what a command would write to one stands in its answer.
_FOR_FILES = ("overwrite",)
# Nobody is there to stop a program that hangs.
CHILD_TIMEOUT = "10m"


class Parameter(NamedTuple):
    """An argument of a command: the field of the operation, without the underscore that Python asks for, and its option."""

    name: str
    field: str
    option: str


def parameters_of(op: type[Operation]) -> dict[str, Parameter]:
    """The arguments that `op` takes here, by name."""
    found = {}
    for field in op.__struct_fields__:
        extra = _extra_of(op, field)
        if not extra.get("output") and field not in _FOR_FILES:
            name = field.rstrip("_")
            found[name] = Parameter(name, field, (extra.get("name") or name.replace("_", "-")).lstrip("-"))
    return found


def _extra_of(op: type[Operation], field: str) -> dict[str, Any]:
    annotation = next(kind.__annotations__[field] for kind in op.__mro__ if field in getattr(kind, "__annotations__", {}))
    metas = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return {key: value for meta in metas if isinstance(meta, msgspec.Meta) for key, value in (meta.extra or {}).items()}


def reads_only(op: type[Operation]) -> bool:
    """Whether the command changes nothing, in the ledger or beside it."""
    return not op.writes and op.command not in _DECIDES


# ---------------------------------------------------------------------------------------------- which


def find(command: str) -> type[Operation]:
    """The operation that `todo done`, `todo.done` or `gitledger todo done` names. Raises InvalidInput that says what was meant."""
    words = _words(command)
    if words and words[0] in ROOTS:
        found, rest = operations_of(words[0]).get(""), words[1:]
    else:
        found, rest = _verbs(words[0]).get(" ".join(words[1:2])) if words else None, words[2:]
    if found is None or found.command in _LEFT_OUT:
        raise _unknown(command)
    if rest:
        raise misuse(found, f"A command is its words alone, {found.command!r}; what follows them belongs into `arguments`.")
    return found


def listed(start: str = "") -> list[type[Operation]]:
    """The operations whose command begins with the words of `start`; all of them without any."""
    words = _words(start)
    found = [op for op in all_operations() if op.command not in _LEFT_OUT and op.command.split()[: len(words)] == words]
    if not found:
        raise _unknown(start)
    return found


def _words(command: str) -> list[str]:
    words = command.replace(".", " ").split()
    return words[1:] if words[:1] == [PROGRAM] else words


def _verbs(noun: str) -> dict[str, type[Operation]]:
    return operations_of(noun) if noun in NOUNS else {}


def _unknown(command: str) -> InvalidInput:
    from difflib import get_close_matches

    words = _words(command)
    known = [op.command for op in all_operations() if op.command not in _LEFT_OUT]
    meant = [name for name in known if words and name.split()[-1] == words[-1]]
    meant = meant or get_close_matches(" ".join(words), known, n=3, cutoff=0.6)
    return InvalidInput(
        f"{command[:80]!r} is not a command." + (f" Did you mean {' or '.join(map(repr, meant[:3]))}?" if meant else ""),
        code="UNKNOWN_COMMAND",
        hint=(PROGRAM, *(meant[0].split() if meant else ()), "--help"),
        remediation=("Call `describe` without a command: it lists them.",),
        details={"did_you_mean": meant[:3]},
    )


def misuse(op: type[Operation], message: str, code: str | None = None) -> InvalidInput:
    """The refusal of a call that does not fit the command."""
    return InvalidInput(
        message,
        code=code,
        hint=(PROGRAM, *op.command.split(), "--help"),
        remediation=(f"Call `describe` with the command {op.command!r}: it tells the arguments.",),
    )


# ---------------------------------------------------------------------------------------------- with what


def make_operation(op: type[Operation], arguments: Mapping[str, Any], only: tuple[str, ...] = ()) -> Operation:
    """The operation that the arguments describe. `only`: the arguments that the tool offers, where those are not all.

    Raises InvalidInput that names the argument.
    """
    known = parameters_of(op)
    offered = [name for name in known if not only or name in only]
    unknown = [name for name in arguments if name not in offered]
    if unknown:
        raise misuse(op, f"There is no argument {unknown[0][:80]!r}; known are: {', '.join(offered) or 'none'}.")
    values = {known[name].field: value for name, value in arguments.items() if value is not None}
    if op.starts_children and "timeout" in known:
        values.setdefault("timeout", CHILD_TIMEOUT)
    try:
        return msgspec.convert(values, op)
    except msgspec.ValidationError as error:
        raise misuse(op, _complaint(str(error))) from None


def _complaint(message: str) -> str:
    """msgspec's sentence with the argument in front, in place of its path at the end."""
    found = re.fullmatch(r"(.*?) - at `\$\.(\w+?)_?((?:\[\S*\])*)`", message)
    return f"{found[2]}{found[3]}: {found[1][:1].lower()}{found[1][1:]}." if found else message.replace("_`", "`") + "."


# ---------------------------------------------------------------------------------------------- in words


def summary_of(op: type[Operation]) -> str:
    """The first line of the operation's help, in the words of these tools."""
    return spoken(op, cleandoc(op.__doc__ or "").partition("\n")[0])


def spoken(op: type[Operation], text: str) -> str:
    """A help text whose options (`--explain`) are called as the arguments are."""
    names = {parameter.option: parameter.name for parameter in parameters_of(op).values()}
    text = text.replace("; may be given more than once", "")  # it is an array here
    return re.sub(r"--([a-z][a-z-]*)", lambda match: f"`{names[match[1]]}`" if match[1] in names else match[0], text)
