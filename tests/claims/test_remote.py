"""Claims that the remote decides: agreed or refused, offline and provisional, and who stands when two meet."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import os
import subprocess

import pytest

from gitledger.ledger import open_ledger
from gitledger.ops.todo import AddTodo
from gitledger.sync.claim import _Claim
from tests.conftest import Cli, Mould, Repo, Result
from tests.reliability.fleet import REF, assert_sound, event_ids, records


class Clone(Cli):
    """Somebody's clone: called, it runs the program there as a session of its own."""

    def __init__(self, repo: Repo, session: str) -> None:
        super().__init__(repo.path)
        self.repo = repo
        self.session = session

    def __call__(self, *args: str, **more: Any) -> Result:
        return super().__call__(*args, env={"GITLEDGER_SESSION": self.session, **more.pop("env", {})}, **more)

    def ok(self, *args: str) -> dict[str, Any]:
        """The envelope of a command that must succeed."""
        done = self(*args, "--json")
        assert done.exit_code == 0, done
        return done.json

    def no(self, code: str, exit_code: int, *args: str) -> dict[str, Any]:
        """The error of a command that must be refused."""
        done = self(*args, "--json")
        error = done.json["error"]
        assert (error["code"], done.exit_code) == (code, exit_code), done
        return error

    @property
    def tip(self) -> str:
        return self.repo.git("rev-parse", REF)

    def claims(self) -> list[tuple[str, str, bool]]:
        """(task, session, provisional) of each open claim."""
        found = self.ok("claims")["result"]["claims"]
        return [(claim["task_id"], claim["holder"]["session_id"], claim["provisional"]) for claim in found]


@pytest.fixture
def pair(mould: Mould, make_repo: Callable[..., Repo], tmp_path: Path) -> tuple[Clone, Clone]:
    """Ada's and Bob's clones of a bare repository; the ledger has three tasks, and both have it."""

    def make(folder: Path) -> None:
        for repo in (make_repo("origin.git", bare=True), make_repo("ada")):
            repo.path.rename(folder / repo.path.name)
        ada = Clone(Repo(folder / "ada"), "ada")
        ada.repo.git("remote", "add", "origin", str(folder / "origin.git"))
        ada.repo.git("push", "--quiet", "--set-upstream", "origin", "main")
        ada.ok("init")
        for number in range(1, 4):
            ada.ok("task", "create", f"Task {number}")
        ada.ok("sync")
        ada.repo.git("clone", "--quiet", str(folder / "origin.git"), str(folder / "bob"))
        Clone(Repo(folder / "bob"), "bob").ok("sync")

    mould.cast("ada and bob", tmp_path, make)
    return Clone(Repo(tmp_path / "ada"), "ada"), Clone(Repo(tmp_path / "bob"), "bob")


def at_origin(clone: Clone) -> str:
    return clone.repo.git("ls-remote", "origin", REF).split()[0]


def cut_off(clone: Clone) -> None:
    clone.repo.git("remote", "set-url", "origin", str(clone.path / "nowhere.git"))


def connect(clone: Clone) -> None:
    clone.repo.git("remote", "set-url", "origin", str(clone.path.parent / "origin.git"))


# ---------------------------------------------------------------------------------------------- agreed


def test_an_agreed_claim_is_at_the_remote_when_the_command_ends(pair):
    ada, bob = pair
    answer = ada.ok("claim", "1", "--remote")
    assert answer["result"]["claim"]["provisional"] is False
    assert at_origin(ada) == ada.tip
    assert set(answer["events"]) <= set(event_ids(ada.repo))
    before = bob.tip
    error = bob.no("LOCK_CONFLICT", 4, "claim", "1", "--remote")
    claim = answer["result"]["claim"]
    assert (error["details"]["holder"]["session_id"], error["details"]["since"]) == ("ada", claim["since"])
    assert error["details"]["until"] >= claim["until"]
    assert (bob.tip, bob.claims()) == (before, [])


def test_the_setting_makes_every_claim_an_agreed_one(pair):
    ada, bob = pair
    for clone in pair:
        clone.repo.git("config", "taskledger.claims", "remote")
    ada.ok("plan", "start", "--task", "1")
    assert at_origin(ada) == ada.tip
    bob.no("LOCK_CONFLICT", 4, "plan", "start", "--task", "1")
    assert bob.ok("claim", "--next")["result"]["task_id"] == "task-0002"
    assert ada.ok("claim", "--next")["result"]["task_id"] == "task-0003"
    assert "1 claimed by others, 2 claimed by you" in ada.no("NOT_FOUND", 5, "claim", "--next")["message"]


def test_a_setting_that_is_neither_is_refused(pair):
    ada, _ = pair
    ada.repo.git("config", "taskledger.claims", "everywhere")
    ada.no("INVALID_INPUT", 2, "claim", "1")


def test_work_of_mine_and_of_others_goes_along(pair):
    ada, bob = pair
    bob.ok("todo", "add", "--task", "2", "--text", "Bob's")
    bob.ok("sync")
    ada.ok("todo", "add", "--task", "3", "--text", "Ada's")
    ada.ok("claim", "1", "--remote")
    assert at_origin(ada) == ada.tip
    assert [todo["text"] for todo in ada.ok("todo", "list", "2")["result"]["todos"]] == ["Bob's"]
    bob.ok("sync")
    assert bob.tip == ada.tip
    assert_sound(bob.repo)


def test_a_refused_claim_sends_nothing(pair):
    ada, bob = pair
    ada.ok("claim", "1", "--remote")
    before = at_origin(ada)
    bob.ok("todo", "add", "--task", "2", "--text", "Bob's")
    bob.no("LOCK_CONFLICT", 4, "claim", "1", "--remote")
    bob.no("INVALID_INPUT", 2, "claim", "2", "--remote", "--ttl", "soon")
    bob.no("NOT_FOUND", 5, "claim", "99", "--remote")
    assert at_origin(ada) == before


def test_claiming_again_is_no_entry(pair):
    ada, _ = pair
    ada.ok("claim", "1", "--remote")
    before = ada.tip
    assert ada.ok("claim", "1", "--remote")["result"]["changed"] is False
    assert ada.tip == before == at_origin(ada)


def test_a_provisional_claim_of_mine_can_be_agreed_on_later(pair):
    ada, bob = pair
    assert ada.ok("claim", "1")["result"]["claim"]["provisional"] is True
    answer = ada.ok("claim", "1", "--remote")["result"]
    assert (answer["changed"], answer["claim"]["provisional"]) == (False, False)
    bob.no("LOCK_CONFLICT", 4, "claim", "1", "--remote")


def test_force_works_through_the_remote(pair):
    ada, bob = pair
    ada.ok("claim", "1", "--remote")
    answer = bob.ok("claim", "1", "--remote", "--force", "--reason", "Ada is on holiday")
    assert len(answer["events"]) == 2
    ada.no("LOCK_CONFLICT", 4, "claim", "1", "--remote")
    ada.ok("sync")
    assert ada.claims() == [("task-0001", "bob", False)]


def test_a_task_that_only_the_remote_knows_can_be_claimed(pair):
    ada, bob = pair
    bob.ok("task", "create", "Bob's own")
    bob.ok("sync")
    assert ada.ok("claim", "4", "--remote")["result"]["title"] == "Bob's own"


def test_a_number_means_the_task_that_has_it_here(pair):
    """Both made a task-0004: Ada's is renumbered, and hers is the one that she claims."""
    ada, bob = pair
    bob.ok("task", "create", "Bob's own")
    bob.ok("sync")
    ada.ok("task", "create", "Ada's own")
    answer = ada.ok("claim", "4", "--remote")
    assert (answer["result"]["title"], answer["result"]["task_id"]) == ("Ada's own", "task-0005")
    assert "task-0004 is task-0005 now: Ada's own" in answer["warnings"]
    assert ada.tip == at_origin(ada)


def test_a_write_that_comes_between_is_merged_and_nothing_is_decided_twice(pair, monkeypatch):
    ada, bob = pair
    written = []

    def take(self: _Claim, remote: Any, plan: Any, *, was_pushed: bool) -> Any:
        if not written:
            written.append(open_ledger(str(ada.path)).run(AddTodo(task="3", text="Meanwhile")).events)
        return real(self, remote, plan, was_pushed=was_pushed)

    real = _Claim.take
    monkeypatch.setattr(_Claim, "take", take)
    answer = ada.ok("claim", "--next", "--remote")
    assert (answer["result"]["task_id"], answer["result"]["claim"]["provisional"]) == ("task-0001", False)
    assert {*answer["events"], *written[0]} <= set(event_ids(ada.repo))
    assert ada.claims() == [("task-0001", "ada", False)]
    bob.no("LOCK_CONFLICT", 4, "claim", "1", "--remote")


def test_a_lost_race_decides_again(pair, monkeypatch):
    """Bob claims between Ada's fetch and her push: of the next ones she gets the second."""
    ada, bob = pair
    calls = []

    def push(self: _Claim, remote: Any, pushes: Any) -> Any:
        calls.append(len(calls))
        if len(calls) == 1:
            done = bob.process("claim", "--next", "--remote", env={"GITLEDGER_SESSION": "bob"})
            assert done.exit_code == 0, done
        return real(self, remote, pushes)

    real = _Claim._push
    monkeypatch.setattr(_Claim, "_push", push)
    assert ada.ok("claim", "--next", "--remote")["result"]["task_id"] == "task-0002"
    assert len(calls) == 2
    assert ada.claims() == [("task-0001", "bob", False), ("task-0002", "ada", False)]


# ---------------------------------------------------------------------------------------------- refused by the remote


def test_without_a_remote_nothing_can_be_agreed(make_repo):
    clone = Clone(make_repo("alone"), "ada")
    clone.ok("init")
    clone.ok("task", "create", "Job")
    clone.no("NO_REMOTE", 8, "claim", "1", "--remote")
    assert clone.ok("claim", "1")["result"]["claim"]["provisional"] is False


def test_without_a_ledger_it_says_what_to_do(pair, tmp_path):
    ada, _ = pair
    ada.repo.git("clone", "--quiet", str(tmp_path / "origin.git"), str(tmp_path / "carl"))
    Clone(Repo(tmp_path / "carl"), "carl").no("NOT_INITIALISED", 6, "claim", "1", "--remote")


def test_a_hook_that_says_no_leaves_no_claim(pair, tmp_path):
    ada, _ = pair
    hook = tmp_path / "origin.git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    before = ada.tip
    ada.no("REMOTE_HOOK", 8, "claim", "1", "--remote")
    assert (ada.tip, ada.claims()) == (before, [])


def test_a_closed_ledger_takes_no_claims(pair):
    ada, bob = pair
    bob.ok("ledger", "close", "--reason", "Over")
    subprocess.run(["git", "push", "--quiet", "origin", REF], cwd=bob.path, check=True)
    ada.no("LEDGER_CLOSED", 3, "claim", "1", "--remote")


# ---------------------------------------------------------------------------------------------- offline


def test_offline_a_claim_that_must_be_agreed_is_refused(pair):
    ada, _ = pair
    cut_off(ada)
    before = ada.tip
    ada.no("REMOTE_UNREACHABLE", 8, "claim", "1", "--remote")
    assert (ada.tip, ada.claims()) == (before, [])


def test_offline_the_setting_makes_a_provisional_claim(pair):
    ada, _ = pair
    ada.repo.git("config", "taskledger.claims", "remote")
    cut_off(ada)
    answer = ada.ok("claim", "1")
    assert answer["result"]["claim"]["provisional"] is True
    assert answer["warnings"][-1].startswith("The claim is provisional until the next sync: origin cannot be reached")
    assert ada.claims() == [("task-0001", "ada", True)]
    connect(ada)
    ada.ok("sync")
    assert ada.claims() == [("task-0001", "ada", False)]


def test_when_two_meet_the_one_that_the_remote_saw_first_stands_and_the_loser_is_told(pair):
    """Ada claims first by the clock, but offline; Bob's reaches the remote first."""
    ada, bob = pair
    cut_off(ada)
    ada.ok("claim", "1")
    bob.ok("claim", "1", "--remote")
    connect(ada)
    assert ada.ok("sync")["result"]["ledgers"][0]["claims_ended"][0]["task_id"] == "task-0001"
    assert ada.claims() == [("task-0001", "bob", False)]
    for words in (["next-action", "1"], ["todo", "add", "--task", "1", "--text", "Still here"]):
        (warning,) = ada.ok(*words)["warnings"]
        assert warning.startswith("task-0001: A sync ended your claim at")
    assert ada.ok("todo", "add", "--task", "1", "--text", "And again")["warnings"] == []
    bob.ok("sync")
    assert bob.ok("next-action", "1")["warnings"] == []
    assert [len(task.get("claims", [])) for task in records(bob.repo)] == [1, 0, 0]


def test_a_provisional_claim_that_came_second_is_ended_when_it_is_to_be_agreed_on(pair):
    ada, bob = pair
    ada.ok("claim", "1")
    bob.ok("claim", "1", "--remote")
    error = ada.no("LOCK_CONFLICT", 4, "claim", "1", "--remote")
    assert error["details"]["holder"]["session_id"] == "bob"
    assert ada.claims() == [("task-0001", "bob", False)]


def test_a_stage_that_was_begun_offline_ends_for_the_loser(pair):
    ada, bob = pair
    cut_off(ada)
    ada.ok("plan", "start", "--task", "1")
    bob.ok("claim", "1", "--remote")
    connect(ada)
    ada.ok("sync")
    error = ada.no("LOCK_CONFLICT", 4, "plan", "propose", "--task", "1", "--text", "# Plan", "--criterion", "It works")
    assert "A sync ended your claim" in error["message"]
    bob.ok("sync")
    bob.ok("plan", "start", "--task", "1")


# ---------------------------------------------------------------------------------------------- given up


@pytest.mark.parametrize("by", ["setting", "flag"])
def test_a_claim_that_is_given_up_is_free_at_the_remote_at_once(by, pair):
    ada, bob = pair
    if by == "setting":
        ada.repo.git("config", "taskledger.claims", "remote")
    ada.ok("claim", "1", "--remote")
    answer = ada.ok("unclaim", "1", *(["--remote"] if by == "flag" else []))
    assert (answer["result"]["changed"], len(answer["events"]), answer["warnings"]) == (True, 1, [])
    assert at_origin(ada) == ada.tip
    assert bob.ok("claim", "1", "--remote")["result"]["claim"]["mine"] is True
    # Where there is nothing to give up, nothing is written; and somebody else's claim stays.
    assert ada.ok("unclaim", "2", "--remote")["result"]["changed"] is False
    ada.no("LOCK_CONFLICT", 4, "unclaim", "1", "--remote")


def test_without_the_remote_a_claim_is_given_up_here_and_the_next_sync_tells_it(pair, tmp_path):
    ada, bob = pair
    ada.repo.git("config", "taskledger.claims", "remote")
    ada.ok("claim", "1")
    ada.ok("claim", "2")
    cut_off(ada)
    answer = ada.ok("unclaim", "1")
    assert answer["result"]["changed"] is True and [task for task, _, _ in ada.claims()] == ["task-0002"]
    (warning,) = answer["warnings"]
    assert warning.startswith("Others hear of it with the next sync: origin cannot be reached")
    connect(ada)
    hook = tmp_path / "origin.git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    (warning,) = ada.ok("unclaim", "2", "--remote")["warnings"]
    assert warning.startswith("Others hear of it with the next sync: A hook of origin")
    assert ada.claims() == []
    hook.unlink()
    ada.ok("sync")
    bob.ok("claim", "1", "--remote")


# ---------------------------------------------------------------------------------------------- other ledgers here


def test_a_claim_in_another_ledger_of_the_repository_is_seen(repo: Repo):
    one, two = Clone(repo, "one"), Clone(repo, "two")
    one.ok("init")
    one.ok("task", "create", "Job")
    one.ok("ledger", "fork", "feature")
    one.ok("--ledger", "feature", "claim", "1")
    error = two.no("LOCK_CONFLICT", 4, "--ledger", "main", "claim", "1")
    assert error["details"]["ledger"] == "feature"
    two.no("LOCK_CONFLICT", 4, "--ledger", "main", "plan", "start", "--task", "1")
    assert two.ok("--ledger", "main", "next-action", "1")["result"]["blocking"][0]["kind"] == "lock"
    listed = two.ok("--ledger", "main", "claims", "--all-ledgers")["result"]["claims"]
    assert [(claim["ledger"], claim["mine"]) for claim in listed] == [("feature", False)]
    one.ok("--ledger", "main", "claim", "1")


def test_a_ref_that_is_no_ledger_is_in_nobodys_way(repo: Repo):
    clone = Clone(repo, "one")
    clone.ok("init")
    clone.ok("task", "create", "Job")
    repo.git("update-ref", "refs/taskledger/broken", "HEAD")
    assert clone.ok("--ledger", "main", "claim", "1")["result"]["changed"] is True


def test_another_ledgers_lock_that_was_left_behind_is_named(repo: Repo):
    clone = Clone(repo, "one")
    clone.ok("init")
    clone.ok("task", "create", "Job")
    clone.ok("ledger", "fork", "feature")
    lock = repo.path / ".git/refs/taskledger/feature.lock"
    lock.touch()
    os.utime(lock, (1, 1))
    error = clone.no("LOCKED", 6, "--ledger", "main", "claim", "1")
    assert error["details"]["lock"] == str(lock)
    lock.unlink()
    clone.ok("--ledger", "main", "claim", "1")
