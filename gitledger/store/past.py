"""Earlier entries of a ledger: the newest one up to a moment, and the one that a commit id names."""

from gitledger.store.ancestry import contains
from gitledger.store.objects import find_commit, read_commit, walk
from gitledger.store.repo import Repository


def entry_until(repo: Repository, tip: str, seconds: int) -> str | None:
    """The newest entry not later than `seconds` (since 1970); None where all are. The cost follows what came after it."""
    return next((str(commit.id) for commit in walk(repo.pg, tip) if commit.commit_time <= seconds), None)


def entry_named(repo: Repository, tip: str, digits: str) -> tuple[str, int] | None:
    """The entry whose commit id begins with `digits`, and its time (seconds since 1970); None where the ledger has none."""
    commit = find_commit(repo.pg, digits)
    if commit is None or not contains(repo.pg, tip, commit):
        return None
    return commit, read_commit(repo.pg, commit).commit_time
