"""The entry of the program, and the one boundary at which errors become words and exit codes."""

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, NoReturn

import click

from gitledger.cli.console import OutputLost, standard_streams
from gitledger.cli.groups import root_command
from gitledger.cli.session import PROGRAM, Session
from gitledger.errors import Interrupted, LedgerError
from gitledger.leave import leave

INTERRUPTED = 130
COMPLETING = "_GITLEDGER_COMPLETE"  # click's own protocol (cli/completing): a shell asks, nothing is run
BROKEN_PIPE = 141  # what a shell reports for a program that SIGPIPE ended, as it ends git


def script() -> NoReturn:
    """What the scripts `gitledger` and `git-ledger` do: `main`, and out with what it returns."""
    leave(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    # A process of a tenth of a second makes little garbage; looking for it would cost a twentieth of that.
    gc.set_threshold(100_000)
    program = "git ledger" if os.path.basename(sys.argv[0]).startswith("git-ledger") else PROGRAM
    return run(sys.argv[1:] if argv is None else argv, program=program)


def run(
    argv: Sequence[str],
    *,
    stdin: IO[bytes] | None = None,
    stdout: IO[str] | None = None,
    stderr: IO[str] | None = None,
    environ: Mapping[str, str] | None = None,
    open_ledger: Callable[..., Any] | None = None,
    program: str = PROGRAM,
) -> int:
    """Run one command line in this process and return its exit code. Nothing escapes but SystemExit of the host."""
    default_out, default_err = standard_streams()
    words, json = take_json(argv)
    session = Session(
        stdin=stdin if stdin is not None else getattr(sys.stdin, "buffer", None),
        stdout=stdout or default_out,
        stderr=stderr or default_err,
        environ=os.environ if environ is None else environ,
        json=json,
        open_ledger=open_ledger,
    )
    try:
        if COMPLETING in session.environ:
            return _complete(session)
        code = _answer(session, words, argv, program)
        session.console.flush()
        return code
    except BrokenPipeError:
        session.console.hush()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except OutputLost as error:
        session.console.hush()
        with contextlib.suppress(OutputLost, BrokenPipeError):
            session.console.talk(f"error: The answer could not be written: {error}. What was recorded stays recorded.")
        return 1


def _answer(session: Session, words: list[str], argv: Sequence[str], program: str) -> int:
    """The boundary: parse, perform, and say whatever went wrong."""
    try:
        return _perform(session, words, program)
    except LedgerError as error:
        refusal: LedgerError = error
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        if not session.json:
            session.console.talk(error.ctx.get_help() if error.ctx else error.format_message())
            return 2
        refusal = _failure().usage_error(session, error)
    except click.ClickException as error:
        refusal = _failure().usage_error(session, error)
    except (KeyboardInterrupt, click.Abort):
        refusal = Interrupted("Interrupted.")
    except (BrokenPipeError, OutputLost):
        raise
    except Exception as error:
        return _failure().say_bug(session, argv, error)
    return _failure().say_failure(session, refusal)


def _complete(session: Session) -> int:
    """Answer a shell's question for completions: with what there is, or with nothing; never with a complaint on somebody's prompt."""
    from gitledger.cli.completing import complete

    try:
        complete(session, session.environ[COMPLETING])
        session.console.flush()
    except (BrokenPipeError, OutputLost):
        raise
    except Exception:
        return 1
    return 0


def _perform(session: Session, words: list[str], program: str) -> int:
    if not all(map(str.isascii, words)):
        _failure().check_arguments(words)
    root = root_command()
    with root.make_context(program, words, obj=session) as context:
        root.invoke(context)
    return session.exit_code


def take_json(argv: Sequence[str]) -> tuple[list[str], bool]:
    """The arguments without `--json`, which counts anywhere before a bare `--`, and whether it was there."""
    words = list(argv)
    end = words.index("--") if "--" in words else len(words)
    head = [word for word in words[:end] if word != "--json"]
    return head + words[end:], len(head) < end


def _failure() -> Any:
    from gitledger.cli import failure

    return failure
