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
