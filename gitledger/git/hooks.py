"""Where git looks for hooks in this repository, and who said so."""

import os

from msgspec import Struct

from gitledger.git.runner import Git

_OURS = "command"  # `-c core.hooksPath=/dev/null`, with which git is run here


class HooksPlace(Struct, frozen=True):
    """The folder (absolute) in which git looks for hooks, and the scope of the `core.hooksPath` that says so; None where none does."""

    folder: str
    scope: str | None


def find_hooks(repo: Git) -> HooksPlace:
    """Ask git where the user's git looks for hooks."""
    said = repo.run("config", "--null", "--show-scope", "--type=path", "--get-all", "core.hooksPath", accept=(0, 1))
    words = said.decode("utf-8", "surrogateescape").split("\0")
    found = [(scope, path) for scope, path in zip(words[::2], words[1::2], strict=False) if scope != _OURS]
    if not found or not found[-1][1]:
        return HooksPlace(os.path.join(repo.common_dir, "hooks"), None)
    scope, path = found[-1]
    # A relative path is seen from where hooks run (git-config, core.hooksPath).
    return HooksPlace(os.path.normpath(os.path.join(repo.work_tree or repo.git_dir, path)), scope)
