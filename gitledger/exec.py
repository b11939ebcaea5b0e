"""The only runner of children other than git: no shell, a time limit, and nothing left running."""

from collections.abc import Mapping, Sequence

import subprocess
import time

from msgspec import Struct

from gitledger.errors import NotFound, StorageError


class Child(Struct, frozen=True):
    """A child that has ended. `exit_code` is 128 + n for one ended by signal n; both streams are in `output`, in order."""

    argv: tuple[str, ...]
    exit_code: int
    output: bytes
    duration_ms: int


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
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return Child(tuple(argv), code, done.stdout, int((time.monotonic() - begun) * 1000))
