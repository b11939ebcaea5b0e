"""The only runner of children other than git: no shell, a time limit, and nothing left running."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import os
import selectors
import signal
import subprocess
import time

from msgspec import Struct

from gitledger.errors import InvalidInput, NotFound, StorageError

# As timeout(1) ends when it had to end the command.
TIMED_OUT = 124
# How long a child may take to end after it was asked to, before it is killed.
PATIENCE_S = 5.0
# How long output is read on after the child has ended: something it left running may hold the pipe for ever.
GRACE_S = 0.25
_PIECE = 1 << 16
# What a pipe can hold at most (pipe(7)).
_LEFT = 1 << 20
_TICK_S = 0.05
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Child(Struct, frozen=True):
    """A child that has ended. `exit_code` is 128 + n for one ended by signal n; both streams are in `output`, in order."""

    argv: tuple[str, ...]
    exit_code: int
    output: bytes
    duration_ms: int


class Ended(Struct, frozen=True):
    """How a streamed child ended. `interrupted_by` is the signal that this process got meanwhile, `timed_out` its time limit."""

    exit_code: int
    duration_ms: int
    timed_out: bool = False
    interrupted_by: int | None = None


def run_child(
    argv: Sequence[str], *, cwd: str, environ: Mapping[str, str], timeout_s: float = 600, stdin: bytes = b""
) -> Child:
    """Run a program to its end and keep what it printed. Raises NotFound where there is no such program."""
    begun = time.monotonic()
    try:
        done = subprocess.run(
            list(argv),
            cwd=cwd,
            env=dict(environ),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
        )
    except FileNotFoundError as error:
        raise NotFound(f"There is no program {argv[0]!r}.", hint=("gitledger", "where")) from error
    except subprocess.TimeoutExpired as error:
        raise StorageError(
            f"{argv[0]!r} did not end within {timeout_s:g} seconds.", code="TIMEOUT", hint=("gitledger", "where")
        ) from error
    return Child(tuple(argv), exit_code_of(done.returncode), done.stdout, int((time.monotonic() - begun) * 1000))


def exit_code_of(returncode: int) -> int:
    """`subprocess`'s return code as a shell tells it: 128 + n for a child ended by signal n."""
    return returncode if returncode >= 0 else 128 - returncode


# ---------------------------------------------------------------------------------------------- streaming


def stream_child(
    argv: Sequence[str],
    *,
    cwd: str,
    environ: Mapping[str, str],
    sink: Callable[[int, bytes], None],
    timeout_s: float | None = None,
    look: Callable[[], None] | None = None,
) -> Ended:
    """Run a program and hand on what it prints as it comes: `sink(1, data)` of standard output, `sink(2, data)` of error.

    Standard input is this process's. Signals that would end this process are sent on to the child, and how the child
    then ended is told. At the time limit it is asked to end, then killed; its exit code is 124, as timeout(1) has it.
    `look` is called now and then; where it raises, as where the sink does, the child is killed.
    Without a terminal the child leads a process group of its own, which ends as a whole. Raises NotFound where there is
    no such program, InvalidInput where it cannot be run; then nothing ran.
    """
    begun = time.monotonic()
    has_own_group = not any(map(os.isatty, _standard()))
    with _caught_signals() as caught:
        child = _start(argv, cwd, environ, has_own_group)
        watch = _Watch(child, has_own_group, caught, None if timeout_s is None else begun + timeout_s)
        try:
            _pass_on(child, sink, watch, look)
        finally:
            if child.poll() is None:  # the sink, or who looks on, has raised
                watch.send(signal.SIGKILL)
                child.wait()
    code = TIMED_OUT if watch.timed_out else exit_code_of(child.returncode)
    return Ended(code, int((time.monotonic() - begun) * 1000), watch.timed_out, watch.interrupted_by)


def _standard() -> Iterator[int]:
    """The standard descriptors that are open."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        yield descriptor


def _start(argv: Sequence[str], cwd: str, environ: Mapping[str, str], has_own_group: bool) -> subprocess.Popen[bytes]:
    with _starting(argv):
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            process_group=0 if has_own_group else None,
        )


@contextmanager
def _starting(argv: Sequence[str]) -> Iterator[None]:
    """Within, a program that is not there, or cannot be run, is told as such."""
    hint = ("gitledger", "run", "--help")
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(f"There is no program {argv[0]!r}; nothing was run.", code="NO_PROGRAM", hint=hint) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(
            f"{argv[0]!r} cannot be run: {reason}.",
            code="CANNOT_RUN",
            hint=hint,
            remediation=("A script needs a first line like #!/bin/sh and the permission to be executed.",),
        ) from error


def run_in_terminal(argv: Sequence[str], *, environ: Mapping[str, str]) -> int:
    """Run a program that has this process's terminal to itself, as an editor does, and give its exit code.

    Ctrl-C is the program's alone. Raises NotFound, or InvalidInput, where it cannot be run.
    """
    with _caught_signals(), _starting(argv):
        return exit_code_of(subprocess.run(list(argv), env=dict(environ)).returncode)


@contextmanager
def _caught_signals() -> Iterator[list[int]]:
    """Collect the signals that would end this process, where that is possible: in the main thread."""
    caught: list[int] = []
    before: dict[int, Any] = {}
    try:
        for number in _FORWARDED:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup(1) leaves it to us
                before[number] = signal.signal(number, lambda received, frame: caught.append(received))
    except ValueError:
        pass
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Watch:
    """Looks after a child while its output is read: sends signals on to it, and ends it at its time limit."""

    def __init__(
        self, child: subprocess.Popen[bytes], has_own_group: bool, caught: list[int], deadline: float | None
    ) -> None:
        self.timed_out = False
        self.interrupted_by: int | None = None
        self._child = child
        self._has_own_group = has_own_group
        self._caught = caught
        self._deadline = deadline

    def look(self) -> None:
        """Do what is due now."""
        while self._caught:
            number = self._caught.pop(0)
            # At a terminal Ctrl-C has reached the child as well; a second one is passed on all the same.
            is_known = number == signal.SIGINT and self.interrupted_by is None and _is_foreground()
            self.interrupted_by = self.interrupted_by or number
            if self._has_own_group or not is_known:
                self.send(number)
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self.send(signal.SIGKILL if self.timed_out else signal.SIGTERM)
            self.timed_out = True
            self._deadline = time.monotonic() + PATIENCE_S

    def send(self, number: int) -> None:
        """Send a signal to the child, with all its children where they form a group."""
        if self._child.poll() is not None:
            return
        try:
            if self._has_own_group:
                os.killpg(self._child.pid, number)
            else:
                self._child.send_signal(number)
        except ProcessLookupError:
            pass


def _is_foreground() -> bool:
    """Whether the terminal's Ctrl-C goes to this process group."""
    for descriptor in _standard():
        try:
            return os.tcgetpgrp(descriptor) == os.getpgrp()
        except OSError:
            continue
    return False


def _pass_on(
    child: subprocess.Popen[bytes], sink: Callable[[int, bytes], None], watch: _Watch, look: Callable[[], None] | None
) -> None:
    """Hand on what the child prints until it has ended and nothing more comes."""
    with selectors.DefaultSelector() as selector:
        for number, stream in ((1, child.stdout), (2, child.stderr)):
            assert stream is not None
            selector.register(stream, selectors.EVENT_READ, number)
        while child.poll() is None:
            if selector.get_map():
                _read(selector, sink, _TICK_S)
            else:
                _wait_a_little(child)
            watch.look()
            if look is not None:
                look()
        _drain(selector, sink)
    for stream in (child.stdout, child.stderr):
        if stream is not None:
            stream.close()


def _read(selector: selectors.BaseSelector, sink: Callable[[int, bytes], None], wait_s: float) -> int:
    """Hand on what is there, or comes within that time; returns how many bytes."""
    count = 0
    for key, _ in selector.select(wait_s):
        data = os.read(key.fd, _PIECE)
        if data:
            sink(key.data, data)
        else:
            selector.unregister(key.fileobj)
        count += len(data)
    return count


def _drain(selector: selectors.BaseSelector, sink: Callable[[int, bytes], None]) -> None:
    """Hand on what an ended child has left in its pipes. What it left running is not waited for, however much that says."""
    count, patience = 0, GRACE_S
    while selector.get_map() and count < _LEFT and patience > 0:
        came = _read(selector, sink, 0)
        if not came and selector.get_map():
            began = time.monotonic()
            selector.select(patience)
            patience -= time.monotonic() - began
        count += came


def _wait_a_little(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(_TICK_S)
    except subprocess.TimeoutExpired:
        pass
