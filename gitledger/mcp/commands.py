"""Which operation a call names, and the operation made of its arguments: real values, checked strictly."""

from collections.abc import Mapping
from inspect import cleandoc
from typing import Any

import re

import msgspec

from gitledger.errors import InvalidInput
from gitledger.ops._base import Operation
from gitledger.ops._calls import complaint, operation_named, parameters_of, values_of, words_of
from gitledger.ops._facts import PROGRAM
from gitledger.ops._registry import all_operations

# It is for hooks, which hand it their standard input.
_LEFT_OUT = ("hooks run",)
# They make no entry, and still decide something here: no tool that says it only reads may do that.
_DECIDES = ("evidence trust",)
# Nobody is there to stop a program that hangs.
CHILD_TIMEOUT = "10m"


def reads_only(op: type[Operation]) -> bool:
    """Whether the command changes nothing, in the ledger or beside it."""
    return not op.writes and op.command not in _DECIDES


# ---------------------------------------------------------------------------------------------- which


def find(command: str) -> type[Operation]:
    """The operation that `todo done`, `todo.done` or `gitledger todo done` names. Raises InvalidInput that says what was meant."""
    found, rest = operation_named(words_of(command))
    if found is None or found.command in _LEFT_OUT:
        raise _unknown(command)
    if rest:
        raise misuse(found, f"A command is its words alone, {found.command!r}; what follows them belongs into `arguments`.")
    return found


def listed(start: str = "") -> list[type[Operation]]:
    """The operations whose command begins with the words of `start`; all of them without any."""
    words = words_of(start)
    found = [op for op in all_operations() if op.command not in _LEFT_OUT and op.command.split()[: len(words)] == words]
    if not found:
        raise _unknown(start)
    return found


def _unknown(command: str) -> InvalidInput:
    from difflib import get_close_matches

    words = words_of(command)
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
    values = values_of(op, arguments)
    if op.starts_children and "timeout" in known:
        values.setdefault("timeout", CHILD_TIMEOUT)
    try:
        return msgspec.convert(values, op)
    except msgspec.ValidationError as error:
        raise misuse(op, complaint(error)) from None


# ---------------------------------------------------------------------------------------------- in words


def summary_of(op: type[Operation]) -> str:
    """The first line of the operation's help, in the words of these tools."""
    return spoken(op, cleandoc(op.__doc__ or "").partition("\n")[0])


def spoken(op: type[Operation], text: str) -> str:
    """A help text whose options (`--explain`) are called as the arguments are."""
    names = {parameter.option: parameter.name for parameter in parameters_of(op).values()}
    text = text.replace("; may be given more than once", "")  # it is an array here
    return re.sub(r"--([a-z][a-z-]*)", lambda match: f"`{names[match[1]]}`" if match[1] in names else match[0], text)
