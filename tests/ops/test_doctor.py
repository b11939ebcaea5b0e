"""`doctor` and its parts: what is wrong is named, what loses nothing is mended, and a damaged ledger is told of like any other."""

import os
import sqlite3

from gitledger.model.events import ClaimTaken
from gitledger.ops._base import Decision, TaskOperation, on
from gitledger.ops._world import World
from gitledger.ops.doctor import ExamineLocks
from tests.conftest import Cli, Repo
from tests.ledger.conftest import begun, merge_by_plain_git, result  # noqa: F401
from tests.ops.harness import BOT, given
from tests.ops.stories import approved
from tests.ops.test_lock import implementing
from tests.reliability.refusal import assert_runnable


def codes(view) -> list[str]:
    return [one["code"] for one in view["diagnostics"]]


def test_a_sound_ledger(begun: Cli):  # noqa: F811
    done = begun("--json", "doctor")
    view = done.json["result"]
    assert (done.exit_code, view["healthy"], view["diagnostics"], view["fixed"]) == (0, True, [], [])
    assert view["counts"]["tasks"] == 2
    for part in ("locks", "schema", "indexes"):
        found = begun("--json", "doctor", part)
        assert (found.exit_code, found.json["result"]["healthy"]) == (0, True), part
    assert result(begun("--json", "doctor", "schema"))["supported"]["fold"] == result(begun("--json", "doctor", "schema"))["fold"]


def test_without_a_ledger(cli: Cli):
    for words in (["doctor"], ["doctor", "locks"], ["doctor", "schema"], ["doctor", "indexes"]):
        done = cli("--json", *words)
        assert (done.exit_code, done.json["error"]["code"]) == (6, "NOT_INITIALISED"), words


def test_what_loses_nothing_is_mended(repo: Repo, begun: Cli):  # noqa: F811
    begun("ledger", "fork", "a")
    begun("task", "renumber", "1")
    begun("ledger", "switch", "main")
    merge_by_plain_git(repo, "a", "/0003-")
    done = begun("--json", "doctor")
    view = done.json["result"]
    assert (done.exit_code, view["healthy"], view["changed"]) == (6, False, False)
    assert "two_folders" in codes(view) and view["errors"] and view["repair_hints"]
    for one in view["diagnostics"]:
        assert_runnable(one["hint"])
    fixed = begun("--json", "doctor", "--fix")
    assert (fixed.exit_code, fixed.json["result"]["changed"], codes(fixed.json["result"])) == (0, True, [])
    assert fixed.json["result"]["fixed"][0].startswith("united the folders of the task ")
    tip = repo.git("rev-parse", "refs/taskledger/main")
    assert result(begun("--json", "doctor", "--fix"))["fixed"] == []
    assert repo.git("rev-parse", "refs/taskledger/main") == tip


def test_an_index_that_tells_something_else_is_built_anew(repo: Repo, begun: Cli):  # noqa: F811
    begun("task", "list")
    [path] = [path for path in (repo.path / ".git/gitledger").rglob("*") if path.is_file() and path.read_bytes()[:6] == b"SQLite"]
    with sqlite3.connect(path) as db:
        assert db.execute("UPDATE record SET data = replace(data, 'One', 'Eno')").rowcount
    view = result(begun("--json", "doctor", "indexes"))
    assert (view["healthy"], len(view["index_errors"]), view["event_errors"]) == (False, 2, [])
    found = begun("--json", "doctor")
    assert (found.exit_code, codes(found.json["result"])) == (6, ["INDEX_DIFFERS"])
    tip = repo.git("rev-parse", "refs/taskledger/main")
    fixed = result(begun("--json", "doctor", "--fix"))
    assert (fixed["healthy"], fixed["fixed"], fixed["changed"]) == (True, ["built the index anew"], False)
    assert repo.git("rev-parse", "refs/taskledger/main") == tip
    path.unlink()
    assert result(begun("--json", "doctor", "indexes"))["missing_indexes"] == ["index"]


def test_a_damaged_ledger_is_told_of(repo: Repo, begun: Cli):  # noqa: F811
    tree = repo.git("ls-tree", "-r", "refs/taskledger/main", "tasks")
    oid = next(line.split()[2] for line in tree.splitlines() if line.endswith("task.json"))
    loose = repo.path / ".git/objects" / oid[:2] / oid[2:]
    loose.chmod(0o644)
    loose.write_bytes(b"")
    for index in (repo.path / ".git/gitledger").rglob("*"):
        if index.is_file():
            index.unlink()
    done = begun("--json", "doctor")
    assert done.exit_code == 6 and "CORRUPT_OBJECT" in codes(done.json["result"])
    assert oid in str(done.json["result"]["diagnostics"])


def test_what_surrounds_the_ledger(repo: Repo, begun: Cli):  # noqa: F811
    repo.write(".gitledger.yaml", "version: 1\napprovals: any\n")
    lock = repo.path / ".git/refs/taskledger/main.lock"
    lock.write_text("")
    os.utime(lock, (1, 1))
    repo.git("config", "--add", "remote.origin.fetch", "+refs/*:refs/*")
    view = result(begun("--json", "doctor"))
    assert sorted(codes(view)) == ["INVALID_INPUT", "LOCKED", "git_setting"]
    assert not view["healthy"]
    lock.unlink()


def test_a_ledger_of_a_newer_version(repo: Repo, begun: Cli):  # noqa: F811
    blob = repo.git("hash-object", "-w", "--stdin", input=repo.git("show", "refs/taskledger/main:ledger.json").replace('"fold":', '"fold":9') + "\n")
    listed = repo.git("ls-tree", "refs/taskledger/main").splitlines()
    tree = repo.git("mktree", input="\n".join(f"100644 blob {blob}\tledger.json" if "ledger.json" in line else line for line in listed) + "\n")
    repo.git("update-ref", "refs/taskledger/main", repo.git("commit-tree", tree, "-p", "refs/taskledger/main", "-m", "newer"))
    done = begun("--json", "doctor", "schema")
    assert done.exit_code == 6 and "newer gitledger" in done.json["result"]["errors"][0]
    assert codes(result(begun("--json", "doctor"))) == ["SCHEMA"]
    assert result(begun("--json", "migrate", "status"))["status"] == "newer"


# ---------------------------------------------------------------------------------------------- claims and runs


def test_work_that_is_held_is_in_order():
    view = given(implementing).run(ExamineLocks())
    assert (view.healthy, view.expired_locks, view.run_lock_mismatches) == (True, [], [])


def test_a_run_whose_claim_ran_out_is_named_and_needs_no_repair():
    view = given(implementing).later(7200).run(ExamineLocks())
    assert [lock.task_id for lock in view.expired_locks] == ["task-0001"]
    [one] = view.run_lock_mismatches
    assert (one.kind, one.run_id, one.run_type, one.status) == ("running_run_without_lock", "run-0002", "implementation", "implementing")
    assert (view.healthy, view.report_exit) == (True, 0)
    assert_runnable(one.next_command)


class ClaimLate(TaskOperation, frozen=True, kw_only=True):
    """Claim a task for a run that is over, as a merge may bring together."""

    command = "claim late"

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        yield on(task, ClaimTaken(lease_s=7200, stage="planning", run=task.runs[0].id))

    def show(self, world: World) -> None:
        return None


def test_a_claim_of_a_run_that_is_over():
    scene = given(approved).as_(BOT)
    scene.run(ClaimLate(task="1"))
    view = scene.run(ExamineLocks())
    assert [one.kind for one in view.run_lock_mismatches] == ["lock_without_running_run"] and view.healthy
