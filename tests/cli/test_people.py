"""What people read: the answers of real commands in a real repository, line by line."""

import pytest

pytestmark = pytest.mark.usefixtures("fixed")


@pytest.fixture
def say(cli):
    """Run a command that succeeds and give the lines it printed."""

    def run(*argv, code=0, **more):
        result = cli(*argv, **more)
        assert result.exit_code == code, result
        return [line.rstrip() for line in (result.stdout + result.stderr).splitlines()]

    return run


@pytest.fixture
def task(say):
    """A ledger with one active task."""
    say("init")
    say("task", "create", "Rewrite V2", "--description", "Migrate to the\ntask-first design.")
    say("task", "activate", "1")


def test_init(say):
    first = say("init")
    assert first[0].startswith("started ledger main (refs/taskledger/main) in /")
    assert say("init") == ["ledger main (refs/taskledger/main) is there already; nothing changed"]


def test_no_ledger_yet(say):
    assert say("task", "list", code=6) == [
        "error: There is no ledger main in this repository yet.",
        "hint: gitledger init",
    ]


def test_the_version_needs_no_repository(cli_in, tmp_path):
    result = cli_in(tmp_path)("version")
    assert result.exit_code == 0
    assert result.stdout.startswith("gitledger ")
    assert cli_in(tmp_path)("task", "list").exit_code == 6


def test_tasks(say, task):
    assert say("task", "create", "漢字", "--slug", "kanji", "--priority", "P0", "--owner", "ada") == [
        "created task kanji (task-0002)"
    ]
    assert say("task", "list") == [
        "ID           STATUS  PRIORITY  TITLE       OWNER",
        "task-0001 *  draft             Rewrite V2",
        "task-0002    draft   critical  漢字        ada",
    ]
    assert say("task", "list", "--limit", "1")[-1] == "1 of 2 tasks"
    assert say("task", "list", "--status", "done") == ["no tasks"]


def test_one_task(say, task):
    say("todo", "add", "--text", "Edit the code.", "--mandatory")
    shown = say("task", "show", "1")
    assert shown[0] == "task-0001  Rewrite V2"
    assert "  created: 2026-11-20 10:15Z by gitledger (agent)" in shown
    assert shown[-5:] == [
        "Migrate to the",
        "task-first design.",
        "",
        "Todos (0/1 done)",
        "  [ ] todo-0001  Edit the code.",
    ]


def test_the_active_task(say, task):
    assert say("task", "activate", "1") == ["already active: task-0001  Rewrite V2"]
    assert say("task", "active") == [
        "task-0001  Rewrite V2",
        "  status:    draft",
        "  chosen by: worktree",
        "  since:     2026-11-20 10:15Z",
    ]
    assert say("task", "deactivate", "--reason", "enough") == ["deactivated task-0001"]
    assert say("task", "active", code=5)[0] == "error: No task is active here, and none was named."


def test_todos(say, task):
    assert say("todo", "list") == ["task-0001 has no todos"]
    assert say("todo", "add", "--text", "One", "--mandatory", "--validation-hint", "pytest") == [
        "added todo-0001 to task-0001  (0/1 done)"
    ]
    assert say("todo", "add", "--text", "Two") == ["added optional todo-0002 to task-0001  (0/2 done)"]
    assert say("todo", "status") == [
        "task-0001: 0/2 done",
        "[ ] todo-0001  One",
        "[ ] todo-0002  Two  optional",
        "1 thing to do before finishing:",
        "- Todo todo-0001 is not done.",
        '  gitledger todo done todo-0001 --evidence "..." --task task-0001',
    ]
    assert say("todo", "next") == [
        "todo-0001  open",
        "One",
        "hint: pytest",
        "Show next todo:                        gitledger todo show todo-0001",
        'Mark todo done after evidence exists:  gitledger todo done todo-0001 --evidence "..."',
    ]
    assert say("todo", "done", "1") == [
        "done todo-0001 on task-0001  (1/2 done)",
        "note: no evidence was given; --evidence says what proves it.",
    ]
    assert say("todo", "done", "1") == ["todo-0001 on task-0001 is done already  (1/2 done)"]
    assert say("todo", "done", "2", "--evidence", "pytest -q") == ["done todo-0002 on task-0001  (2/2 done)"]
    assert say("todo", "show", "2") == [
        "todo-0002  done  optional",
        "Two",
        "done: 2026-11-20 10:15Z by gitledger (agent)",
        "evidence: pytest -q",
    ]
    assert say("todo", "list") == ["task-0001: 2/2 done", "[x] todo-0001  One", "[x] todo-0002  Two"]
    assert say("todo", "status")[-1] == "the todos let the implementation finish"
    assert say("todo", "next") == ["task-0001: no todo is open"]
    assert say("todo", "undone", "2") == ["reopened todo-0002 on task-0001  (1/2 done)"]


def test_events(say, task):
    say("task", "edit", "--priority", "high", "--add-note", "look here")
    assert say("task", "events") == [
        "2026-11-20 10:15Z  task.created    gitledger  Rewrite V2",
        "2026-11-20 10:15Z  task.activated  gitledger",
        "2026-11-20 10:15Z  task.edited     gitledger  priority",
        "2026-11-20 10:15Z  comment.added   gitledger  look here",
    ]
    assert say("task", "events", "--limit", "1")[-1] == "the last 1 of 4 events"


def test_a_refusal_says_it_once(say, task):
    assert say("implement", "start", code=3) == [
        "error: `implement start` needs a task that is approved or failed_validation; task-0001 is draft.",
        "hint: gitledger plan start --task task-0001",
    ]


def test_a_step(say, task):
    assert say("task", "cancel", "--reason", "enough") == ["cancelled task-0001", "  reason: enough"]


def test_hostile_titles(say, task):
    say("task", "create", "evil \x1b[2J\u202e title", "--slug", "evil")
    text = "\n".join([*say("task", "list"), *say("task", "show", "2"), *say("task", "events", "--task", "2")])
    assert "\x1b" not in text and "\u202e" not in text
    assert "evil \\x1b[2J\\u202e title" in text
