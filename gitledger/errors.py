"""Every refusal gitledger makes: one root, few kinds, each with a code, an exit code and a next command."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# The ledger that recommended commands have to name. It is kept here, and not handed through every rule and view, for
# all of them spell commands, and none of them needs to know by which way the ledger was chosen.
_ledger_to_name: ContextVar[str | None] = ContextVar("ledger to name", default=None)


@contextmanager
def naming(ledger: str | None) -> Iterator[None]:
    """Within, commands that are recommended name this ledger, for they would lead to another one without it."""
    token = _ledger_to_name.set(ledger)
    try:
        yield
    finally:
        _ledger_to_name.reset(token)


def named(argv: Sequence[str]) -> tuple[str, ...]:
    """A command as it has to be typed to act on the ledger that this is about."""
    ledger = _ledger_to_name.get()
    if ledger is None or len(argv) < 2 or argv[0] != "gitledger" or argv[1] == "--ledger" or argv[-1] == "--help":
        return tuple(argv)
    return (argv[0], "--ledger", ledger, *argv[1:])


def command_line(argv: Sequence[str]) -> str:
    """An argument list as one line that a POSIX shell reads back to the same list, with the ledger where it has to be named.

    The placeholder `...` stands in double quotes, as taskledger prints it.
    """
    import shlex  # slow to import, and only some answers hold a command

    return " ".join('"..."' if word == "..." else shlex.quote(word) for word in named(tuple(argv)))


class LedgerError(Exception):
    """What went wrong, in one sentence, with a machine-readable code and the command that would help.

    `hint` is an argument list (`("gitledger", "task", "list")`), never a string, so that no name from a
    repository can smuggle shell syntax into it. Bad input may leave it out: a face then names the help of the
    command that was asked for. `exit_code` follows the table of design §7.
    """

    code = "INTERNAL"
    exit_code = 1
    retryable = False
    usual_hint: tuple[str, ...] = ()

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: Sequence[str] = (),
        remediation: Sequence[str] = (),
        details: dict[str, Any] | None = None,
        task_id: str | None = None,
        blocking_refs: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        self.hint = named(tuple(hint) or self.usual_hint)
        self.remediation = tuple(remediation)
        self.details = details or {}
        self.task_id = task_id
        self.blocking_refs = tuple(blocking_refs)

    @property
    def hint_text(self) -> str | None:
        """The hint as one shell-quoted line, or None."""
        return command_line(self.hint) if self.hint else None

    def to_dict(self) -> dict[str, Any]:
        """The `error` object of the JSON contract (design §7)."""
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint_text,
            "remediation": list(self.remediation),
            "details": self.details,
            "task_id": self.task_id,
            "blocking_refs": list(self.blocking_refs),
            "exit_code": self.exit_code,
            "retryable": self.retryable,
        }


class InvalidInput(LedgerError):
    """The input itself is wrong: exit 2."""

    code = "INVALID_INPUT"
    exit_code = 2


class Refused(LedgerError):
    """A workflow gate said no: exit 3."""

    code = "WORKFLOW_REJECTION"
    exit_code = 3


class Conflict(LedgerError):
    """Somebody else holds it, or a reference is ambiguous: exit 4."""

    code = "CONFLICT"
    exit_code = 4


class NotFound(LedgerError):
    """What was named does not exist: exit 5."""

    code = "NOT_FOUND"
    exit_code = 5


class StorageError(LedgerError):
    """The repository or the ledger cannot be read or written: exit 6."""

    code = "STORAGE_ERROR"
    exit_code = 6


class ValidationFailed(LedgerError):
    """Todos, checks or lint are not satisfied: exit 7."""

    code = "VALIDATION_FAILED"
    exit_code = 7


class SyncError(LedgerError):
    """Another repository could not be reached, or did not take what was sent: exit 8."""

    code = "REMOTE_FAILED"
    exit_code = 8
    usual_hint = ("gitledger", "remote", "status")

    @property
    def retryable(self) -> bool:  # type: ignore[override]
        """Whether the same request may succeed later, without anybody changing anything."""
        return self.code in ("REMOTE_UNREACHABLE", "REMOTE_TIMEOUT", "REMOTE_RACE")


class Interrupted(LedgerError):
    """Somebody pressed Ctrl-C, or ended this process while it waited for another: exit 130."""

    code = "INTERRUPTED"
    exit_code = 130


class LostRace(Conflict):
    """Another writer moved the ref first. `Ledger.run` catches it and decides again."""

    code = "LOST_RACE"
    retryable = True
    usual_hint = ("gitledger", "log", "--limit", "5")


class Unanswered(LedgerError):
    """What was asked for is done and recorded, and only the answer to it failed: exit 1, for it is no refusal."""

    usual_hint = ("gitledger", "log", "--limit", "1")

    def __init__(self, events: Sequence[str], cause: LedgerError) -> None:
        super().__init__(
            f"What you asked for is recorded; only the answer to it failed: {cause.message}",
            remediation=cause.remediation,
            details={"events": list(events), "cause": cause.code, "cause_details": cause.details},
            task_id=cause.task_id,
        )


def extra_missing(what: str, extra: str) -> StorageError:
    """The refusal of what needs an optional part of the package."""
    return StorageError(
        f"{what}, which are not installed beside gitledger.",
        code="EXTRA_MISSING",
        hint=("gitledger", "version", "--full"),
        remediation=(f"python -m pip install 'gitledger[{extra}]'",),
    )
