"""Carrying out what a call asks for, in a worker thread: the answer, or the failure, in the envelope of `--json`."""

from collections.abc import Callable, Mapping
from typing import Any

import os
import sys

import msgspec

from gitledger.errors import InvalidInput, LedgerError
from gitledger.ops._base import Operation, command_id, needs_remote
from gitledger.ops._facts import PROGRAM

# (done, total) of long work; it raises to stop work that only looks.
Progress = Callable[[int, int], None]


class Surroundings(msgspec.Struct, frozen=True):
    """Where the server works: a folder, the ledger that was named, and the environment; `at` is the entry or date to look back to."""

    root: str
    ledger: str | None
    environ: Mapping[str, str]
    at: str | None = None

    def of_client(self, name: str | None) -> "Surroundings":
        """The same, with the client as the harness, where none is named or detected."""
        if not name or "AI_AGENT" in self.environ:
            return self
        return msgspec.structs.replace(self, environ={**self.environ, "AI_AGENT": name.replace("@", " ")})


class Quiet:
    """Where the output of programs goes: nowhere, for its end stands in the answer, and nobody may read our streams."""

    def __init__(self, look: Callable[[], None]) -> None:
        self.look = look

    def pass_on(self, stream: int, data: bytes) -> None:
        """Let it go by."""

    def tell(self, text: str) -> None:
        """Nothing is said."""

    def confirm(self, lines: list[str]) -> bool | None:
        """Nobody is there to be asked."""
        return None


def open_there(around: Surroundings) -> Any:
    """The ledger as it is now, so that what others have written is seen, or as it was. Nobody sits at a terminal here."""
    from gitledger.ledger import open_ledger

    ledger = open_ledger(around.root, ledger=around.ledger, environ=around.environ, has_terminal=False)
    if around.at is not None:
        ledger.look_back(around.at)
    return ledger


def carry_out(
    around: Surroundings, op: Operation, request: str | None, progress: Progress, look: Callable[[], None]
) -> dict[str, Any]:
    """The success envelope. Raises a LedgerError that says why not."""
    if not op.needs_repository and around.at is None:
        return success(command_id(op), op.show(None))  # type: ignore[arg-type]
    done = perform(around, op, request, progress, look)
    return success(command_id(op), done.view, task_id=done.task_id, events=done.events, warnings=done.warnings)


def perform(
    around: Surroundings, op: Operation, request: str | None, progress: Progress, look: Callable[[], None]
) -> Any:
    """What came of an operation. Raises a LedgerError that says why not.

    `look` is called now and then while programs run, and raises to end them.
    """
    ledger = open_there(around)
    ledger.progress = progress
    ledger.streams = Quiet(look)
    with ledger.naming():
        return _run(ledger, op, request, around)


def _run(ledger: Any, op: Operation, request: str | None, around: Surroundings) -> Any:
    if not needs_remote(op, lambda: ledger.config.claims_are_remote):
        return ledger.run(op, request=request)
    from gitledger.sync import run

    return run(ledger, op, folder=os.path.abspath(around.root), asks=False, request=request)


# ---------------------------------------------------------------------------------------------- envelopes


def success(
    command: str, view: Any, *, task_id: str | None = None, events: list[str] | None = None, warnings: list[str] | None = None
) -> dict[str, Any]:
    """`ok`, with the answer as plain data."""
    envelope: dict[str, Any] = {"ok": True, "command": command}
    if task_id is not None:
        envelope["task_id"] = task_id
    result = msgspec.to_builtins(view, str_keys=True)
    return envelope | {"result": result, "events": list(events or ()), "warnings": list(warnings or ())}


def failure(command: str, error: LedgerError) -> dict[str, Any]:
    """Not `ok`, with all that helps."""
    if isinstance(error, InvalidInput) and not error.hint:
        error.hint = (PROGRAM, *(command.split(".") if "." in command else ()), "--help")
    return {"ok": False, "command": command, "error": error.to_dict()}


def bug(command: str, error: Exception) -> dict[str, Any]:
    """gitledger itself failed: what is known of it."""
    return failure(command, report_bug(error))


def report_bug(error: Exception) -> LedgerError:
    """The error of a bug, with the traceback on standard error, where clients keep their logs."""
    import traceback

    traceback.print_exception(error, file=sys.stderr)
    message = f"gitledger itself failed ({type(error).__name__}). Nothing you did should cause this."
    hint = (PROGRAM, "version", "--full")
    return LedgerError(message, hint=hint, remediation=("The traceback is in the log of the server.",))
