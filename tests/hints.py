"""Reading hints: whether a command line that gitledger recommends is one that it (or git) takes, and does no harm."""

from collections.abc import Iterator, Sequence
from typing import Any

import re
import shlex

import click

from gitledger.cli.groups import root_command
from gitledger.errors import LedgerError

# Nothing that is recommended forces, deletes or gives something up: that is for people to think of (design §1, law 10).
FORBIDDEN_OPTIONS = ("--force", "--overwrite", "--allow-", "--no-materialize-todos", "--hard")
FORBIDDEN_COMMANDS = (
    *(("lock", "break"), ("task", "cancel"), ("task", "delete"), ("ledger", "delete"), ("require", "remove")),
    *(("require", "waive"), ("validate", "waive"), ("question", "dismiss"), ("plan", "reject")),
)
# What may be recommended of git: it looks, or makes what is not there yet.
GIT = (
    *("git status", "git log", "git show", "git rev-parse", "git for-each-ref", "git ls-remote", "git count-objects"),
    *("git fsck", "git cat-file", "git ls-files", "git notes list", "git config --list", "git config --show-origin", "git init"),
    *("git --version", "git remote add", "git config taskledger"),
)


class Recorder:
    """Stands where a session would: takes what a command line is parsed to, and runs nothing."""

    json = True
    command = "gitledger"
    base = "."
    at: str | None = None

    def __init__(self) -> None:
        self.op: Any = None
        self.helped = False

    @property
    def inputs(self) -> "Recorder":
        return self

    def read(self, path: str, option: str) -> str:
        return "text"

    def place(self, **options: Any) -> None: ...

    def perform(self, op: Any) -> None:
        self.op = op

    def answer(self, view: Any, *rest: Any) -> None: ...

    def say_help(self, text: str) -> None:
        self.helped = True


def wrongs(argv: Sequence[str]) -> Iterator[str]:
    """What is wrong with recommending `argv`."""
    line = shlex.join(argv)
    for word in argv:
        if word.startswith(FORBIDDEN_OPTIONS):
            yield f"{line}: {word} is not for a hint"
    if argv[0] == "git":
        if not any(re.match(rf"{known}(?![\w-])", line) for known in GIT):
            yield f"{line}: not among what may be recommended of git"
    elif argv[0] != "gitledger":
        yield f"{line}: {argv[0]} is not a program that a hint may name"
    else:
        if tuple(argv[1:3]) in FORBIDDEN_COMMANDS and "--help" not in argv:
            yield f"{line}: it gives something up"
        yield from unparsed(argv)


def unparsed(argv: Sequence[str]) -> Iterator[str]:
    """Why gitledger does not take `argv`: no such command or option, something missing, a value of the wrong kind."""
    root, recorder = root_command(), Recorder()
    try:
        with root.make_context("gitledger", list(argv[1:]), obj=recorder) as context:
            if argv[1] in ("demo", "serve"):  # commands of their own: parsing them is enough
                name, command, rest = root.resolve_command(context, list(argv[1:]))
                command.make_context(name, rest, parent=context)
                return
            root.invoke(context)
    except click.exceptions.Exit as leave:
        if leave.exit_code:
            yield f"{shlex.join(argv)}: exit {leave.exit_code}"
    except click.ClickException as error:
        yield f"{shlex.join(argv)}: {error.format_message()}"
    except LedgerError as error:
        yield f"{shlex.join(argv)}: {error.message}"
    else:
        if recorder.op is None and argv[1] != "schema":
            yield f"{shlex.join(argv)}: nothing came of it"
