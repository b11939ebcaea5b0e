"""Adopting from another ledger: new, united, unchanged; numbers, slugs, references; nothing copied, nothing lost."""

import pytest

from tests.conftest import Cli, Repo
from tests.ledger.conftest import begun, result  # noqa: F401
from tests.reliability.refusal import assert_runnable


@pytest.fixture
def forked(begun: Cli) -> Cli:  # noqa: F811
    """Ledger `a` has a third and a fourth task, with work on them; `main` has another third one."""
    for words in (
        ["ledger", "fork", "a"],
        ["task", "create", "Three", "--description", "In a."],
        ["todo", "add", "--task", "3", "--text", "Begin"],
        ["require", "add", "2", "--task", "3"],
        ["plan", "start", "--task", "3"],
        ["task", "create", "Four"],
        ["ledger", "switch", "main"],
    ):
        assert begun(*words).exit_code == 0, words
    return begun


def adopt(cli: Cli, *words: str):
    return result(cli("--json", "ledger", "adopt", "--from", "a", *words))


def sound(cli: Cli) -> None:
    done = cli("verify")
    assert done.exit_code == 0, done


def test_a_free_number_is_kept_and_the_folder_is_the_same_object(repo: Repo, forked: Cli):
    view = adopt(forked, "four")
    assert (view["from_task_id"], view["to_task_id"], view["renumbered"]) == ("task-0004", "task-0004", False)
    assert view["tasks"][0]["outcome"] == "new"
    path = repo.git("ls-tree", "-r", "--name-only", "refs/taskledger/a", "tasks/00").splitlines()
    created = next(name for name in path if "/0004-" in name and "/events/" in name)
    assert repo.git("rev-parse", f"refs/taskledger/main:{created}") == repo.git("rev-parse", f"refs/taskledger/a:{created}")
    events = result(forked("--json", "task", "events", "4"))["items"]
    assert [event["event"] for event in events] == ["task.created", "task.adopted"]
    assert events[-1]["data"]["ledger"] == "a" and events[-1]["data"]["tip"] == repo.git("rev-parse", "refs/taskledger/a")
    sound(forked)


def test_a_taken_number_gets_the_next_free_one_and_everything_comes_along(forked: Cli):
    forked("task", "create", "Three on main")
    view = adopt(forked, "3", "task-0004")
    assert [(task["to_task_id"], task["renumbered"]) for task in view["tasks"]] == [("task-0005", True), ("task-0004", False)]
    task = result(forked("--json", "task", "show", "5"))
    assert (task["task"]["body"], task["task"]["todos"][0]["text"], task["task"]["requirements"]) == ("In a.", "Begin", ["task-0002"])
    assert task["runs"][0]["run_type"] == "planning" and task["lock"] is not None
    events = [event["event"] for event in result(forked("--json", "task", "events", "5"))["items"]]
    assert events[-2:] == ["task.adopted", "task.renumbered"]
    assert result(forked("--json", "log"))["entries"][0]["op"] == "ledger.adopt"
    sound(forked)


@pytest.mark.parametrize("reference", ["4", "task-0004", "four", "a:4", "UID"])
def test_every_way_to_name_it(forked: Cli, reference: str):
    uid = result(forked("--json", "--ledger", "a", "task", "show", "4"))["task"]["uid"]
    assert adopt(forked, reference.replace("UID", uid[:9]))["tasks"][0]["uid"] == uid


def test_what_is_here_already_is_united_and_the_second_time_nothing_happens(repo: Repo, forked: Cli):
    forked("task", "edit", "--task", "1", "--title", "One on main")
    forked("--ledger", "a", "todo", "add", "--task", "1", "--text", "From a")
    forked("--ledger", "a", "task", "edit", "--task", "1", "--title", "One in a")
    view = adopt(forked, "1")
    assert view["tasks"][0]["outcome"] == "united" and view["changed"]
    task = result(forked("--json", "task", "show", "1"))["task"]
    assert task["todos"][0]["text"] == "From a" and task["conflicts"] == ["title"]
    listed = result(forked("--json", "conflicts", "1"))["conflicts"][0]
    assert {setting["value"] for setting in listed["settings"]} == {"One on main", "One in a"}
    assert sum(setting["holds"] for setting in listed["settings"]) == 1
    assert_runnable(listed["command"].replace('"..."', "x"))
    sound(forked)
    tip = repo.git("rev-parse", "refs/taskledger/main")
    assert adopt(forked, "1", "2")["changed"] is False
    assert repo.git("rev-parse", "refs/taskledger/main") == tip


def test_merging_after_adopting_brings_nothing_twice(forked: Cli):
    forked("task", "create", "Three on main")
    adopt(forked, "3")
    merged = result(forked("--json", "ledger", "merge", "a"))
    assert [task["title"] for task in merged["tasks_new"]] == ["Four"]
    assert len(merged["renumbered"]) == 1  # of two tasks 4: the adopted one took the next free number of main
    titles = [task["title"] for task in result(forked("--json", "task", "list"))["tasks"]]
    assert sorted(titles) == ["Four", "One", "Three", "Three on main", "Two"]
    sound(forked)


def test_a_slug_clash_leaves_both_and_says_so(forked: Cli):
    forked("task", "create", "Four", "--slug", "four")
    done = forked("--json", "ledger", "adopt", "--from", "a", "task-0004")
    assert "slug" in done.json["warnings"][0]
    ambiguous = forked("--json", "task", "show", "four").json["error"]
    assert ambiguous["code"] == "AMBIGUOUS" and len(ambiguous["details"]["candidates"]) == 2


def test_what_stays_behind_is_said(begun: Cli):  # noqa: F811
    begun("ledger", "fork", "a", "--empty")
    begun("task", "create", "Base")
    begun("task", "create", "Top")
    begun("require", "add", "base", "--task", "top")
    begun("ledger", "switch", "main")
    done = begun("--json", "ledger", "adopt", "--from", "a", "top")
    assert "not in ledger main" in done.json["warnings"][0]
    issues = result(begun("--json", "ledger", "doctor"))["issues"]
    assert [issue["check"] for issue in issues] == ["unknown_dependency"]
    assert begun("ledger", "doctor").exit_code == 6
    sound(begun)


@pytest.mark.parametrize(
    "words, code",
    [
        (("--from", "a", "9"), "NOT_FOUND"),
        (("--from", "nowhere", "1"), "NO_LEDGER"),
        (("--from", "main", "1"), "INVALID_INPUT"),
        (("--from", "a", "b:1"), "INVALID_INPUT"),
        (("--from", "-x", "1"), "INVALID_INPUT"),
    ],
)
def test_refusals(repo: Repo, forked: Cli, words, code):
    tip = repo.git("rev-parse", "refs/taskledger/main")
    done = forked("--json", "ledger", "adopt", *words)
    assert done.json["error"]["code"] == code, done
    assert_runnable(done.json["error"]["hint"])
    assert repo.git("rev-parse", "refs/taskledger/main") == tip


def test_a_deleted_task_does_not_come_back(forked: Cli):
    forked("task", "delete", "2", "--reason", "No.")
    forked("--ledger", "a", "task", "edit", "--task", "2", "--title", "Two again")
    assert forked("--json", "ledger", "adopt", "--from", "a", "2").json["error"]["code"] == "TASK_DELETED"
