"""After a merge of branches: their ledgers are named, or merged where that is configured."""

import pytest

from tests.githooks.conftest import said


@pytest.fixture
def feature(project):
    """A branch `feature-a` with a commit and a ledger of its own that has a task; `main` is checked out."""
    project.git("checkout", "--quiet", "-b", "feature-a")
    project("ledger", "fork", "feature-a")
    project.create("Only there")
    project.change("a", message="A")
    project.git("checkout", "--quiet", "main")
    return project


MERGED = ["Branch feature-a was merged, and its ledger feature-a was not: gitledger ledger merge feature-a"]


def test_the_ledger_of_a_merged_branch_is_named_until_it_is_merged(feature):
    assert said(feature.calls("merge", "feature-a")) == MERGED
    assert feature("task", "list")["tasks"] == []
    # Said once: another merge does not bring it up again.
    feature.git("checkout", "--quiet", "-b", "plain", "HEAD~1")
    feature.calls("commit", "--allow-empty", "-m", "Plain")
    feature.git("checkout", "--quiet", "main")
    assert said(feature.calls("merge", "plain")) == []
    feature("ledger", "merge", "feature-a")
    feature.git("reset", "--quiet", "--hard", "HEAD~2")
    assert said(feature.calls("merge", "feature-a")) == []


def test_a_branch_that_works_in_another_ledger_names_that(feature):
    feature.git("branch", "-m", "feature-a", "renamed")
    assert feature.git("config", "branch.renamed.taskledger") == "feature-a"
    feature.calls("commit", "--allow-empty", "-m", "Apart")
    assert said(feature.calls("merge", "--no-ff", "--no-edit", "renamed")) == [MERGED[0].replace("Branch feature-a", "Branch renamed")]


def test_a_squash_is_named_and_never_merged(feature):
    feature.git("config", "taskledger.mergeWithCode", "true")
    assert said(feature.calls("merge", "--squash", "feature-a")) == MERGED
    assert feature("task", "list")["tasks"] == []


def test_ledgers_are_merged_with_the_code_when_configured(feature):
    feature.git("config", "taskledger.mergeWithCode", "true")
    assert said(feature.calls("merge", "feature-a")) == ["Merged ledger feature-a into main: 1 task"]
    assert [task["title"] for task in feature("task", "list")["tasks"]] == ["Only there"]
    assert feature.is_whole()


def test_numbers_that_were_given_twice_are_told(feature):
    feature.create("Only here")
    feature.git("config", "taskledger.mergeWithCode", "true")
    (line,) = said(feature.calls("merge", "feature-a"))
    assert line == "Merged ledger feature-a into main: 1 task; task-0001 is task-0002 now"


def test_a_ledger_that_cannot_be_merged_is_named(feature):
    feature.git("config", "taskledger.mergeWithCode", "true")
    feature("ledger", "close", "--reason", "Over.")
    told = said(feature.calls("merge", "feature-a"))
    assert told == ["Ledger feature-a could not be merged: Ledger main was closed: Over.", *MERGED]


def test_what_a_pull_brings_counts_as_merged(feature, make_repo):
    hub = make_repo("hub.git", bare=True)
    feature.git("remote", "add", "origin", str(hub.path))
    feature.git("push", "--quiet", "-u", "origin", "main")
    feature.git("branch", "ahead", "main")
    # Somebody has merged the branch on the host.
    feature.git("push", "--quiet", "origin", "feature-a:main")
    assert said(feature.calls("pull", "--ff-only")) == MERGED
