"""A command and its arguments as data, as programs hand them over: which operation that is, and the operation made of it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, get_args, get_origin

import re

import msgspec

from gitledger.ops._base import Operation
from gitledger.ops._facts import PROGRAM
from gitledger.ops._registry import NOUNS, ROOTS, operation_at, verbs_apart

# Files are the affair of whoever calls: what a command would write to one stands in its answer.
_FOR_FILES = ("overwrite",)


class Parameter(NamedTuple):
    """An argument of a command: the field of the operation, without the underscore that Python asks for, and its option."""

    name: str
    field: str
    option: str


def words_of(command: str) -> list[str]:
    """`todo done`, `todo.done` or `gitledger todo done` as words."""
    words = command.replace(".", " ").split()
    return words[1:] if words[:1] == [PROGRAM] else words


def operation_named(words: list[str]) -> tuple[type[Operation] | None, list[str]]:
    """The operation that the first words name, if there is one, and the words that follow them."""
    name, verb = words[0] if words else "", words[1] if len(words) > 1 else ""
    if name in ROOTS and verb not in verbs_apart(name):
        return operation_at(name, ""), words[1:]
    return operation_at(name, verb) if name in ROOTS or name in NOUNS else None, words[2:]


@lru_cache(maxsize=None)
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


def values_of(op: type[Operation], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by field; null counts as not given."""
    known = parameters_of(op)
    return {known[name].field: value for name, value in arguments.items() if value is not None}


def complaint(error: msgspec.ValidationError) -> str:
    """msgspec's sentence with the argument in front, in place of its path at the end."""
    message = str(error)
    found = re.fullmatch(r"(.*?) - at `\$\.(\w+?)_?((?:\[\S*\])*)`", message)
    return f"{found[2]}{found[3]}: {found[1][:1].lower()}{found[1][1:]}." if found else message.replace("_`", "`") + "."
