"""Branches and their ledgers: a new one keeps its parent's, and a checkout that changes the ledger says so."""

import contextlib

import pytest

from gitledger.githooks.main import main
from tests.githooks.conftest import Project, said


@pytest.fixture
def two(project):
    """`feature-a` works in a ledger of its own; `main` in `main`. There is an active task in each."""
    project("task", "activate", project.create("On main"))
    project.git("checkout", "--quiet", "-b", "feature-a")
    project("ledger", "fork", "feature-a")
    project("task", "activate", project.create("On feature-a"), "--force", "--reason", "Here.")
    return project


def ledger_of(project, branch):
    return project.git("config", f"branch.{branch}.taskledger", check=False)


def test_a_checkout_says_which_ledger_it_is_now(two):
    assert said(two.calls("checkout", "main")) == ["ledger: main, active: task-0001"]
    assert said(two.calls("checkout", "feature-a")) == ["ledger: feature-a, active: task-0002"]
    assert said(two.calls("checkout", "feature-a")) == []
    assert said(two.calls("checkout", "--detach")) == ["ledger: main, active: task-0001"]
    assert said(two.calls("checkout", "HEAD~0", "--", "README.md")) == []
    two.git("checkout", "--quiet", "main")
    two("task", "deactivate", "--reason", "Enough.")
    two.git("checkout", "--quiet", "feature-a")
    assert said(two.calls("switch", "-")) == ["ledger: main, active: none"]
    env = {"GITLEDGER_LEDGER": "main"}
    assert said(two.calls("checkout", "feature-a", env=env)) == []


def test_a_new_branch_keeps_the_ledger_of_the_branch_it_was_made_from(two):
    # From where one stands, by name, and from a branch that was made a while ago.
    assert said(two.calls("checkout", "-b", "side")) == []
    assert ledger_of(two, "side") == "feature-a"
    assert two("where")["ledger"] == "feature-a"
    assert said(two.calls("switch", "-c", "other", "main")) == ["ledger: main, active: task-0001"]
    assert ledger_of(two, "other") == "main"
    two.git("branch", "later", "side")
    two.calls("checkout", "later")
    assert ledger_of(two, "later") == "feature-a"
    # The branch goes, and what was written for it goes with it.
    two.git("checkout", "--quiet", "main")
    two.git("branch", "-D", "later")
    assert ledger_of(two, "later") == ""


def test_nothing_is_guessed(two, tmp_path):
    two.git("update-ref", "refs/taskledger/own", "refs/taskledger/main")
    two.git("update-ref", "refs/taskledger-remotes/origin/theirs", "refs/taskledger/main")
    two.git("update-ref", "refs/remotes/origin/x", "HEAD")
    two.calls("commit", "--allow-empty", "-m", "More")
    for words in (
        ("-b", "own"),  # has a ledger
        ("-b", "theirs"),  # a remote has one for it
        ("-b", "from-a-commit", "HEAD~1"),
        ("-b", "from-a-tag", "v1"),
        ("--no-track", "-b", "from-a-remote", "origin/x"),
        ("--orphan", "nothing-before"),
    ):
        two.git("tag", "-f", "v1")
        two.git("checkout", "--quiet", "-f", "feature-a")
        two.calls("checkout", *words)
        assert ledger_of(two, words[words.index("-b") + 1] if "-b" in words else words[1]) == "", words
    # Made here a while ago, and now come to from somewhere else at the same commit.
    two.git("checkout", "--quiet", "-f", "feature-a")
    two.git("branch", "old", "HEAD", "--no-track")
    two.git("checkout", "--quiet", "--detach")
    two.calls("checkout", "old")
    assert ledger_of(two, "old") in ("", "feature-a")
    # Chosen before.
    two.git("config", "branch.chosen.taskledger", "main")
    two.calls("checkout", "-b", "chosen")
    assert ledger_of(two, "chosen") == "main"
    linked = Project(tmp_path / "linked")
    two.calls("worktree", "add", "-b", "linked", str(linked.path))
    assert ledger_of(two, "linked") == ""


def test_a_rebase_checks_out_and_says_nothing(two):
    two.change("a", message="A")
    two.git("checkout", "--quiet", "main")
    two.change("b", message="B")
    assert said(two.calls("rebase", "main", "feature-a")) == []
    assert two("where")["ledger"] == "feature-a"
    assert said(two.change("c", message="C")) == []
    assert two.links("task-0002")[0] == two.head()


def test_a_name_that_a_shell_would_run_is_a_name(two):
    name = "x$(touch${IFS}pwned);`id`'\"&|ünï"
    two.calls("checkout", "-b", name)
    assert two.git("config", "--null", f"branch.{name}.taskledger") == "feature-a\0"
    assert not (two.path / "pwned").exists()


def test_without_a_ledger_it_is_silent(make_repo, capfd):
    repo = make_repo()
    repo.git("checkout", "--quiet", "-b", "side")
    with contextlib.chdir(repo.path):
        assert main(["post-checkout", "0" * 40, repo.git("rev-parse", "HEAD"), "1"]) == 0
    assert capfd.readouterr() == ("", "")
    assert repo.git("config", "branch.side.taskledger", check=False) == ""
