"""`ledger merge`, `ledger diff`, `conflicts`, `ledger doctor`, references with a ledger, and `--all-ledgers`."""

import pytest

from tests.conftest import Cli, Repo
from tests.ledger.conftest import begun, merge_by_plain_git, result  # noqa: F401
from tests.reliability.refusal import assert_runnable


@pytest.fixture
def parted(begun: Cli) -> Cli:  # noqa: F811
    """`main` and `a` each made a third task and gave the first another title."""
    for words in (
        ["ledger", "fork", "a"],
        ["task", "create", "Three in a"],
        ["task", "edit", "--task", "1", "--title", "One in a"],
        ["ledger", "switch", "main"],
        ["task", "create", "Three on main"],
        ["task", "edit", "--task", "1", "--title", "One on main"],
    ):
        assert begun(*words).exit_code == 0, words
    return begun


def state(repo: Repo) -> tuple[str, list[str]]:
    return repo.git("for-each-ref"), repo.git("cat-file", "--batch-all-objects", "--batch-check").splitlines()


def test_a_dry_run_changes_nothing_and_says_the_same(repo: Repo, parted: Cli):
    before = state(repo)
    dry = result(parted("--json", "ledger", "merge", "a", "--dry-run"))
    assert state(repo) == before
    assert (dry["dry_run"], dry["changed"], len(dry["tasks_new"]), len(dry["tasks_united"])) == (True, False, 1, 1)
    real = result(parted("--json", "ledger", "merge", "a"))
    for name in ("tasks_new", "tasks_united", "events_united", "renumbered", "conflicts"):
        assert real[name] == dry[name], name
    assert real["events_united"] == 2 and [line["field"] for line in real["conflicts"]] == ["title"]
    assert len(real["renumbered"]) == 1 and real["renumbered"][0]["new"] == "task-0004"
    assert real["tip"] == repo.git("rev-parse", "refs/taskledger/main")
    assert parted("verify").exit_code == 0
    again = result(parted("--json", "ledger", "merge", "a"))
    assert (again["merge"], again["changed"]) == ("ahead", False)


def test_where_a_remote_is_elected_the_numbers_wait_for_it(repo: Repo, parted: Cli):
    repo.git("remote", "add", "origin", "/nowhere")
    merged = result(parted("--json", "ledger", "merge", "a"))
    assert merged["renumbered"] == [] and merged["events"] == []
    assert parted("--json", "task", "show", "3").json["error"]["code"] == "AMBIGUOUS"
    doctor = result(parted("--json", "ledger", "doctor"))
    assert [issue["check"] for issue in doctor["issues"]] == ["shared_number", "conflicts"]
    for issue in doctor["issues"]:
        assert_runnable(issue["command"])
    numbers = [c for c in result(parted("--json", "conflicts"))["conflicts"] if c["about"] == "number"]
    assert len(numbers) == 2


def test_both_ways_give_one_tip_and_nobody_renumbers_for_ever(repo: Repo, parted: Cli):
    parted("ledger", "merge", "a")
    parted("--ledger", "a", "ledger", "merge", "main")
    assert repo.git("rev-parse", "refs/taskledger/a") == repo.git("rev-parse", "refs/taskledger/main")


def test_two_that_merge_each_other_at_once_agree_in_the_end(repo: Repo, parted: Cli):
    was = repo.git("rev-parse", "refs/taskledger/main")
    parted("ledger", "merge", "a")
    parted("--ledger", "a", "ledger", "merge", was)
    for ledger in ("main", "a"):
        other = "a" if ledger == "main" else "main"
        done = result(parted("--json", "--ledger", ledger, "ledger", "merge", other))
        assert done["renumbered"] == []
    assert result(parted("--json", "ledger", "diff", "a", "main"))["tasks"] == []


def test_unrelated_ledgers_merge(repo: Repo, begun: Cli):  # noqa: F811
    begun("--ledger", "b", "init")
    begun("--ledger", "b", "task", "create", "Elsewhere")
    merged = result(begun("--json", "ledger", "merge", "b"))
    assert [task["title"] for task in merged["tasks_new"]] == ["Elsewhere"] and len(merged["renumbered"]) == 1
    assert begun("verify").exit_code == 0


def test_merging_a_closed_ledger_does_not_close_this_one(parted: Cli):
    parted("--ledger", "a", "ledger", "close", "--reason", "Over.")
    assert parted("ledger", "merge", "a").exit_code == 0
    assert parted("task", "create", "Goes on").exit_code == 0


@pytest.mark.parametrize("what", ["nowhere", "a:b", "HEAD", "refs/heads/main", "0000000", "-", "x" * 300, "a b"])
def test_what_is_no_ledger_is_refused(repo: Repo, parted: Cli, what: str):
    done = parted("--json", "ledger", "merge", what)
    assert done.json["error"]["code"] == "NO_LEDGER", done
    assert_runnable(done.json["error"]["hint"])


def test_a_source_commit_is_no_ledger(repo: Repo, parted: Cli):
    assert parted("ledger", "merge", repo.git("rev-parse", "HEAD")).exit_code == 5
    assert parted("ledger", "merge", repo.git("rev-parse", "refs/taskledger/a")[:12]).exit_code == 0


def test_a_diff_names_tasks_and_events_of_each_side(parted: Cli):
    view = result(parted("--json", "ledger", "diff", "main", "a"))
    assert (view["total"], view["events_only_a"], view["events_only_b"], view["truncated"]) == (3, 2, 2, False)
    sides = {task["title"]: (task["sides"], [e["type"] for e in task["only_a"]], [e["type"] for e in task["only_b"]]) for task in view["tasks"]}
    assert sides == {
        "One on main": ("both", ["task.edited"], ["task.edited"]),
        "Three on main": ("a", ["task.created"], []),
        "Three in a": ("b", [], ["task.created"]),
    }
    assert result(parted("--json", "ledger", "diff", "a")) == result(parted("--json", "ledger", "diff", "main", "a"))
    text = parted("ledger", "diff", "a").stdout
    assert "< main: 2 events, > a: 2 events" in text


# ---------------------------------------------------------------------------------------------- other ledgers


def test_a_reading_command_may_name_the_ledger(parted: Cli):
    assert result(parted("--json", "task", "show", "a:3"))["task"]["title"] == "Three in a"
    assert result(parted("--json", "task", "show", "main:3"))["task"]["title"] == "Three on main"
    assert parted("--json", "next-action", "a:three-in-a").json["result"]["action"] == "plan"
    assert parted("--json", "task", "show", "nowhere:3").json["error"]["code"] == "NO_LEDGER"


def test_a_writing_command_says_how(repo: Repo, parted: Cli):
    refs = repo.git("for-each-ref")
    for words in (["task", "cancel", "--task", "a:3"], ["task", "activate", "a:3"], ["require", "add", "a:3", "--task", "1"]):
        error = parted("--json", *words).json["error"]
        assert error["code"] == "OTHER_LEDGER" and "--ledger a" in error["hint"], words
        assert_runnable(error["hint"])
    assert repo.git("for-each-ref") == refs


def test_all_ledgers_lists_each_task_once_with_its_ledgers(parted: Cli):
    parted("--ledger", "a", "task", "edit", "--task", "2", "--title", "Two in a")
    tasks = result(parted("--json", "task", "list", "--all-ledgers"))["tasks"]
    assert {(task["title"], tuple(task["ledgers"])) for task in tasks} == {
        ("One on main", ("main", "a")),
        ("Two in a", ("a", "main")),
        ("Three on main", ("main",)),
        ("Three in a", ("a",)),
    }
    assert "ledgers" not in result(parted("--json", "task", "list"))["tasks"][0]
    assert "LEDGERS" in parted("task", "list", "--all-ledgers").stdout


def test_a_number_that_lost_against_another_one_is_kept(begun: Cli):  # noqa: F811
    """Renumbered on two sides at once, a task keeps both numbers: what somebody wrote down is found, and not given again."""
    begun("ledger", "fork", "a")
    begun("task", "renumber", "1", "--to", "7")
    begun("ledger", "switch", "main")
    begun("task", "renumber", "1", "--to", "9")
    begun("ledger", "merge", "a")
    (now,) = [task for task in result(begun("--json", "task", "list"))["tasks"] if task["id"] != "task-0002"]
    other = {"task-0007": "9", "task-0009": "7"}[now["id"]]
    assert result(begun("--json", "task", "show", other))["task"]["id"] == now["id"]
    refused = begun("--json", "task", "renumber", "2", "--to", other)
    assert (refused.json["error"]["code"], refused.exit_code) == ("NUMBER_TAKEN", 4)
    assert result(begun("--json", "task", "create", "Next"))["id"] == "task-0010"


# ---------------------------------------------------------------------------------------------- doctor


def test_a_sound_ledger(begun: Cli):  # noqa: F811
    done = begun("--json", "ledger", "doctor")
    assert (done.exit_code, done.json["result"]["healthy"], done.json["result"]["issues"]) == (0, True, [])


@pytest.mark.parametrize(
    "name, value, is_bad",
    [
        ("remote.origin.fetch", "+refs/taskledger/*:refs/taskledger/*", True),
        ("remote.origin.fetch", "refs/taskledger/*:refs/taskledger/*", True),
        ("remote.origin.fetch", "+refs/*:refs/*", True),
        ("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*", False),
        ("remote.origin.fetch", "+refs/taskledger/*:refs/taskledger-remotes/origin/*", False),
        ("remote.origin.push", "+refs/taskledger/*:refs/taskledger/*", True),
        ("remote.origin.fetch", "refs/taskledger/main:refs/taskledger/main", True),
        ("remote.origin.fetch", "+refs/heads/taskledger/*:refs/taskledger/*", True),
        ("remote.origin.fetch", "+refs/*/main:refs/*/main", True),
        ("remote.origin.fetch", "+refs/taskledger/*", False),
        ("remote.origin.push", "+refs/*:refs/*", True),
        ("remote.origin.push", "+refs/taskledger/main", True),
        ("remote.origin.push", ":refs/taskledger/old", True),
        ("remote.origin.push", "+refs/heads/*:refs/heads/*", False),
        ("remote.origin.push", "refs/taskledger/*:refs/taskledger/*", False),
        ("remote.origin.mirror", "true", True),
        ("remote.origin.mirror", "false", False),
    ],
)
def test_settings_that_lose_ledgers_are_explained(repo: Repo, begun: Cli, name, value, is_bad):  # noqa: F811
    repo.git("config", "remote.origin.url", "/nowhere")
    repo.git("config", "--add", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    repo.git("config", "--add", name, value)
    done = begun("--json", "ledger", "doctor")
    found = [issue for issue in done.json["result"]["issues"] if issue["check"] == "git_setting"]
    assert bool(found) is is_bad and done.exit_code == (6 if is_bad else 0)
    for issue in found:
        assert_runnable(issue["command"])


def test_a_refspec_for_everything_but_ledgers_is_sound(repo: Repo, begun: Cli):  # noqa: F811
    for value in ("+refs/*:refs/*", "^refs/taskledger/*"):
        repo.git("config", "--add", "remote.origin.fetch", value)
    assert result(begun("--json", "ledger", "doctor"))["issues"] == []


def test_what_doctor_says_of_such_settings_is_so(repo: Repo, begun: Cli, make_repo):  # noqa: F811
    """Plain git, with them: a fetch loses what was not pushed yet, a push what only the remote has."""
    hub = make_repo("hub.git", bare=True)
    repo.git("remote", "add", "origin", str(hub.path))
    repo.git("config", "--replace-all", "remote.origin.fetch", "+refs/taskledger/*:refs/taskledger/*")
    begun("sync")
    published = repo.git("rev-parse", "refs/taskledger/main")
    begun("task", "create", "Not published yet")
    begun("ledger", "fork", "mine")
    assert len(result(begun("--json", "ledger", "doctor"))["issues"]) == 1
    repo.git("fetch", "--quiet", "--prune", "origin")
    assert repo.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/taskledger") == f"{published} refs/taskledger/main"

    repo.git("config", "--unset-all", "remote.origin.fetch")
    repo.git("config", "remote.origin.mirror", "true")
    hub.git("update-ref", "refs/taskledger/theirs", published)
    (issue,) = result(begun("--json", "--ledger", "main", "ledger", "doctor"))["issues"]
    assert "deletes ledgers that are only there" in issue["message"]
    repo.git("push", "--quiet", "origin")
    assert "theirs" not in hub.git("for-each-ref", "refs/taskledger")


def test_two_folders_of_one_task_are_found_and_united(repo: Repo, begun: Cli):  # noqa: F811
    begun("ledger", "fork", "a")
    begun("task", "renumber", "1")
    begun("ledger", "switch", "main")
    begun("todo", "add", "--task", "1", "--text", "On main")
    commit = merge_by_plain_git(repo, "a", "/0003-")
    done = begun("--json", "ledger", "doctor")
    assert (done.exit_code, [issue["check"] for issue in done.json["result"]["issues"]]) == (6, ["two_folders"])
    assert_runnable(done.json["result"]["issues"][0]["command"])
    assert begun("verify").exit_code == 6
    fixed = begun("--json", "ledger", "doctor", "--fix")
    assert (fixed.exit_code, len(fixed.json["result"]["fixed"]), fixed.json["result"]["issues"]) == (0, 1, [])
    assert result(begun("--json", "task", "show", "3"))["task"]["todos"][0]["text"] == "On main"
    assert result(begun("--json", "log"))["entries"][0]["op"] == "ledger.doctor"
    assert repo.git("rev-list", "--count", f"{commit}..refs/taskledger/main") == "1"
    verified = begun("--json", "verify").json["result"]
    assert verified["findings"] == []
    again = begun("--json", "ledger", "doctor", "--fix")
    assert again.json["result"]["fixed"] == []


def test_a_cycle_that_a_merge_made(begun: Cli):  # noqa: F811
    begun("ledger", "fork", "a")
    begun("require", "add", "2", "--task", "1")
    begun("ledger", "switch", "main")
    begun("require", "add", "1", "--task", "2")
    begun("ledger", "merge", "a")
    issue = result(begun("--json", "ledger", "doctor"))["issues"][0]
    assert issue["check"] == "dependency_cycle" and len(issue["refs"]) == 2
    assert_runnable(issue["command"])
