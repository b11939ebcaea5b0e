"""A write whose answer fails is there all the same, and nobody is told that it was refused."""

import pytest

from gitledger.errors import Refused, StorageError
from gitledger.ledger import open_ledger
from gitledger.ops._task_list import ListTasks
from gitledger.ops.ledger import InitLedger
from gitledger.ops.task import CreateTask
from tests.conftest import Cli, Repo
from tests.reliability.refusal import assert_refused


@pytest.fixture
def ledger(repo: Repo):
    made = open_ledger(str(repo.path))
    made.run(InitLedger())
    return made


def fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception, op: type = CreateTask) -> None:
    def show(self, world):
        raise error

    monkeypatch.setattr(op, "show", show)


@pytest.mark.parametrize("error", [StorageError("The blob x is missing.", hint=("gitledger", "verify")), Refused("No.")])
def test_a_refusal_of_the_answer_is_no_refusal_of_the_write(ledger, cli: Cli, monkeypatch, error):
    fail_with(monkeypatch, error)
    before = ledger.tip
    told = assert_refused(cli("--json", "task", "create", "Job"), "INTERNAL", 1)
    assert ledger.tip != before and told["retryable"] is False
    assert "is recorded" in told["message"] and error.message in told["message"]
    assert told["details"]["cause"] == error.code and len(told["details"]["events"]) == 1
    said = cli("task", "create", "Another").stderr
    assert "is recorded" in said and "nothing changed" not in said
    monkeypatch.undo()
    tasks = ledger.run(ListTasks()).view.tasks
    assert [task.title for task in tasks] == ["Job", "Another"]


def test_a_bug_in_the_answer_says_that_the_write_is_there(ledger, cli: Cli, monkeypatch):
    fail_with(monkeypatch, KeyError("x"))
    done = cli("--json", "task", "create", "Job")
    told = done.json["error"]
    assert (done.exit_code, told["code"], len(told["details"]["events"])) == (1, "INTERNAL", 1)
    assert "is recorded" in told["message"]


def test_where_nothing_was_written_the_refusal_stands(ledger, cli: Cli, monkeypatch):
    fail_with(monkeypatch, Refused("No.", hint=("gitledger", "task", "list")), ListTasks)
    assert_refused(cli("--json", "task", "list"), "WORKFLOW_REJECTION", 3)
    fail_with(monkeypatch, KeyError("x"), ListTasks)
    assert "is recorded" not in cli("--json", "task", "list").json["error"]["message"]
