"""Operations that programs run for: asked first, run without a shell, and recorded with what came of them."""

from typing import Any, Protocol

import os
import shlex
import sys

from gitledger.errors import Interrupted, InvalidInput, LedgerError, Refused
from gitledger.exec import Ended, stream_child
from gitledger.ledger import editing
from gitledger.ledger.recording import record, refuse_writes
from gitledger.ledger.shell import Ledger, Outcome
from gitledger.model.capture import Capture
from gitledger.model.masking import Masker, mask_argv, secret_values
from gitledger.ops._captured import ChildOperation, Ran, Wanted, line_of_argv, ran_before
from gitledger.ops._drive import ask_guards


class Streams(Protocol):
    """Where a face lets a program's output go, and how it asks a person.

    A face whose requests can be withdrawn also has `look()`, which is called while programs run and raises to end them. One
    with a terminal has `edit(argv, environ)`, which runs an editor there and gives its exit code, or None without one.
    """

    def pass_on(self, stream: int, data: bytes) -> None:
        """Hand on what came on standard output (1) or standard error (2). Raises OSError where nobody takes it."""

    def tell(self, text: str) -> None:
        """Say something about what is going on."""

    def confirm(self, lines: list[str]) -> bool | None:
        """Show what would be run, and ask; None where there is nobody to ask."""


class Inherited:
    """This process's own streams, and nobody to ask: for who uses gitledger as a library."""

    def pass_on(self, stream: int, data: bytes) -> None:
        """Write to the standard output or error of this process."""
        target = sys.stdout if stream == 1 else sys.stderr
        target.flush()
        target.buffer.write(data)
        target.buffer.flush()

    def tell(self, text: str) -> None:
        """Nothing is said."""

    def confirm(self, lines: list[str]) -> bool | None:
        """Nobody is there."""
        return None


def run_children(ledger: Ledger, op: ChildOperation, request: str | None) -> Outcome:
    """Ask the operation's guards, run its programs, record what came of them.

    What is refused has started nothing. Who interrupts a program gets nothing recorded: that was no finding about the
    work. Where recording fails afterwards, the error tells how the programs ended.
    """
    streams: Streams = ledger.streams or Inherited()
    prepared = _prepare(ledger, op, request)
    if isinstance(prepared, Outcome):
        return prepared
    wanted, asks = prepared
    if wanted and asks:
        _confirm(op, wanted, streams)
    warnings: list[str] = []
    ran = [_carry_out(ledger, one, streams, warnings) for one in wanted]
    try:
        outcome = record(ledger, op, request, ran)
    except LedgerError as error:
        _tell_what_ran(error, ran)
        raise
    for one in ran:
        editing.discard(one)
    outcome.warnings = [*warnings, *outcome.warnings]
    return outcome


def _prepare(ledger: Ledger, op: ChildOperation, request: str | None) -> Outcome | tuple[list[Wanted], bool]:
    """The programs that `op` wants run, and whether a person is asked first; its guards have been asked, and nothing was done.

    The answer itself where this request was carried out before.
    """
    with ledger.snapshot_for(op) as snapshot:
        world = ledger.world_at(op, snapshot, request)
        if request is not None:
            world.ran = ran_before(world.source.requested(request))
            if ledger.repeats(op, world):
                return ledger.outcome_of(op, world)
        refuse_writes(ledger, op, snapshot)
        ask_guards(op, world)
        return op.wanted(world), op.asks(world)


def _carry_out(ledger: Ledger, wanted: Wanted, streams: Streams, warnings: list[str]) -> Ran:
    if wanted.document is not None:
        return editing.edit(ledger, wanted.document, streams)
    return _run_one(ledger, wanted, streams, warnings, is_again=wanted.of is not None)


def _tell_what_ran(error: LedgerError, ran: list[Ran]) -> None:
    """Add to an error how the programs ended for whose sake nothing was recorded, and where a text is that was edited."""
    programs = [one for one in ran if one.kept is None]
    if programs:
        error.details = {**error.details, "ran": [_told(one) for one in programs]}
        ended = ", ".join(f"`{one.short}` ended with {one.exit_code}" for one in programs)
        error.message = f"{error.message} It was not recorded that {ended}."
    for one in ran:
        if one.kept is not None:
            error.details = {**error.details, "kept": one.kept}
            error.remediation = (*error.remediation, f"What you wrote is in {one.kept}.")


def _told(ran: Ran) -> dict[str, Any]:
    return {"argv": list(ran.argv), "exit_code": ran.exit_code, "duration_ms": ran.duration_ms}


def _confirm(op: ChildOperation, wanted: list[Wanted], streams: Streams) -> None:
    lines = [line_of_argv(one.argv, None if one.folder in (None, ".") else one.folder) for one in wanted]
    answer = streams.confirm(lines)
    if answer:
        return
    why = "Nobody is there to be asked" if answer is None else "It was not wanted"
    raise Refused(
        f"{why}; nothing was run.",
        code="CONFIRMATION_REQUIRED",
        hint=("gitledger", "evidence", "list", *(("--task", op.task) if op.task else ())),
        remediation=("Look at the commands, then say it again with --yes.",) if answer is None else (),
        details={"commands": lines},
    )


def _run_one(ledger: Ledger, wanted: Wanted, streams: Streams, warnings: list[str], *, is_again: bool) -> Ran:
    environ = ledger.config.environ
    folder = _folder(ledger, wanted)
    secrets = secret_values(environ)
    argv = tuple(mask_argv(wanted.argv, Masker(secrets)))
    line = line_of_argv(argv, _below(ledger, folder))
    if is_again:
        streams.tell(f"again: {line}")
    before = ledger.source_trees(warnings, keep=True)
    capture = Capture(secrets, wanted.capture)
    passing = _Passing(streams, capture)
    look = getattr(streams, "look", None)
    ended = stream_child(wanted.argv, cwd=folder, environ=environ, sink=passing, timeout_s=wanted.timeout_s, look=look)
    if ended.interrupted_by is not None:
        raise _interrupted(line, ended)
    if passing.lost:
        warnings.append(f"The output of `{argv[0]}` could not be passed on: {passing.lost}.")
    if ended.timed_out:
        warnings.append(f"`{argv[0]}` was ended after {wanted.timeout_s} seconds, the time that it was given.")
    after = ledger.source_trees([], keep=False) if before.tree else before
    if after.tree != before.tree:
        warnings.append("Tracked files changed while it ran; the evidence is of the source tree that it began on.")
    kept = capture.close()
    return Ran(
        argv=argv,
        line=line,
        exit_code=ended.exit_code,
        duration_ms=ended.duration_ms if ledger.config.test_now is None else 0,  # the clock stands still
        output_digest=kept.digest,
        output_tail=kept.tail,
        stdout=kept.stdout,
        stderr=kept.stderr,
        trees=before,
        of=wanted.of,
    )


def _interrupted(line: str, ended: Ended) -> Interrupted:
    return Interrupted(
        f"Interrupted while `{line}` ran; it ended with {ended.exit_code}, and nothing was recorded.",
        hint=("gitledger", "next-action"),
        details={"signal": ended.interrupted_by, "exit_code": ended.exit_code},
    )


class _Passing:
    """Hands output on and keeps of it what is kept. Where nobody takes it any more, the program goes on all the same."""

    def __init__(self, streams: Streams, capture: Capture) -> None:
        self.lost = ""
        self._streams = streams
        self._capture = capture
        self._broken: set[int] = set()

    def __call__(self, stream: int, data: bytes) -> None:
        self._capture.feed(stream, data)
        if stream not in self._broken:
            try:
                self._streams.pass_on(stream, data)
            except BrokenPipeError:  # as with `| head`: who reads has seen enough
                self._broken.add(stream)
            except OSError as error:
                self._broken.add(stream)
                self.lost = error.strerror or str(error)


# ---------------------------------------------------------------------------------------------- folders


def _folder(ledger: Ledger, wanted: Wanted) -> str:
    """Where the program runs: where the user is, or a folder of the work tree that evidence names."""
    if wanted.folder is None:
        return ledger.path
    top = ledger.repo.work_tree
    place = os.path.realpath(os.path.join(top, wanted.folder)) if top is not None else None
    if top is None or place is None or not _is_within(place, os.path.realpath(top)) or not os.path.isdir(place):
        raise InvalidInput(
            f"There is no folder {shlex.quote(wanted.folder)} in the work tree, in which the command was run.",
            code="NO_FOLDER",
            hint=("gitledger", "where"),
        )
    return place


def _below(ledger: Ledger, folder: str) -> str | None:
    """The folder relative to the top of the work tree; None at the top, and outside of it."""
    if ledger.repo.work_tree is None:
        return None
    top, place = os.path.realpath(ledger.repo.work_tree), os.path.realpath(folder)
    return os.path.relpath(place, top) if place != top and _is_within(place, top) else None


def _is_within(place: str, top: str) -> bool:
    return os.path.commonpath([place, top]) == top
