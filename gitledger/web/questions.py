"""What a page may ask: names under `/api/`, each a command that only looks, with the arguments that pages need."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from gitledger.errors import InvalidInput, NotFound
from gitledger.ops._base import Operation
from gitledger.ops._calls import complaint, operation_named, values_of
from gitledger.ops._facts import PROGRAM


class Question(NamedTuple):
    """A command, the arguments that it takes here, and those of them that may be given more than once."""

    command: str
    takes: tuple[str, ...] = ()
    many: tuple[str, ...] = ()


QUESTIONS = {
    "where": Question("where"),
    "ledgers": Question("ledger list"),
    "overview": Question("overview", ("workspace", "limit")),
    "tasks": Question(
        "task list",
        ("role", "text", "archived", "workspace", "newest", "offset", "limit", "all_ledgers"),
        ("status", "labels"),
    ),
    "labels": Question("tag list"),
    "task": Question("view", ("task",)),
    "related": Question("task show", ("task",)),
    "evidence": Question("evidence list", ("task",)),
    "events": Question("task events", ("task", "limit")),
    "log": Question("log", ("task", "limit")),
}
_HELP = (PROGRAM, "serve", "--help")


def operation_for(name: str, query: Mapping[str, Sequence[str]]) -> Operation:
    """The operation that answers a question. Raises NotFound where there is no such question, InvalidInput where it is put wrongly."""
    question = QUESTIONS.get(name)
    if question is None:
        raise NotFound(f"There is nothing to ask under that name; known are: {', '.join(QUESTIONS)}.", hint=_HELP)
    op, _ = operation_named(question.command.split())
    assert op is not None  # the table names what there is
    arguments: dict[str, str | list[str]] = {}
    for word, given in query.items():
        if word not in question.takes + question.many:
            raise InvalidInput(f"There is no argument {word[:80]!r} here.", hint=_HELP)
        if word not in question.many and len(given) > 1:
            raise InvalidInput(f"The argument {word!r} is given more than once.", hint=_HELP)
        arguments[word] = list(given) if word in question.many else given[0]
    try:
        return msgspec.convert(values_of(op, arguments), op, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(complaint(error), hint=_HELP) from None
