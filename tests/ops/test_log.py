"""The entries of a real ledger, and that plain git tells the same."""

import pytest

from gitledger.ledger import open_ledger
from gitledger.ops._activating import ActivateTask
from gitledger.ops.ledger import InitLedger
from gitledger.ops.log import ShowLog
from gitledger.ops.require import AddRequirement
from gitledger.ops.task import CreateTask, EditTask


@pytest.fixture
def ledger(repo):
    """A ledger with five entries, most of them made within one second."""
    made = open_ledger(str(repo.path))
    for op in (
        InitLedger(),
        CreateTask(title="One"),
        CreateTask(title="Two"),
        ActivateTask(task="1"),
        ActivateTask(task="2"),
    ):
        made.run(op)
    return made


def test_entries_come_newest_first_as_git_has_them(ledger, repo):
    log = ledger.run(ShowLog()).view
    assert [entry.commit for entry in log.entries] == repo.git("rev-list", "refs/taskledger/main").split()
    assert [entry.op for entry in log.entries] == ["task.activate", "task.activate", "task.create", "task.create", "init"]
    assert (log.kind, log.total, log.truncated, log.task_id, log.ledger) == ("ledger_log", 5, False, None, "main")


def test_many_entries_of_one_second_keep_their_order(ledger, repo):
    for number in range(40):
        ledger.run(EditTask(task="1", add_note=[f"Note {number}"]))
    log = ledger.run(ShowLog(limit=0)).view
    assert [entry.commit for entry in log.entries] == repo.git("rev-list", "--topo-order", "refs/taskledger/main").split()
    assert all(entry.parents == [after.commit] for entry, after in zip(log.entries, log.entries[1:], strict=False))


def test_an_entry_tells_what_was_done_to_what_by_whom(ledger):
    entry = ledger.run(ShowLog(limit=1)).view.entries[0]
    assert entry.subject == "task activate: task-0001 Two" or entry.subject.startswith("task activate: ")
    # Leaving one active task for another is one entry about both.
    assert sorted(entry.tasks) == ["task-0001", "task-0002"]
    assert len(set(entry.uids)) == 2
    assert (entry.author, entry.email, entry.actor, entry.session) == (
        "Ada Example",
        "ada@example.org",
        "agent:gitledger",
        None,
    )
    assert entry.time.endswith("Z") and len(entry.parents) == 1


def test_a_limit_cuts_and_says_so(ledger):
    log = ledger.run(ShowLog(limit=2)).view
    assert (len(log.entries), log.total, log.truncated) == (2, None, True)
    log = ledger.run(ShowLog(limit=5)).view
    assert (len(log.entries), log.total, log.truncated) == (5, 5, False)


def test_the_entries_of_one_task(ledger):
    log = ledger.run(ShowLog(task="1")).view
    assert [entry.op for entry in log.entries] == ["task.activate", "task.activate", "task.create"]
    assert log.task_id == "task-0001"
    assert all("task-0001" in entry.tasks for entry in log.entries)
    assert ledger.run(ShowLog(task="1", limit=1)).view.truncated


def test_actor_and_session_are_shown_as_they_were_given(repo):
    environ = {"GITLEDGER_ACTOR_TYPE": "user", "GITLEDGER_ACTOR_NAME": "Zoë 100%", "GITLEDGER_SESSION": "s 1"}
    made = open_ledger(str(repo.path), environ=environ)
    made.run(InitLedger())
    entry = made.run(ShowLog()).view.entries[0]
    assert entry.actor == "user:Zoë 100%"
    assert entry.session is not None and entry.session.startswith("s_1_")


def test_a_merge_has_no_operation(ledger, repo):
    tip = repo.git("rev-parse", "refs/taskledger/main")
    tree = repo.git("rev-parse", f"{tip}^{{tree}}")
    merge = repo.git("commit-tree", tree, "-p", tip, "-p", f"{tip}~2", "-m", "merge ledgers")
    repo.git("update-ref", "refs/taskledger/main", merge)
    entry = ledger.run(ShowLog(limit=1)).view.entries[0]
    assert (entry.op, entry.actor, entry.tasks, len(entry.parents)) == (None, None, [], 2)


def test_a_requirement_is_an_entry_about_the_task_that_waits(ledger):
    ledger.run(AddRequirement(task="1", required="2"))
    entry = ledger.run(ShowLog(limit=1)).view.entries[0]
    assert (entry.subject, entry.tasks) == ("require add: task-0001 task-0002 Two", ["task-0001"])


def test_the_command_takes_the_task_as_option_or_positional(ledger, cli):
    for args in (["log", "1"], ["log", "--task", "one"]):
        result = cli(*args, "--json").json
        assert (result["task_id"], len(result["result"]["entries"])) == ("task-0001", 3)
    assert cli("log", "--json").json["result"]["total"] == 5


@pytest.mark.parametrize(("args", "code"), [(["log", "--limit", "-1"], 2), (["log", "task-0009"], 5)])
def test_what_cannot_be_shown_is_refused(ledger, cli, args, code):
    assert cli(*args).exit_code == code
