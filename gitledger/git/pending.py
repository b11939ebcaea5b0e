"""What would be committed, and what would be pushed: asked of git, whose index is only read."""

from collections.abc import Sequence

import os

from gitledger.errors import StorageError
from gitledger.git.runner import Git

# What a first commit is compared with; git knows it in every repository.
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def list_staged(repo: Git, head: str | None, index: str | None = None) -> list[bytes]:
    """The paths that committing the index now would change against the commit `head` (None: the first commit), in order.

    `index` is the file that git has for the commit that is being made: `commit -a` and `commit -- PATH` use another
    than the usual one. A renamed file counts with both its names.
    """
    extra = {} if index is None else {"GIT_INDEX_FILE": os.path.join(repo.work_tree or repo.git_dir, index)}
    options = ("--cached", "--name-only", "--no-renames", "-z")
    said = repo.run("diff-index", *options, head or EMPTY_TREE, "--", extra=extra, settings=("core.fsmonitor=false",))
    return [path for path in said.split(b"\0") if path]


def list_committed(repo: Git, commit: str) -> list[bytes]:
    """The paths that a commit changed, in order, with both names of a renamed file; of a merge none."""
    options = ("--no-commit-id", "--root", "-r", "--name-only", "--no-renames", "-z")
    return [path for path in repo.run("diff-tree", *options, commit, "--").split(b"\0") if path]


def list_unpushed(
    repo: Git, remote: str | None, tips: Sequence[str], known: Sequence[str], limit: int
) -> list[str]:
    """The commits up to `tips` that the remote was not seen to have, newest first, without merges; at most `limit`.

    `tips` and `known` are object ids; of `known`, which the remote says it has, those that are not here do not
    count. Without a remote, what any remote was seen to have does not count either.
    """
    here = [f"^{commit}" for commit in known if _is_here(repo, commit)]
    remotes = "--remotes" if remote is None else f"--remotes={_literal(remote)}/*"
    return repo.run("rev-list", f"--max-count={limit}", "--no-merges", *tips, *here, "--not", remotes).decode().split()


def _is_here(repo: Git, commit: str) -> bool:
    # Where a partial clone left it out, nobody waits for the network.
    extra = {"GIT_NO_LAZY_FETCH": "1"}
    try:
        repo.run("cat-file", "-e", f"{commit}^{{commit}}", extra=extra)
    except StorageError as error:
        if error.code != "GIT_FAILED":
            raise
        return False
    return True


def _literal(text: str) -> str:
    """`text` as a pattern that only it fits (glob(7))."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in text)
