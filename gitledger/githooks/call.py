"""One call of a hook: its arguments, standard input and surroundings, the ledger it is about, and its one line to people."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import os
import sys

from gitledger.config import hook_environ
from gitledger.githooks.telling import tell
from gitledger.ledger import Ledger, open_ledger
from gitledger.store import plain as plain_repository


class Call:
    """What git gave a hook. `environ` is the environment as a hook sees it, who acts put right."""

    def __init__(self, hook: str, args: Sequence[str], environ: Mapping[str, str]) -> None:
        self.hook = hook
        self.args = list(args)
        self.environ = _usual(hook_environ(environ))

    def arg(self, place: int) -> str:
        """The argument at a place, or nothing."""
        return self.args[place] if place < len(self.args) else ""

    def lines(self) -> list[str]:
        """The lines on standard input."""
        stream = getattr(sys.stdin, "buffer", None)
        data = stream.read() if stream is not None else b""
        return data.decode("utf-8", "surrogateescape").splitlines()

    def say(self, text: str) -> None:
        """Tell people one line."""
        tell(text)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of the work tree that git works in. Raises StorageError where this is none that can be read."""
        found = open_ledger(".", environ=self.environ, has_terminal=_has_terminal())
        found.is_hook = True
        return found

    def reopen(self) -> None:
        """Look anew which ledger it is: a setting was written."""
        del self.ledger

    def refresh_stamp(self) -> None:
        """Let the shims know what is current."""
        from gitledger.ledger.stamp import refresh_stamp

        refresh_stamp(self.ledger)


def _has_terminal() -> bool:
    # Git gives its hooks no standard input; what they say goes where the user looks.
    return sys.stderr is not None and sys.stderr.isatty()


def _usual(environ: dict[str, str]) -> dict[str, str]:
    """The environment without the `GIT_DIR` that git sets in a linked work tree, where it names what is found anyway.

    What is found is a plain repository, which is read without loading libgit2.
    """
    named = environ.get("GIT_DIR")
    if not named:
        return environ
    without = {name: value for name, value in environ.items() if name != "GIT_DIR"}
    found = plain_repository.find(".", without)
    return without if found is not None and found.git_dir == os.path.realpath(named) else environ
