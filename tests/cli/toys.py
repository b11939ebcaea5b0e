"""Operations, views and a ledger for the tests of the command line: everything that `build` has to understand."""

import contextlib
import io
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType

from gitledger.cli.main import run
from gitledger.errors import LedgerError
from gitledger.ops._base import Operation, TaskOperation, arg, opt


class Heard(Struct):
    """What the operation was given."""

    task_id: str | None
    title: str
    values: dict[str, Any]
    kind: Literal["heard"] = "heard"


class Everything(TaskOperation, frozen=True, kw_only=True):
    """Try everything.

    A second paragraph that explains.
    """

    command = "toy everything"

    title: Annotated[str, arg("What it is.")]
    text: Annotated[str | None, opt("The text.", short="t", file="--from-file")] = None
    inline: Annotated[str | None, opt("Read from -.", is_input=True)] = None
    label: Annotated[list[str], opt("A label.")] = []
    result: Annotated[Literal["passed", "failed"] | None, opt("How it went.")] = None
    number: Annotated[int, Meta(ge=1), opt("How many.", metavar="N", name="count")] = 3
    loud: Annotated[bool, opt("Say it loudly.")] = False
    keep: Annotated[bool, opt("Keep it.", off="no-keep")] = True
    maybe: Annotated[bool | None, opt("Perhaps.", off="--not-maybe")] = None
    owner: Annotated[str | None | UnsetType, opt("Who.")] = UNSET


class Look(TaskOperation, frozen=True, kw_only=True):
    """Look at a task."""

    command = "toy look"
    writes = False


class Needs(Operation, frozen=True, kw_only=True):
    """Needs a text, from a file or not."""

    command = "toy needs"

    text: Annotated[str, opt("The text.", file="file")]
    reason: Annotated[str, opt("Why.")]


class Wrap(Operation, frozen=True, kw_only=True):
    """Take what follows `--`."""

    command = "toy wrap"

    argv: Annotated[list[str], arg("The command.", metavar="ARGV...")]


class Template(Operation, frozen=True, kw_only=True):
    """Write a file."""

    command = "toy template"
    writes = False

    output: Annotated[str | None, opt("Where to.", name="file", output=True)] = None
    overwrite: Annotated[bool, opt("Replace what is there.")] = False


class Recorded(Template, frozen=True, kw_only=True):
    """Record, and write a file."""

    command = "toy recorded"
    writes = True


TOYS = {op.command.partition(" ")[2]: op for op in (Everything, Look, Needs, Wrap, Template, Recorded)}


class Written(Struct):
    """A view that is written to a file."""

    template: str
    path: str | None

    def written(self) -> tuple[str, str] | None:
        return (self.path, self.template) if self.path else None


class Verdict(Struct):
    """A report that says no."""

    passed: bool = False

    @property
    def report_exit(self) -> int:
        return 7


class Outcome(NamedTuple):
    view: Any
    events: list[str] = []
    warnings: list[str] = []
    task_id: str | None = None
    changed: bool = False


class ToyLedger:
    """Remembers the operations it ran; answers with `view`, or raises it."""

    def __init__(self, view: Any = None, **outcome: Any) -> None:
        self.view = view
        self.outcome = outcome
        self.seen: list[Any] = []
        self.opened: tuple[str, str | None] | None = None

    def open(self, path: str, *, ledger: str | None, environ: Mapping[str, str]) -> "ToyLedger":
        self.opened = (path, ledger)
        self.environ = environ
        return self

    def naming(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def run(self, op: Any, request: str | None = None) -> Outcome:
        self.seen.append(op)
        view = self.view(op) if callable(self.view) else self.view
        if isinstance(view, BaseException):
            raise view
        return Outcome(view, **self.outcome)

    @property
    def op(self) -> Any:
        return self.seen[-1]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        return self.json["error"]


def call(
    *argv: str,
    ledger: ToyLedger | None = None,
    stdin: bytes = b"",
    tty: bool = False,
    environ: dict[str, str] | None = None,
    program: str = "gitledger",
) -> Result:
    """Run the program in this process."""
    out, err = (Terminal(), Terminal()) if tty else (io.StringIO(), io.StringIO())
    ledger = ledger or ToyLedger("said")
    code = run(
        argv,
        stdin=io.BytesIO(stdin),
        stdout=out,
        stderr=err,
        environ=environ or {},
        open_ledger=ledger.open,
        program=program,
    )
    return Result(code, out.getvalue(), err.getvalue())


def refusal(**details: Any) -> LedgerError:
    return LedgerError("No.", **details)
