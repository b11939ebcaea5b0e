"""Operations that a program has to run for first: what it is to be, what came of it, and the evidence that is made of it."""

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Struct

from gitledger.errors import InvalidInput
from gitledger.model.events import EvidenceRecorded
from gitledger.model.policy import parse_duration
from gitledger.model.task import Evidence, Task
from gitledger.ops._base import TaskOperation, arg, opt
from gitledger.ops._facts import Trees
from gitledger.ops._world import World, next_number

# An argument list becomes a text of an event, quoted for a shell, which may hold 256 KiB.
MAX_ARGV = 32 * 1024


class Wanted(Struct, frozen=True, kw_only=True):
    """A program to run: without a shell, in `folder` (relative to the top of the work tree; None: where the user is).

    `of` is the evidence whose command it is, where it is run again. With a `document`, which a person is to edit, the
    program is their editor, and `argv` is empty.
    """

    argv: tuple[str, ...]
    folder: str | None = None
    of: str | None = None
    document: str | None = None
    timeout_s: int | None = None
    capture: str = "tail"


class Ran(Struct, frozen=True, kw_only=True):
    """What came of it: secrets are masked in everything. `trees` are those that it began on.

    `line` is the argument list as one line for people, which goes into `folder` first where that is not the top of
    the work tree. The tails hold at most 4 KiB each. `document` is what became of the one that was to be edited, and
    `kept` the file that it is in until it is recorded.
    """

    argv: tuple[str, ...]
    line: str
    exit_code: int
    duration_ms: int
    output_digest: str | None = None
    output_tail: str | None = None
    stdout: str = ""
    stderr: str = ""
    trees: Trees = Trees()
    of: str | None = None
    document: str | None = None
    kept: str | None = None

    @property
    def passed(self) -> bool:
        """Whether it ended with 0."""
        return self.exit_code == 0

    @property
    def short(self) -> str:
        """The line, cut to 80 characters."""
        line = " ".join(self.line.split())
        return line if len(line) <= 80 else line[:77] + "..."


class ChildOperation(TaskOperation, frozen=True, kw_only=True):
    """An operation that programs run for: first its guards are asked and `wanted` tells which; `decide` finds them in `world.ran`."""

    starts_children = True

    def wanted(self, world: World) -> list[Wanted]:
        """The programs to run, in order. Refuses whatever would be refused afterwards: a refused command starts nothing."""
        raise NotImplementedError

    def asks(self, world: World) -> bool:
        """Whether a person has to say yes first."""
        return False


class CommandOperation(ChildOperation, frozen=True, kw_only=True):
    """An operation that one program runs for: the one after `--`."""

    argv: Annotated[
        list[str],
        arg("The program and its arguments; no shell reads them.", metavar="-- COMMAND...", rest=True),
    ]
    summary: Annotated[str, opt("What it is to show.", is_input=True)] = ""
    allow_failure: Annotated[bool, opt("Exit 0 even where the program does not.")] = False
    no_output: Annotated[bool, opt("Keep nothing of what it prints.")] = False
    timeout: Annotated[str | None, opt("End it after this time: seconds, 30m or 2h.", metavar="TIME")] = None

    def wanted(self, world: World) -> list[Wanted]:
        self.check(world)
        if not self.argv or not self.argv[0]:
            raise InvalidInput("There is no program to run.")
        if sum(len(word.encode("utf-8", "surrogateescape")) + 1 for word in self.argv) > MAX_ARGV:
            raise InvalidInput(f"The argument list is longer than {MAX_ARGV} bytes, too long to be recorded.")
        how = "off" if self.no_output else world.policy.capture
        return [Wanted(argv=tuple(self.argv), timeout_s=seconds_of(self.timeout), capture=how)]

    def check(self, world: World) -> None:
        """Refuse what can be known to be wrong before the program is started."""

    def what(self, world: World) -> str:
        return f"{world.ran[0].short} (exit {world.ran[0].exit_code})"


def seconds_of(text: str | None) -> int | None:
    """`--timeout` in seconds."""
    if text is None:
        return None
    seconds = parse_duration(text)
    if seconds is None:
        raise InvalidInput("--timeout must be a time like 90, 30m or 2h.")
    return seconds


def captured(task: Task, ran: Ran, *, kind: str, summary: str, subject: str | None, plan: str | None = None) -> EvidenceRecorded:
    """The evidence that a run gives for `subject`."""
    return EvidenceRecorded(
        number=next_number(task.evidence),
        kind=kind,
        summary=summary.strip("\n"),
        subject=subject,
        plan=plan,
        command=ran.line,
        argv=list(ran.argv),
        exit_code=ran.exit_code,
        passed=ran.passed,
        captured=True,
        duration_ms=ran.duration_ms,
        output_digest=ran.output_digest,
        output_tail=ran.output_tail,
        tree=ran.trees.tree,
        tree_all=ran.trees.tree_all,
    )


def ran_before(events: Sequence[Any]) -> list[Ran]:
    """What ran for a request that was carried out already, as far as its events tell."""
    return [
        Ran(
            argv=tuple(event.data.argv),
            line=event.data.command or "",
            exit_code=event.data.exit_code or 0,
            duration_ms=event.data.duration_ms or 0,
            output_digest=event.data.output_digest,
            output_tail=event.data.output_tail,
            stdout=event.data.output_tail or "",
            trees=Trees(tree=event.data.tree, tree_all=event.data.tree_all),
        )
        for event in events
        if event.type == "evidence.recorded" and event.data.captured
    ]


def line_of_argv(argv: Sequence[str], folder: str | None) -> str:
    """An argument list as one line for a POSIX shell at the top of the work tree."""
    import shlex  # slow to import, and this module is there for more than lines

    line = shlex.join(argv)
    return line if folder is None else f"cd {shlex.quote(folder)} && {line}"


def folder_of(evidence: Evidence | EvidenceRecorded) -> str | None:
    """Where captured evidence was taken, relative to the top of the work tree: what `line_of_argv` has written; None: at the top."""
    import shlex

    try:
        words = shlex.split(evidence.command or "")
    except ValueError:
        return None
    is_told = len(words) > 3 and words[0] == "cd" and words[2] == "&&" and words[3:] == evidence.argv
    return words[1] if is_told else None
