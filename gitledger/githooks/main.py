"""The entry of the hooks, and their boundary: no traceback, no hanging, and what goes wrong stops nobody's commit."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NoReturn

import os
import signal
import sys

from gitledger.errors import LedgerError
from gitledger.githooks.telling import plain, tell

# hook → (module, seconds that it may take, what is left undone then). The shims end it a little later.
HOOKS: dict[str, tuple[str, int, str]] = {
    "pre-commit": ("pre_commit", 8, "The policy for commits was not asked"),
    "prepare-commit-msg": ("message", 8, "The message was not stamped"),
    "commit-msg": ("message", 8, "The message was not stamped"),
    "post-commit": ("post_commit", 8, "The commit was not recorded"),
    "post-rewrite": ("post_rewrite", 25, "The rewritten commits were not followed"),
    "post-checkout": ("post_checkout", 8, "The stamp was not refreshed"),
    "post-merge": ("post_merge", 8, "The merged ledgers were not looked for"),
    "pre-push": ("pre_push", 90, "The push goes on without its ledgers"),
}
INTERRUPTED = 130


class TimeUp(BaseException):
    """The hook has taken all the time that it may. No library takes it for an error of its own."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one hook and return what the shim is to make of it: git goes on after 0, and not after 3, a refusal."""
    words = sys.argv[1:] if argv is None else list(argv)
    hook = words[0] if words else ""
    if hook not in HOOKS:
        return 0
    module, seconds, _ = HOOKS[hook]
    try:
        with _limited(seconds):
            from gitledger.githooks.call import Call  # within, for a library may be missing

            return import_module(f"gitledger.githooks.{module}").run(Call(hook, words[1:], os.environ))
    except KeyboardInterrupt:
        return INTERRUPTED
    except TimeUp:
        return _excuse(hook, f"it took longer than {seconds:g} seconds.")
    except LedgerError as error:
        if error.code == "NOT_INITIALISED":
            return 0
        return _excuse(hook, error.message, error)
    except Exception as error:
        return _excuse(hook, f"{type(error).__name__}: {error} ({_place(error)}). This is a bug of gitledger.")


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise TimeUp within when the time is over; a limit that somebody else has set holds again afterwards."""

    def end(*_: Any) -> NoReturn:
        raise TimeUp

    handler = signal.signal(signal.SIGALRM, end)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *timer)


def _excuse(hook: str, why: str, error: LedgerError | None = None) -> int:
    """Say on one line what was left undone; what git does goes on all the same."""
    hint = error.hint_text if error is not None else None
    help = f" Help: {hint}" if hint else ""
    tell(f"{HOOKS[hook][2]}: {why}{help}")
    return 0


def _place(error: BaseException) -> str:
    """The file and line, inside gitledger, at which an error came up."""
    place, trace = "", error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if f"{os.sep}gitledger{os.sep}" in name:
            place = f"{os.path.basename(name)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return plain(place)
