"""What the ledger holds, where it is, and which version this is: true at once, in real repositories."""

import pytest

import gitledger
from gitledger.model import codec


@pytest.fixture
def ledger(cli):
    """The program in a repository whose ledger has three tasks: one being planned and active, a draft, a cancelled one."""
    assert cli("init").exit_code == 0
    for title in ("One", "Two", "Three"):
        cli("task", "create", title)
    for line in (
        ["task", "activate", "1"],
        ["plan", "start"],
        ["todo", "add", "--text", "Do it", "--task", "1"],
        ["question", "add", "--text", "Which?", "--task", "1"],
        ["task", "cancel", "--task", "3"],
    ):
        result = cli(*line)
        assert result.exit_code == 0, result
    return cli


def answer(cli, *args: str, **env: str):
    result = cli(*args, "--json", env=env)
    assert result.exit_code == 0, result
    return result.json["result"]


# ---------------------------------------------------------------------------------------------- status


def test_an_empty_ledger_counts_nothing(cli, repo):
    cli("init")
    status = answer(cli, "status")
    assert set(status["counts"].values()) == {0}
    assert (status["by_status"], status["by_role"], status["active_task"]) == ({}, {}, None)


def test_status_has_the_keys_of_the_reference_and_true_counts(ledger, repo):
    status = answer(ledger, "status")
    assert status["kind"] == "taskledger_status"
    assert (status["workspace_root"], status["config_path"]) == (str(repo.path), None)
    assert (status["project_dir"], status["taskledger_dir"]) == (str(repo.path / ".git"), "refs/taskledger/main")
    assert status["counts"] == {
        "tasks": 3,
        "introductions": 0,
        "plans": 0,
        "questions": 1,
        "runs": 1,
        "changes": 0,
        "locks": 1,
        "todos": 1,
        "todos_done": 0,
    }
    assert status["by_status"] == {"draft": 1, "planning": 1, "cancelled": 1}
    assert status["by_role"] == {"queue": 2, "cancelled": 1}
    assert (status["ledger"], status["ref"], status["branch"]) == ("main", "refs/taskledger/main", "main")
    assert status["tip"] == repo.git("rev-parse", "refs/taskledger/main")
    assert "tasks" not in status


def test_status_names_the_active_task_and_where_that_comes_from(ledger):
    active = answer(ledger, "status")["active_task"]
    assert (active["task_id"], active["slug"], active["status_stage"], active["active_stage"], active["source"]) == (
        "task-0001",
        "one",
        "planning",
        "planning",
        "worktree",
    )


def test_an_active_task_that_leads_nowhere_is_a_warning(ledger):
    result = ledger("status", "--json", env={"GITLEDGER_TASK": "task-0099"})
    assert result.exit_code == 0
    assert result.json["result"]["active_task"] is None
    assert "task-0099" in result.json["warnings"][0]


def test_health_is_not_claimed_before_it_was_checked(ledger):
    health = answer(ledger, "status")["health"]
    assert (health["checked"], health["healthy"], health["command"]) == (False, None, "gitledger verify")
    assert answer(ledger, "status", "--full")["health"]["checked"] is False


def test_check_verifies(ledger, repo):
    health = answer(ledger, "status", "--check")["health"]
    assert (health["checked"], health["healthy"], health["findings"]) == (True, True, 0)
    damage(repo)
    result = ledger("status", "--check", "--json")
    assert (result.exit_code, result.json["ok"]) == (6, True)
    assert result.json["result"]["health"]["healthy"] is False


def damage(repo) -> None:
    """Add an entry that brings a file which does not belong into a ledger."""
    blob = repo.git("hash-object", "-w", "--stdin", input="x")
    tree = repo.git("ls-tree", "refs/taskledger/main") + f"\n100644 blob {blob}\tstray\n"
    commit = repo.git("commit-tree", repo.git("mktree", input=tree), "-p", "refs/taskledger/main", "-m", "x")
    repo.git("update-ref", "refs/taskledger/main", commit)


def test_full_lists_every_task(ledger):
    tasks = answer(ledger, "status", "--full")["tasks"]
    assert [(task["id"], task["status"], task["is_active"]) for task in tasks] == [
        ("task-0001", "planning", True),
        ("task-0002", "draft", False),
        ("task-0003", "cancelled", False),
    ]


def test_status_needs_a_ledger(cli):
    result = cli("status", "--json")
    assert (result.exit_code, result.json["error"]["code"]) == (6, "NOT_INITIALISED")


# ---------------------------------------------------------------------------------------------- where


def test_where_tells_the_places_and_the_reason(ledger, repo):
    where = answer(ledger, "where")
    assert where["kind"] == "taskledger_where"
    assert (where["repository"], where["work_tree"]) == (str(repo.path), str(repo.path))
    assert where["common_dir"] == where["git_dir"] == str(repo.path / ".git")
    assert (where["ledger"], where["source"], where["exists"]) == ("main", "branch", True)
    assert where["active_task"]["task_id"] == "task-0001"
    assert where["actor"]["actor_name"] == "gitledger"


def test_where_works_before_the_ledger_is_there_and_with_another_name(cli):
    where = answer(cli, "--ledger", "other", "where")
    assert (where["ledger"], where["source"], where["exists"], where["tip"]) == ("other", "option", False, None)
    assert answer(cli, "where", GITLEDGER_LEDGER="x")["source"] == "environment"


def test_where_in_a_linked_work_tree_names_the_common_folder(ledger, repo, cli_in):
    repo.git("worktree", "add", "--quiet", "-b", "side", "../side")
    where = answer(cli_in(repo.path.parent / "side"), "where")
    assert where["common_dir"] == str(repo.path / ".git")
    assert where["git_dir"] != where["common_dir"]
    assert (where["branch"], where["ledger"]) == ("side", "main")
    # The other work tree's choice is its own.
    assert where["active_task"] is None


def test_where_outside_a_repository_says_so(cli_in, tmp_path):
    result = cli_in(tmp_path)("where", "--json")
    assert (result.exit_code, result.json["error"]["code"]) == (6, "NOT_A_REPOSITORY")


# ---------------------------------------------------------------------------------------------- version


def test_version_works_outside_a_repository(cli_in, tmp_path):
    version = answer(cli_in(tmp_path), "version")
    assert version["version"] == gitledger.__version__
    assert (version["format"], version["fold"], version["event"]) == (
        codec.FORMAT_VERSION,
        codec.FOLD_VERSION,
        codec.EVENT_VERSION,
    )
    assert "libraries" not in version


def test_the_long_version_has_the_libraries(cli_in, tmp_path):
    libraries = answer(cli_in(tmp_path), "version", "--full")["libraries"]
    assert set(libraries) == {"click", "msgspec", "pygit2", "pyyaml"}
    assert all(version[0].isdigit() for version in libraries.values())
