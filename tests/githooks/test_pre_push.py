"""Pushing code: whether its commits belong to tasks, and the ledgers that go along."""

import pytest

from tests.githooks.conftest import Project, said

REF = "refs/taskledger/main"


@pytest.fixture
def hub(make_repo):
    """A bare repository by path."""
    return make_repo("hub.git", bare=True)


@pytest.fixture
def shared(project, hub):
    """The project with the hub for its origin, which has its first commit."""
    project.git("remote", "add", "origin", str(hub.path))
    project.git("push", "--quiet", "-u", "origin", "main")
    return project


def tip(hub, ref=REF):
    return hub.git("rev-parse", "--verify", "--quiet", ref, check=False)


def quietly(project, message, name="a"):
    """A commit that no hook sees; its short id."""
    project.change(name, message=message, env={"GITLEDGER_HOOKS": "0"})
    return project.head()[:10]


# ---------------------------------------------------------------------------------------------- policy


def test_commits_of_no_task_are_refused_and_listed(shared, hub):
    shared.policy("commits: require\n")
    number = shared.create("Write it")
    first = shared.head()[:10]
    second = quietly(shared, "Evil \x1b[2J subject")
    shared.work()
    shared.change("src/b.py", message="Recorded")
    quietly(shared, "Stamped\n\nTask-Id: 3f9c2ab1-d0e4-4b7a-9c55-0a1b2c3d4e5f", "c")
    before = tip(hub, "refs/heads/main")
    assert said(shared.calls("push", expect=1)) == [
        "GATE_BLOCKED: 2 commits to be pushed belong to no task:",
        f"- {second} Evil \\x1b[2J subject",
        f"- {first} Policy",
        f"help: gitledger commits link {second} --task TASK",
    ]
    assert tip(hub, "refs/heads/main") == before
    shared("commits", "link", first, "--task", number)
    assert said(shared.calls("push", expect=1))[0] == "GATE_BLOCKED: 1 commit to be pushed belongs to no task:"
    shared("commits", "link", second, "--task", number)
    assert said(shared.calls("push")) == []
    assert tip(hub, "refs/heads/main") == shared.head()
    assert shared("commits", "missing", "HEAD~4..HEAD")["total"] == 0


def test_an_override_lets_the_push_through_and_is_recorded(shared, hub):
    shared.policy("commits: require\n")
    assert said(shared.calls("push", expect=1))[0].startswith("GATE_BLOCKED")
    done = shared.calls("push", env={"GITLEDGER_OVERRIDE": "the policy itself"})
    assert said(done)[0] == "warning: 1 commit to be pushed belongs to no task:"
    (event,) = [event for event in shared.book() if event["type"] == "policy.overridden"]
    assert event["data"]["reason"] == "the policy itself"
    assert event["data"]["command"] == f"git push origin {shared.head()}:refs/heads/main"
    assert tip(hub, "refs/heads/main") == shared.head()


def test_a_warning_lets_the_push_through(shared, hub):
    shared.policy("commits: warn\n")
    for place in range(12):
        quietly(shared, f"Number {place}")
    told = said(shared.calls("push"))
    assert told[0] == "warning: 13 commits to be pushed belong to no task:"
    assert len(told) == 12 and told[-1] == "- and 3 more"


def test_what_the_remote_has_and_merges_and_deletions_are_not_asked_about(shared, hub):
    quietly(shared, "Known")
    shared.git("push", "--quiet", "--no-verify")
    shared.policy("commits: require\n")
    shared("commits", "link", "HEAD", "--task", shared.create("The policy"))
    shared.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    quietly(shared, "Aside", "b")
    shared("commits", "link", "HEAD", "--task", "1")
    shared.git("checkout", "--quiet", "main")
    shared.calls("merge", "--no-ff", "--no-edit", "side")
    assert said(shared.calls("push", "origin", "main", "HEAD:refs/heads/other")) == []
    assert said(shared.calls("push", "origin", ":other")) == []
    # By its address, the remote has no name; what is known of any still counts.
    assert said(shared.calls("push", str(hub.path), "HEAD:refs/heads/by-address")) == []
    # Ledgers and notes are no code.
    assert said(shared.calls("push", "origin", REF, "refs/notes/taskledger")) == []


# ---------------------------------------------------------------------------------------------- ledgers


def test_without_the_setting_no_ledger_is_pushed(shared, hub):
    shared.change("a")
    shared.calls("push")
    assert tip(hub) == ""


def test_the_ledgers_of_the_pushed_branches_go_along(shared, hub):
    shared.git("config", "taskledger.pushWithCode", "true")
    shared.create("On main")
    shared.git("checkout", "--quiet", "-b", "feature-a")
    shared("ledger", "fork", "feature-a")
    shared.create("On feature-a")
    shared.change("a", message="A")
    assert said(shared.calls("push", "-u", "origin", "feature-a")) == []
    assert tip(hub, "refs/taskledger/feature-a") == shared.git("rev-parse", "refs/taskledger/feature-a")
    assert tip(hub) == "" and tip(hub, "refs/heads/feature-a") == shared.head()
    shared.git("checkout", "--quiet", "main")
    shared.calls("commit", "--allow-empty", "-m", "B")
    assert said(shared.calls("push")) == []
    assert tip(hub) == shared.git("rev-parse", REF)


def test_only_the_elected_remote_gets_ledgers(shared, hub, make_repo):
    shared.git("config", "taskledger.pushWithCode", "true")
    fork = make_repo("fork.git", bare=True)
    shared.git("remote", "add", "fork", str(fork.path))
    assert said(shared.calls("push", "fork", "main")) == []
    assert fork.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"
    shared.git("config", "taskledger.main.localOnly", "true")
    shared.calls("commit", "--allow-empty", "-m", "C")
    assert said(shared.calls("push")) == []
    assert tip(hub) == ""


def test_a_number_that_another_clone_has_is_told(shared, hub, tmp_path):
    shared.git("config", "taskledger.pushWithCode", "true")
    shared.calls("commit", "--allow-empty", "-m", "C")
    shared.calls("push")
    other = Project(tmp_path / "other")
    shared.git("clone", "--quiet", str(hub.path), str(other.path))
    other("sync")
    other.create("Theirs")
    other("sync")
    shared.create("Mine")
    shared.calls("commit", "--allow-empty", "-m", "D")
    assert said(shared.calls("push")) == [
        "task-0001 is task-0002 now in ledger main: another task has that number at origin."
    ]


@pytest.mark.parametrize(("setting", "code"), [("true", 0), ("require", 1)])
def test_a_ledger_that_is_not_taken_stops_the_push_only_where_configured(shared, hub, setting, code):
    hook = hub.path / "hooks/update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\ncase $1 in refs/taskledger/*) echo "no ledgers here" >&2; exit 1;; esac\n')
    hook.chmod(0o755)
    shared.git("config", "taskledger.pushWithCode", setting)
    shared.calls("commit", "--allow-empty", "-m", "C")
    told = said(shared.calls("push", expect=code))
    assert told[0].startswith("Ledger main was not synced with origin: A hook of origin turned ")
    assert told[1] == "help: gitledger --ledger main sync"
    assert (tip(hub, "refs/heads/main") == shared.head()) is (code == 0)
    assert len(told) == 2 + code
