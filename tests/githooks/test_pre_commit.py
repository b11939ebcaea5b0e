"""The policy for commits through real `git commit`: refused, warned, passed over, and never in the way of what it does not judge."""

from gitledger.githooks.main import main

import contextlib
import hashlib

import pytest

from tests.githooks.conftest import said

REQUIRE = "commits: require\n"
PLANNED = "commits: require\ncommit_paths: plan\n"


def test_without_a_policy_a_commit_needs_nothing(project):
    assert said(project.change()) == []


def test_a_commit_without_a_task_is_refused_and_nothing_changes(project):
    project.policy(REQUIRE)
    head = project.head()
    done = project.change(expect=1)
    assert said(done) == [
        "GATE_BLOCKED: A commit needs an active task. No task is active here, and none was named.",
        "help: gitledger task list",
    ]
    assert project.head() == head
    assert project.git("diff", "--cached", "--name-only") == "src/parser.py"


def test_the_story_of_a_required_task(project):
    project.policy(PLANNED)
    number = project.create("Write the parser")
    project("task", "activate", number)
    assert said(project.change(expect=1))[1] == f"help: gitledger plan start --task {number}"
    number = project.work()
    assert said(project.change(message="Write the parser")) == []

    # Files that the plan does not name: staged, by `-a`, and left out of a commit of named files.
    done = project.change("setup.cfg", expect=1)
    assert said(done)[0] == f"GATE_BLOCKED: plan-v1 of {number} does not name: setup.cfg."
    assert said(done)[1] == f"help: gitledger plan show --task {number}"
    project.write("src/parser.py", "y\n")
    project.calls("commit", "-a", "-m", "All", expect=1)
    assert said(project.calls("commit", "src/parser.py", "-m", "Only the parser")) == []
    assert project.git("show", "--format=", "--name-only") == "src/parser.py"
    project.git("rm", "--quiet", "--cached", "setup.cfg")
    project.write("src/ünïcödé \"x\"\n.py", "z\n")
    project.write("docs/a.md", "z\n")
    project.git("add", "src", "docs")
    assert said(project.calls("commit", "-m", "Odd names")) == []

    # Somebody else's claim.
    other = {"GITLEDGER_SESSION": "elsewhere", "GITLEDGER_TASK": number}
    done = project.change(expect=1, env=other)
    assert said(done)[0].startswith(f"GATE_BLOCKED: {number} is claimed by ")
    assert said(done)[1] == f"help: gitledger lock show --task {number}"


def test_an_override_is_recorded_with_the_commit_that_it_let_through(project):
    project.policy(REQUIRE)
    number = project.create("Hotfix")
    project("task", "activate", number)
    env = {"GITLEDGER_OVERRIDE": "  the site is\ndown "}
    # The editor leaves no message: git gives the commit up, and nothing has been overridden.
    project.write("a", "1")
    project.git("add", "a")
    project.calls("commit", env={**env, "GIT_EDITOR": "true"}, expect=1)
    assert "policy.overridden" not in project.types(number)

    done = project.calls("commit", "-m", "Mend it", env=env)
    assert said(done)[0].startswith("The policy is passed over (")
    event = next(event for event in project.events(number) if event["event"] == "policy.overridden")
    assert event["data"] == {
        "gate": "commits",
        "reason": "the site is down",
        "command": f"git commit {project.head()}",
        "policy": project.git("rev-parse", "HEAD:.gitledger.yaml"),
    }
    assert project.links(number) == [project.head()]
    assert project.is_whole()


def test_an_override_without_a_task_is_kept_in_the_book(project):
    project.policy(REQUIRE)
    project.change(env={"GITLEDGER_OVERRIDE": "no time"})
    assert [(event["type"], event["data"].get("reason")) for event in project.book()][-1] == ("policy.overridden", "no time")
    assert project.is_whole()


def test_a_commit_that_did_not_ask_is_told_of(project):
    project.policy(REQUIRE)
    project.write("a", "1")
    project.git("add", "a")
    done = project.calls("commit", "--no-verify", "-m", "Quietly")
    assert said(done) == [
        "This commit went past the policy: A commit needs an active task. No task is active here, and none was named."
    ]


def test_a_warning_lets_the_commit_through(project):
    project.policy("commits: warn\n")
    number = project.create("Write the parser")
    project("task", "activate", number)
    assert said(project.change()) == [
        f"warning: {number} is draft; this needs a task that is implementing.",
        f"help: gitledger plan start --task {number}",
    ]
    assert project.links(number) == [project.head()]


def test_what_git_makes_of_commits_is_not_judged(project):
    project.change("a", message="One")
    project.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    project.change("a", "2\n", message="Two")
    project.change("b", message="Three")
    project.git("checkout", "--quiet", "main")
    project.policy(REQUIRE)
    env = {"GIT_EDITOR": "true"}
    for begin, go_on in (
        (("merge", "side"), ("commit", "--no-edit")),
        (("cherry-pick", "side~1"), ("-c", "core.commentChar=;", "commit", "--no-edit")),
        (("rebase", "side"), ("rebase", "--continue")),
    ):
        project.git("reset", "--quiet", "--hard")
        head = project.head()
        project.calls(*begin, expect=1, env=env)
        project.write("a", "3\n")
        project.git("add", "a")
        assert said(project.calls(*go_on, env=env)) == [], begin
        assert project.head() != head
        project.git("reset", "--quiet", "--hard", head)
    assert said(project.calls("revert", "--no-edit", "HEAD~1")) == []
    assert said(project.change("c", expect=1))[0].startswith("GATE_BLOCKED")


def test_what_cannot_be_judged_is_not_refused(project):
    project.policy("commits: require\ncomits: off\n")
    done = project.change()
    assert said(done)[0].startswith("The policy for commits was not asked: .gitledger.yaml: comits is not known")


def test_the_index_is_only_read(project, monkeypatch):
    project.policy(PLANNED)
    project.work()
    path = project.write("setup.cfg", "x\n")
    project.git("add", str(path))
    # Touched and not changed: a git that refreshes would write it anew.
    (project.path / "README.md").touch()
    index = project.path / ".git/index"
    before = (hashlib.sha256(index.read_bytes()).digest(), index.stat().st_mtime_ns)
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    with contextlib.chdir(project.path):
        assert main(["pre-commit"]) == 3
    assert (hashlib.sha256(index.read_bytes()).digest(), index.stat().st_mtime_ns) == before


@pytest.mark.parametrize("words", [["commits", "check"], ["commits", "check", "src/parser.py"]])
def test_anybody_may_ask_before(project, words):
    project.policy(REQUIRE)
    answer = project.cli("--json", *words)
    assert answer.exit_code == 3
    assert answer.json["error"]["code"] == "GATE_BLOCKED"
    project.work()
    assert project(*words)["ok"] is True
