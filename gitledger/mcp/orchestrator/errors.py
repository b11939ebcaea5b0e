"""What the reference answers where it refuses: an error with a code and a field, or a bare sentence; and failed calls."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gitledger.errors import Conflict, InvalidInput, LedgerError, NotFound, Refused, ValidationFailed

CODES = ("NOT_FOUND", "VALIDATION", "CONFLICT", "DEPENDENCY_UNSATISFIED", "GATE_BLOCKED")
_KINDS: tuple[tuple[type[LedgerError], str], ...] = (
    (InvalidInput, "VALIDATION"),
    (NotFound, "NOT_FOUND"),
    (Conflict, "CONFLICT"),
    (ValidationFailed, "GATE_BLOCKED"),
    (Refused, "GATE_BLOCKED"),
)
# How the operations call a field, and how the tools do.
_FIELDS = {"due": "due_at", "type": "item_type", "labels": "tags", "parent": "parent_id"}


class Plain(InvalidInput):
    """A refusal that the reference tells in a bare sentence."""


class Misused(InvalidInput):
    """Arguments that do not fit the tool, or a tool that is not there: the call itself fails."""


def invalid(field: str, message: str) -> InvalidInput:
    """`VALIDATION`, with the parameter that is wrong."""
    return InvalidInput(message, code="VALIDATION", details={"field": field})


def missing(field: str, message: str) -> NotFound:
    """`NOT_FOUND`, with the parameter that named it."""
    return NotFound(message, hint=("gitledger", "item", "list"), details={"field": field})


def conflict(field: str, message: str) -> Conflict:
    """`CONFLICT`, with the parameter that it is about."""
    return Conflict(message, hint=("gitledger", "item", "list"), details={"field": field})


@contextmanager
def about(field: str) -> Iterator[None]:
    """Within, a refusal is about this parameter."""
    try:
        yield
    except LedgerError as error:
        error.details["field"] = field
        raise


def told(error: LedgerError) -> dict[str, Any]:
    """A refusal as an answer."""
    if isinstance(error, Plain):
        return {"error": error.message}
    said = {"code": _code_of(error), "message": error.message}
    field = error.details.get("field")
    return {"error": said | ({"field": _FIELDS.get(field, field)} if field else {})}


def _code_of(error: LedgerError) -> str:
    """The reference's word; its own where there is none, as for a repository that cannot be read."""
    if error.code in CODES:
        return error.code
    return next((code for kind, code in _KINDS if isinstance(error, kind)), error.code)
