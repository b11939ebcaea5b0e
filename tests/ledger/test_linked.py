"""What tasks are linked to, with real git: files that validation needs, introductions, handoffs and releases in their ledger."""

import json

from gitledger.ledger.sourcetree import lacking_paths
from gitledger.store.repo import open_repository

PATHS = ["README.md", "src", "src/new.py", "gone.py", "../outside", "/etc/passwd", "a//b", "link"]


def test_what_lies_in_the_work_tree_is_there_committed_or_not(repo, tmp_path):
    repo.write("src/new.py", "x\n")
    (repo.path / "link").symlink_to("nowhere")
    (tmp_path / "outside").write_text("x")
    found = lacking_paths(open_repository(str(repo.path), {}), PATHS)
    assert found == ["gone.py", "../outside", "/etc/passwd", "a//b"]


def test_a_bare_repository_is_asked_at_head(repo, make_repo):
    repo.write("src/new.py", "x\n")
    repo.commit("More")
    repo.git("clone", "--quiet", "--bare", ".", "../hub.git")
    found = lacking_paths(open_repository(str(repo.path.parent / "hub.git"), {}), ["README.md", "src", "src/new.py", "gone.py"])
    assert found == ["gone.py"]
    empty = make_repo("empty.git", bare=True)
    assert lacking_paths(open_repository(str(empty.path), {}), ["README.md"]) == ["README.md"]


def test_a_validation_passes_once_the_file_is_there(repo, cli):
    cli("init")
    cli("task", "create", "Job", "--slug", "job")
    cli("task", "activate", "job")
    cli("file", "add", "--path", "report.html", "--required-for-validation")
    blockers = cli("validate", "status", "--json").json["result"]["result"]["blockers"]
    assert ("file_missing", "report.html") in [(blocker["kind"], blocker.get("ref")) for blocker in blockers]
    repo.write("report.html", "<p>Fine.\n")
    blockers = cli("validate", "status", "--json").json["result"]["result"]["blockers"]
    assert "file_missing" not in [blocker["kind"] for blocker in blockers]


def test_the_book_holds_introductions_and_releases_and_is_whole(repo, cli):
    cli("init")
    cli("intro", "create", "House rules", "--text", "Small steps.\n\n\n")
    cli("task", "record", "Deploy", "--change", "x:run:y", "--evidence", "z")
    cli("release", "tag", "1.0", "--at-task", "1")
    assert repo.git("show", "refs/taskledger/main:book/intros/1.md") == "Small steps."
    assert cli("intro", "show", "1", "--json").json["result"]["body"] == "Small steps."
    cli("handoff", "create", "--mode", "full", "--task", "1")
    path = cli("handoff", "list", "--task", "1", "--json").json["result"]["handoffs"][0]["context_path"]
    assert repo.git("show", path).startswith("# Task Dossier: Deploy")
    assert cli("verify").exit_code == 0
    cli("ledger", "fork", "feature")
    cli("intro", "create", "Second", "--text", "Here.")
    cli("handoff", "claim", "1", "--task", "1")
    cli("ledger", "switch", "main")
    cli("intro", "create", "Other", "--text", "There.")
    assert cli("ledger", "merge", "feature").exit_code == 0
    listed = cli("intro", "list", "--json").json["result"]["introductions"]
    assert len({intro["id"] for intro in listed}) == 3
    assert {cli("intro", "show", intro["id"], "--json").json["result"]["body"] for intro in listed} == {"Small steps.", "Here.", "There."}
    assert cli("verify").exit_code == 0


def test_what_two_sides_said_of_a_handoff_and_a_file_is_listed_until_somebody_says_it_again(repo, cli):
    cli("init")
    cli("task", "create", "Job")
    cli("handoff", "create", "--mode", "full", "--task", "1")
    cli("ledger", "fork", "feature")
    cli("handoff", "cancel", "1", "--task", "1")
    cli("file", "add", "--path", "a.py", "--label", "here", "--task", "1")
    cli("ledger", "switch", "main")
    cli("handoff", "claim", "1", "--task", "1")
    cli("file", "add", "--path", "a.py", "--label", "there", "--task", "1")
    cli("ledger", "merge", "feature")
    listed = cli("conflicts", "--json").json["result"]["conflicts"]
    assert [(item["field"].partition(" ")[0], item["command"]) for item in listed] == [
        ("file", "gitledger file list --task task-0001"),
        ("handoff", "gitledger handoff list --task task-0001"),
    ]
    cli("file", "add", "--path", "a.py", "--label", "both", "--task", "1")
    assert [item["field"].partition(" ")[0] for item in cli("conflicts", "--json").json["result"]["conflicts"]] == ["handoff"]


def test_status_counts_the_introductions(repo, cli):
    cli("init")
    cli("intro", "create", "House rules", "--text", "Small steps.")
    assert cli("status", "--json").json["result"]["counts"]["introductions"] == 1


def test_the_source_of_a_changelog_is_written_to_a_file_once(repo, cli):
    cli("init")
    for title in ("First", "Second"):
        cli("task", "record", title, "--change", "x:run:y")
    cli("release", "tag", "1.0", "--at-task", "1")
    line = ("release", "changelog", "1.1", "--since", "1.0", "--output")
    assert cli(*line, "source.md").stdout == "wrote source.md: 1 task\n"
    text = (repo.path / "source.md").read_text()
    assert text.startswith("# Changelog source for 1.1\n") and cli(*line[:-1]).stdout == text
    assert cli(*line, "source.md", "--format", "json").exit_code == 2 and (repo.path / "source.md").read_text() == text
    assert cli(*line, "source.md", "--format", "json", "--overwrite").exit_code == 0
    told = json.loads((repo.path / "source.md").read_text())
    assert [task["task_id"] for task in told["tasks"]] == ["task-0002"] and told["kind"] == "release_changelog_context"


def test_the_source_of_the_active_task_is_told_in_a_word(repo, cli):
    cli("init")
    cli("task", "create", "Job")
    cli("task", "activate", "1")
    assert cli("task", "active", "--source").stdout.split()[0] == "worktree"
    night = {"GITLEDGER_SESSION": "night"}
    assert cli("task", "active", "--source", env=night).exit_code == 5
    cli("task", "activate", "1", env=night)
    assert cli("task", "active", "--source", env=night).stdout.split()[0] == "session"
    assert cli("task", "active", "--source", env={"GITLEDGER_TASK": "1"}).stdout.split()[0] == "environment"
    assert cli("task", "active", "--source", "--json").json["result"]["source"] == "worktree"
