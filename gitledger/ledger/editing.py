"""A text that a person edits: put into a file of ours, opened in their editor, and kept until it is recorded."""

from typing import TYPE_CHECKING, Any

import os
import shlex

from contextlib import suppress

from gitledger.errors import InvalidInput, NotFound, StorageError
from gitledger.ops._captured import Ran

if TYPE_CHECKING:
    from gitledger.ledger.shell import Ledger

_HELP = ("gitledger", "plan", "amend", "--help")


def edit(ledger: "Ledger", text: str, streams: Any) -> Ran:
    """Let the person at the terminal edit a text in the editor that git would open, and give what they left of it.

    Raises InvalidInput where there is no terminal, no editor, or it ended with an error.
    """
    has_terminal = getattr(streams, "edit", None)
    if has_terminal is None:
        raise _no_terminal()
    argv = _editor(ledger)
    path = _written(ledger, text)
    try:
        code = has_terminal([*argv, path], ledger.config.environ)
        if code is None:
            raise _no_terminal()
        if code:
            raise InvalidInput(f"The editor ended with {code}; nothing was changed.", code="EDITOR_FAILED", hint=_HELP)
        with open(path, encoding="utf-8", newline="") as file:
            edited = file.read().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"What you wrote is not UTF-8; it is in {path}.", hint=_HELP) from error
    except (InvalidInput, NotFound):
        _remove(path)
        raise
    return Ran(argv=tuple(argv), line=shlex.join(argv), exit_code=0, duration_ms=0, document=edited, kept=path)


def discard(ran: Ran) -> None:
    """Remove the file of a text that is recorded now."""
    if ran.kept is not None:
        _remove(ran.kept)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


def _no_terminal() -> InvalidInput:
    return InvalidInput(
        "There is no terminal to edit on; give the text with --text or --file.", code="NO_TERMINAL", hint=_HELP
    )


def _editor(ledger: "Ledger") -> list[str]:
    """The program and its options. It is the user's own setting; no shell reads it all the same."""
    from gitledger.git.runner import Git
    from gitledger.git.settings import editor

    repo = ledger.repo
    said = editor(Git(repo.git_dir, repo.common_dir, repo.work_tree, ledger.config.environ))
    try:
        argv = shlex.split(said or "")
    except ValueError:
        argv = []
    if not argv:
        raise InvalidInput(
            "git knows no editor to open; set one, or give the text with --text or --file.",
            code="NO_EDITOR",
            hint=("git", "config", "--show-origin", "--get", "core.editor"),
        )
    return argv


def _written(ledger: "Ledger", text: str) -> str:
    """A file of ours with the text, in this clone's own folder."""
    import tempfile

    home = os.path.join(ledger.repo.common_dir, "gitledger")
    try:
        os.makedirs(home, exist_ok=True)
        descriptor, path = tempfile.mkstemp(prefix="plan-", suffix=".md", dir=home)
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise StorageError(f"The text could not be written for the editor: {error}.", hint=("gitledger", "where")) from error
    return path
