"""Fork, switch, rename, delete: one ref write each, settings and pointers that follow, races that lose nothing."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gitledger.ledger import open_ledger
from gitledger.errors import LedgerError
from gitledger.ops._forking import DeleteLedger, ForkLedger, RenameLedger
from gitledger.ops._merging import MergeLedger
from gitledger.ops._task_list import ListTasks
from gitledger.ops.task import CreateTask
from tests.conftest import Cli, Repo
from tests.reliability.refusal import assert_runnable


def objects(repo: Repo) -> list[str]:
    return repo.git("cat-file", "--batch-all-objects", "--batch-check").splitlines()


def refs(repo: Repo) -> dict[str, str]:
    lines = repo.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(line.split(" ") for line in lines)


def refused(cli: Cli, *words: str) -> str:
    done = cli("--json", *words)
    assert not done.json["ok"], done
    assert_runnable(done.json["error"]["hint"])
    return done.json["error"]["code"]


# ---------------------------------------------------------------------------------------------- fork


def test_a_fork_is_one_ref_and_no_object(repo: Repo, begun: Cli, ask):
    before, were = objects(repo), refs(repo)
    view = ask(begun, "ledger", "fork", "feature-a", "--copy-open")
    assert objects(repo) == before
    assert refs(repo) == were | {"refs/taskledger/feature-a": were["refs/taskledger/main"]}
    assert repo.git("config", "taskledger.feature-a.parent") == "main"
    assert repo.git("config", "branch.main.taskledger") == "feature-a"
    assert (view["ledger_ref"], view["ledger_parent_ref"], view["ledger_next_task_number"]) == ("feature-a", "main", 3)
    assert view["active_task_id"] == "task-0001"
    assert ask(begun, "task", "active")["task_id"] == "task-0001"
    status = ask(begun, "ledger", "status")
    assert (status["task_count"], status["ahead"], status["behind"], status["next_task_id"]) == (2, 0, 0, "task-0003")
    begun("task", "create", "Three")
    begun("--ledger", "main", "task", "create", "Three here")
    begun("--ledger", "main", "task", "create", "Four here")
    status = ask(begun, "ledger", "status")
    assert (status["ahead"], status["behind"]) == (1, 2)


def test_a_fork_without_tasks_goes_on_with_the_numbers(repo: Repo, begun: Cli, ask):
    view = ask(begun, "ledger", "fork", "fresh", "--empty")
    assert (view["empty"], view["next_task_id"], view["active_task_id"]) == (True, "task-0003", None)
    assert ask(begun, "task", "create", "New")["id"] == "task-0003"
    assert ask(begun, "task", "list")["total"] == 1
    assert begun("verify").exit_code == 0
    assert ask(begun, "task", "events", "--all")["items"][0]["data"]["number_floor"] == 2


def test_a_fork_of_another_ledger_and_what_is_refused(begun: Cli):
    assert begun("ledger", "fork", "a").exit_code == 0
    assert begun("ledger", "fork", "b", "--from", "main").exit_code == 0
    assert refused(begun, "ledger", "fork", "a") == "LEDGER_EXISTS"
    assert refused(begun, "ledger", "fork", "a", "--empty") == "LEDGER_EXISTS"
    assert refused(begun, "ledger", "fork", "c", "--from", "nowhere") == "NO_LEDGER"
    assert refused(begun, "ledger", "fork", "a/b") == "NAME_CLASH"


def test_without_a_ledger_there_is_nothing_to_fork(repo: Repo, cli: Cli):
    assert refused(cli, "ledger", "fork", "a") == "NOT_INITIALISED"
    assert refused(cli, "ledger", "status") == "NOT_INITIALISED"
    assert cli("--json", "ledger", "list").json["result"]["ledgers"] == []


# ---------------------------------------------------------------------------------------------- switch


def test_switching_is_kept_with_the_branch(repo: Repo, begun: Cli, ask):
    begun("ledger", "fork", "a")
    assert refused(begun, "ledger", "switch", "b") == "NO_LEDGER"
    assert ask(begun, "ledger", "switch", "main")["previous_ledger_ref"] == "a"
    view = ask(begun, "ledger", "switch", "b", "--create")
    assert (view["created"], view["changed"], view["previous_ledger_ref"]) == (True, True, "main")
    assert ask(begun, "ledger", "switch", "b")["changed"] is False
    assert ask(begun, "ledger", "list")["current_ref"] == "b"
    done = begun("--json", "ledger", "switch", "a", env={"GITLEDGER_LEDGER": "main"})
    assert "outweighs" in done.json["warnings"][0]


def test_the_active_task_comes_along_where_the_fork_has_none(begun: Cli, ask):
    begun("task", "deactivate", "--reason", "x")
    begun("ledger", "fork", "a")
    begun("ledger", "switch", "main")
    begun("task", "activate", "2")
    assert ask(begun, "ledger", "switch", "a")["active_task_id"] == "task-0002"
    begun("task", "activate", "1")
    begun("ledger", "switch", "main")
    assert ask(begun, "task", "active")["task_id"] == "task-0002"
    assert ask(begun, "ledger", "switch", "a")["active_task_id"] == "task-0001"


def test_a_ledger_that_only_the_remote_has_begins_with_it(repo: Repo, begun: Cli, tmp_path: Path, ask):
    repo.git("remote", "add", "origin", str(tmp_path / "nowhere"))
    tip = repo.git("rev-parse", "refs/taskledger/main")
    repo.git("update-ref", "refs/taskledger-remotes/origin/theirs", tip)
    assert ask(begun, "ledger", "list")["remote_ledgers"] == {"origin/theirs": tip}
    view = ask(begun, "ledger", "switch", "theirs")
    assert (view["fetched_from"], view["tip"], view["created"]) == ("origin", tip, True)
    repo.git("update-ref", "refs/taskledger-remotes/origin/bad", "HEAD")
    assert begun("ledger", "switch", "bad").exit_code == 6
    assert "refs/taskledger/bad" not in refs(repo)


# ---------------------------------------------------------------------------------------------- rename


def test_renaming_takes_settings_and_pointers_along(repo: Repo, begun: Cli, ask):
    begun("ledger", "fork", "a")
    begun("ledger", "fork", "b")
    begun("ledger", "switch", "a")
    tip = refs(repo)["refs/taskledger/a"]
    view = ask(begun, "ledger", "rename", "a", "trunk/a")
    assert view["tip"] == refs(repo)["refs/taskledger/trunk/a"] == tip
    assert "refs/taskledger/a" not in refs(repo)
    assert ask(begun, "ledger", "status")["current_ref"] == "trunk/a"
    assert repo.git("config", "taskledger.b.parent") == "trunk/a"
    assert repo.git("config", "taskledger.trunk/a.parent") == "main"
    assert ask(begun, "task", "active")["task_id"] == "task-0001"
    assert refused(begun, "ledger", "rename", "b", "main") == "LEDGER_EXISTS"
    assert refused(begun, "ledger", "rename", "b", "trunk") == "NAME_CLASH"
    assert refused(begun, "ledger", "rename", "nowhere", "x") == "NO_LEDGER"
    assert ask(begun, "ledger", "rename", "b", "b")["changed"] is False


def test_the_ledger_of_the_branch_stays_its_ledger_under_another_name(repo: Repo, begun: Cli, ask):
    repo.git("pack-refs", "--all")
    ask(begun, "ledger", "rename", "main", "trunk")
    assert ask(begun, "ledger", "status")["current_ref"] == "trunk"
    assert ask(begun, "task", "list")["total"] == 2


# ---------------------------------------------------------------------------------------------- delete


def test_deleting_what_nobody_else_has_needs_force_and_a_reason(repo: Repo, begun: Cli, ask):
    begun("ledger", "fork", "a")
    for number in range(25):
        begun("task", "create", f"Only here {number}")
    begun("ledger", "switch", "main")
    done = begun("--json", "ledger", "delete", "a").json["error"]
    assert (done["code"], done["details"]["total"], len(done["details"]["events"])) == ("UNSHARED_EVENTS", 25, 20)
    assert "task-0003 task.created" in done["message"] and "and 5 more" in done["message"]
    assert_runnable(done["hint"])
    assert refused(begun, "ledger", "delete", "a", "--force") == "INVALID_INPUT"
    tip = refs(repo)["refs/taskledger/a"]
    view = ask(begun, "ledger", "delete", "a", "--force", "--reason", "An experiment.")
    assert refs(repo)[view["trash_ref"]] == tip
    assert "refs/taskledger/a" not in refs(repo)
    assert repo.git("config", "--get-regexp", "taskledger", check=False).splitlines() == ["branch.main.taskledger main"]
    begun("ledger", "fork", "a")
    assert ask(begun, "ledger", "delete", "main")["deleted"]


def test_what_was_merged_may_go(begun: Cli, ask):
    begun("ledger", "fork", "a")
    begun("task", "create", "Three")
    begun("ledger", "switch", "main")
    begun("ledger", "merge", "a")
    assert refused(begun, "ledger", "delete", "main") == "CURRENT_LEDGER"
    view = ask(begun, "ledger", "delete", "a")
    assert (view["deleted"], view["unshared_events"]) == (True, 0)


def test_what_a_remote_has_is_closed_first_and_goes_when_that_is_published(repo: Repo, begun: Cli, ask):
    begun("ledger", "fork", "a")
    begun("task", "create", "Three")
    begun("ledger", "switch", "main")
    repo.git("update-ref", "refs/taskledger-remotes/origin/a", "refs/taskledger/a")
    view = ask(begun, "ledger", "delete", "a", "--reason", "Finished.")
    assert (view["deleted"], view["closed"], len(view["events"])) == (False, True, 1)
    assert begun("--ledger", "a", "task", "create", "x").exit_code == 3
    assert ask(begun, "ledger", "delete", "a")["deleted"] is False
    repo.git("update-ref", "refs/taskledger-remotes/origin/a", "refs/taskledger/a")
    assert ask(begun, "ledger", "delete", "a")["deleted"] is True


def test_a_closed_ledger_reads_and_opens_again(begun: Cli, ask):
    assert ask(begun, "ledger", "close", "--reason", "Over.")["closed"]
    assert ask(begun, "ledger", "close", "--reason", "Again.")["changed"] is False
    assert ask(begun, "ledger", "status")["closed_reason"] == "Over."
    assert refused(begun, "task", "create", "x") == "LEDGER_CLOSED"
    assert refused(begun, "ledger", "merge", "main") == "LEDGER_CLOSED"
    assert ask(begun, "ledger", "reopen", "--reason", "Not yet.")["closed"] is False
    assert begun("task", "create", "x").exit_code == 0


# ---------------------------------------------------------------------------------------------- races


def at_once(repo: Repo, jobs) -> list[object]:
    """Run operations at the same time, each on a ledger object of its own."""

    def one(op):
        try:
            return open_ledger(str(repo.path), ledger="main").run(op)
        except LedgerError as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, jobs))


@pytest.mark.parametrize("round", range(3))
def test_of_many_forks_of_one_name_one_wins(repo: Repo, begun: Cli, round: int):
    found = at_once(repo, [ForkLedger(name="a") for _ in range(8)])
    losers = [error for error in found if isinstance(error, LedgerError)]
    assert len(losers) == 7 and {error.code for error in losers} == {"LEDGER_EXISTS"}


@pytest.mark.parametrize("round", range(3))
def test_a_rename_among_writers_loses_no_entry(repo: Repo, begun: Cli, round: int):
    jobs = [CreateTask(title=f"Task {number}") for number in range(20)]
    jobs.insert(9, RenameLedger(old="main", new="trunk"))
    found = at_once(repo, jobs)
    created = [done for done in found if not isinstance(done, LedgerError)]
    tasks = open_ledger(str(repo.path), ledger="trunk")
    assert all(error.code in ("NOT_INITIALISED", "LOST_RACE") for error in found if isinstance(error, LedgerError))
    assert tasks.run(ListTasks()).view.total == 2 + len(created) - 1
    assert "refs/taskledger/main" not in refs(repo)


def test_a_delete_among_writers_takes_no_unseen_entry(repo: Repo, begun: Cli):
    begun("ledger", "fork", "spare")
    jobs = [CreateTask(title=f"Task {number}") for number in range(12)]
    jobs.insert(4, DeleteLedger(name="main", force=True, reason="race"))
    found = at_once(repo, jobs)
    created = sum(not isinstance(done, LedgerError) for done in found) - (not isinstance(found[4], LedgerError))
    trash = [tip for ref, tip in refs(repo).items() if ref.startswith("refs/taskledger-trash/main/")]
    is_gone = "refs/taskledger/main" not in refs(repo)
    assert len(trash) == is_gone == (not isinstance(found[4], LedgerError))
    if is_gone:
        repo.git("update-ref", "refs/taskledger/main", trash[0])
    assert open_ledger(str(repo.path), ledger="main").run(ListTasks()).view.total == 2 + created


def test_merges_among_writers_lose_no_entry(repo: Repo, begun: Cli):
    begun("ledger", "fork", "a")
    for number in range(5):
        begun("task", "create", f"In a {number}")
    begun("ledger", "switch", "main")
    jobs = [CreateTask(title=f"Task {number}") for number in range(12)]
    for place in (2, 5, 9):
        jobs.insert(place, MergeLedger(source="a"))
    found = at_once(repo, jobs)
    assert [error for error in found if isinstance(error, LedgerError)] == []
    rows = open_ledger(str(repo.path), ledger="main").run(ListTasks()).view.tasks
    assert len(rows) == 2 + 5 + 12
    assert begun("ledger", "merge", "a").exit_code == 0
    assert begun("verify").exit_code == 0
