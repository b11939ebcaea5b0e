"""What would be committed or pushed from the repository that a ledger lives in."""

from collections.abc import Sequence

from gitledger.git.pending import list_committed, list_staged, list_unpushed
from gitledger.git.runner import Git
from gitledger.ledger.shell import Ledger


def staged_paths(ledger: Ledger) -> list[str]:
    """The paths that committing now would change; those that are not UTF-8 as git quotes them."""
    paths = list_staged(_git(ledger), ledger.repo.head(), ledger.config.index_file)
    return [_text(path) for path in paths]


def committed_paths(ledger: Ledger, commit: str) -> list[str]:
    """The paths that a commit changed, written in the same way."""
    return [_text(path) for path in list_committed(_git(ledger), commit)]


def unpushed_commits(
    ledger: Ledger, remote: str | None, tips: Sequence[str], known: Sequence[str], limit: int
) -> list[str]:
    """The commits that a push of `tips` would bring to a remote (None: to no remote that has a name)."""
    return list_unpushed(_git(ledger), remote, tips, known, limit)


def _git(ledger: Ledger) -> Git:
    repo = ledger.repo
    return Git(repo.git_dir, repo.common_dir, repo.work_tree, ledger.config.environ)


def _text(path: bytes) -> str:
    try:
        return path.decode()
    except UnicodeDecodeError:
        from gitledger.store.source import quoted_bytes

        return quoted_bytes(path)
