"""Read and write git settings of this repository; git itself takes the lock and keeps the file's shape."""

import re
import time

from gitledger.errors import StorageError
from gitledger.git.runner import Git

_TRIES = 20
_MISSING = 5  # `git config --unset` of what is not set
_LOCKED = 255  # another `git config` holds the file's lock


def list_settings(repo: Git, *, is_local: bool = False) -> list[tuple[str, str]]:
    """Every setting in the order of the files, those of several values several times; a name without value is `true`.

    `is_local`: only those of the repository's own file.
    """
    said = repo.run("config", *(["--local"] if is_local else []), "--null", "--list")
    found = []
    for item in said.decode("utf-8", "surrogateescape").split("\0"):
        if item:
            name, newline, value = item.partition("\n")
            found.append((name, value if newline else "true"))
    return found


def set_setting(repo: Git, name: str, value: str) -> None:
    """Set one setting of the repository, in place of all values it has."""
    _write(repo, "--replace-all", name, value)


def unset_setting(repo: Git, name: str) -> None:
    """Forget a setting of the repository; nothing happens where it is not set."""
    _write(repo, "--unset-all", name)


def add_setting(repo: Git, name: str, value: str) -> None:
    """Give a setting of the repository one more value."""
    _write(repo, "--add", name, value)


def unset_value(repo: Git, name: str, value: str) -> None:
    """Take one value of a setting away; the others stay."""
    _write(repo, "--unset-all", name, f"^{re.escape(value)}$")


def _write(repo: Git, *args: str) -> None:
    for tries_left in reversed(range(_TRIES)):
        try:
            repo.run("config", "--local", *args, accept=(0, _MISSING))
            return
        except StorageError as error:
            if error.details.get("exit_code") != _LOCKED or not tries_left:
                raise
            time.sleep(0.05)


def editor(repo: Git) -> str | None:
    """The command of the user's editor as git finds it: GIT_EDITOR, core.editor, VISUAL, EDITOR, else its own; None without any."""
    said = repo.run("var", "GIT_EDITOR", accept=(0, 1, 128)).decode("utf-8", "replace").strip()
    return said or None
