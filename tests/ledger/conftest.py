"""A repository with a ledger of two tasks, the first one active."""

import pytest

from tests.conftest import Cli, Repo


@pytest.fixture
def begun(repo: Repo, cli: Cli) -> Cli:
    for words in (["init"], ["task", "create", "One"], ["task", "create", "Two"], ["task", "activate", "1"]):
        assert cli(*words).exit_code == 0
    return cli


def result(done):
    """The `result` of a success."""
    assert done.exit_code in (0, 6) and done.json["ok"], done
    return done.json["result"]


@pytest.fixture
def ask():
    """`ask(cli, "task", "list")`: what it answers."""
    return lambda cli, *words, **more: result(cli("--json", *words, **more))


def merge_by_plain_git(repo: Repo, ledger: str, folders: str) -> str:
    """Merge another ledger's folders whose paths hold `folders` into main, as somebody would without gitledger: both stay."""
    main, other = repo.git("rev-parse", "refs/taskledger/main"), repo.git("rev-parse", f"refs/taskledger/{ledger}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_INDEX_FILE", str(repo.path / ".git/merge-index"))
        repo.git("read-tree", main)
        moved = [line for line in repo.git("ls-tree", "-r", other).splitlines() if folders in line]
        repo.git("update-index", "--index-info", input="\n".join(moved) + "\n")
        tree = repo.git("write-tree")
    commit = repo.git("commit-tree", tree, "-p", main, "-p", other, "-m", "plain merge")
    repo.git("update-ref", "refs/taskledger/main", commit)
    return commit
