"""Killed at any moment, a writer leaves a ledger that opens, is whole, and holds every acknowledged write."""

from pathlib import Path
from typing import Any

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

from gitledger.ledger import open_ledger
from gitledger.ops._task_list import ListTasks
from gitledger.ops.ledger import InitLedger
from gitledger.ops.task import CreateTask
from gitledger.ops.todo import AddTodo, ListTodos
from tests.conftest import Cli, Repo
from tests.reliability.fleet import REF, Fleet, Worker, assert_sound, entry_count, event_ids

ROUNDS = 40
AT_ONCE = 5
LOCK = ".git/refs/taskledger/main.lock"


@pytest.fixture
def ledger(repo: Repo) -> Any:
    """A ledger with one task, opened in this process."""
    opened = open_ledger(str(repo.path))
    opened.run(InitLedger())
    opened.run(CreateTask(title="The one"))
    return opened


def assert_whole(repo: Repo, acknowledged: list[str]) -> None:
    """Nothing acknowledged is missing, the ledger is sound, and git finds no fault in its objects."""
    assert set(acknowledged) - set(event_ids(repo)) == set()
    assert_sound(repo)
    # What a killed writer had not yet linked dangles; nothing may be missing or broken.
    assert repo.git("fsck", "--full", "--strict", "--no-dangling", "--no-progress") == ""


class Janitor(threading.Thread):
    """Does what the error message says: removes git's lock where a killed process left one, after one second, not ten."""

    def __init__(self, repo: Repo) -> None:
        super().__init__(daemon=True)
        self.lock = repo.path / LOCK
        self.removed = 0
        self.is_done = threading.Event()

    def run(self) -> None:
        while not self.is_done.wait(0.05):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - self.lock.stat().st_mtime > 1:
                    self.lock.unlink()
                    self.removed += 1

    def __enter__(self) -> "Janitor":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_done.set()
        self.join(10)


# ---------------------------------------------------------------------------------------------- kill -9


def kill_round(worker: Worker, path: Path, number: int, chance: random.Random) -> tuple[list[str], list[Any]]:
    """Fork writers, kill each a random moment after its first entry, return the events they acknowledged."""
    worker.send(do="be_killed", path=str(path), writers=[f"{number}-{who}" for who in range(AT_ONCE)])
    pids = worker.receive()["started"]
    timers: list[threading.Timer] = []
    acknowledged, refused = [], []
    seen = set()
    while True:
        answer = worker.receive()
        if "gone" in answer:
            for timer in timers:
                timer.join(10)
            assert set(answer["gone"].values()) == {-signal.SIGKILL}
            return acknowledged, refused
        acknowledged += answer.get("events", [])
        refused += [answer] if "refused" in answer else []
        if answer["who"] not in seen:
            seen.add(answer["who"])
            timers.append(threading.Timer(chance.uniform(0, 0.04), os.kill, (pids[answer["who"]], signal.SIGKILL)))
            timers[-1].start()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_two_hundred_kills(repo: Repo, ledger: Any) -> None:
    chance = random.Random(20261120)
    acknowledged: list[str] = []
    began = time.monotonic()
    with Fleet(1) as fleet, Janitor(repo) as janitor:
        for number in range(ROUNDS):
            said, refused = kill_round(fleet.workers[0], repo.path, number, chance)
            acknowledged += said
            assert refused == []
            # As the next command would: open it, read it; then write to it.
            fresh = open_ledger(str(repo.path))
            assert fresh.run(ListTasks()).view.total == 1
            acknowledged += fresh.run(AddTodo(task="1", text=f"after {number}")).events
            if number % 10 == 9:
                assert set(acknowledged) - set(event_ids(repo)) == set()
    print(
        f"\nkills: {ROUNDS * AT_ONCE} in {time.monotonic() - began:.1f} s, {len(acknowledged)} events acknowledged, "
        f"{entry_count(repo)} entries, {janitor.removed} locks left behind"
    )
    assert_whole(repo, acknowledged)


@pytest.mark.slow
def test_the_program_killed(repo: Repo, ledger: Any) -> None:
    """The same for whole command lines: what exited with 0 is there, what was killed is there whole or not at all."""
    chance = random.Random(7)
    acknowledged = []
    for number in range(20):
        (repo.path / LOCK).unlink(missing_ok=True)
        child = subprocess.Popen(
            Cli.argv("todo", "add", "--task", "1", "--text", f"todo {number}", "--json"),
            cwd=repo.path,
            env=Cli.environ(),
            stdout=subprocess.PIPE,
        )
        time.sleep(chance.uniform(0, 0.4))
        child.kill()
        said, _ = child.communicate(timeout=20)
        if child.returncode == 0:
            acknowledged += json.loads(said)["events"]
        assert open_ledger(str(repo.path)).run(ListTodos(task="1")).view.task_id == "task-0001"
    assert_whole(repo, acknowledged)


@pytest.mark.slow
def test_the_program_interrupted(repo: Repo, ledger: Any) -> None:
    """Ctrl-C at any moment: an entry is there whole or not at all, and no lock stays."""
    chance = random.Random(8)
    acknowledged = []
    for number in range(15):
        child = subprocess.Popen(
            Cli.argv("todo", "add", "--task", "1", "--text", f"todo {number}", "--json"),
            cwd=repo.path,
            env=Cli.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        time.sleep(chance.uniform(0.05, 0.4))
        child.send_signal(signal.SIGINT)
        said, talk = child.communicate(timeout=60)
        # Python itself ends with the signal, or with 1, where it was interrupted before gitledger began.
        has_begun = b"gitledger/__main__.py" in talk or not talk.endswith(b"KeyboardInterrupt\n")
        assert child.returncode in ((0, 130, -signal.SIGINT) if has_begun else (1, -signal.SIGINT)), talk
        if child.returncode == 0:
            acknowledged += json.loads(said)["events"]
        assert not (repo.path / LOCK).exists()
    assert_whole(repo, acknowledged)


def test_killed_between_entry_and_index(repo: Repo, ledger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ref has moved, the cache has not: the next command catches up."""
    from gitledger.store import snapshot

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(snapshot, "apply", die)
        ledger.run(AddTodo(task="1", text="Written"))
    todos = open_ledger(str(repo.path)).run(ListTodos(task="1")).view.todos
    assert [todo.text for todo in todos] == ["Written"]
    assert_whole(repo, [])


def test_killed_before_the_ref_moved(repo: Repo, ledger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects without a ref are rubbish for git to collect, and no entry."""
    from gitledger.store import refs

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    tip = ledger.tip
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(refs, "move", die)
        ledger.run(AddTodo(task="1", text="Lost"))
    assert ledger.tip == tip
    ledger.run(AddTodo(task="1", text="Kept"))
    assert [todo.text for todo in ledger.run(ListTodos(task="1")).view.todos] == ["Kept"]
    assert_whole(repo, [])


# ---------------------------------------------------------------------------------------------- the index


def index_files(repo: Repo) -> list[Path]:
    """The index with what SQLite keeps beside it."""
    return sorted((repo.path / ".git/gitledger/index").iterdir())


def damage_delete(repo: Repo) -> None:
    for path in index_files(repo):
        path.unlink()


def damage_delete_folder(repo: Repo) -> None:
    shutil.rmtree(repo.path / ".git/gitledger")


def damage_empty(repo: Repo) -> None:
    for path in index_files(repo):
        path.write_bytes(b"")


def damage_half(repo: Repo) -> None:
    for path in index_files(repo):
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])


def damage_garbage(repo: Repo) -> None:
    for path in index_files(repo):
        path.write_bytes(random.Random(1).randbytes(20_000))


def damage_middle(repo: Repo) -> None:
    """Pages in the middle: the header still says that all is well."""
    for path in index_files(repo):
        data = bytearray(path.read_bytes())
        data[4096:] = b"\xff" * len(data[4096:])
        path.write_bytes(data)


def damage_folder_in_place(repo: Repo) -> None:
    for path in index_files(repo):
        path.unlink()
    (repo.path / ".git/gitledger/index/main.sqlite3").mkdir()


def damage_tip(repo: Repo) -> None:
    """The index of a tip that is no more: as after `git gc` or a copied .git folder."""
    found = sqlite3.connect(repo.path / ".git/gitledger/index/main.sqlite3")
    with found:
        found.execute("UPDATE meta SET value = ? WHERE key = 'tip'", ("1" * 40,))
    found.close()


def damage_schema(repo: Repo) -> None:
    """Made by something else under the same name."""
    found = sqlite3.connect(repo.path / ".git/gitledger/index/main.sqlite3")
    with found:
        found.execute("DROP TABLE record")
    found.close()


DAMAGES = [
    damage_delete,
    damage_delete_folder,
    damage_empty,
    damage_half,
    damage_garbage,
    damage_middle,
    damage_folder_in_place,
    damage_tip,
    damage_schema,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__.removeprefix("damage_"))
@pytest.mark.parametrize("is_stale", [False, True], ids=["current", "stale"])
def test_a_damaged_index_heals(repo: Repo, ledger: Any, damage: Any, is_stale: bool) -> None:
    for number in range(30):
        ledger.run(CreateTask(title=f"Task {number}"))
    damage(repo)
    if is_stale:
        # Another clone's writer, say, that has its cache elsewhere, moves the ref without this index.
        elsewhere = repo.path / ".git/gitledger"
        hidden = repo.path / "hidden"
        if elsewhere.exists():
            elsewhere.rename(hidden)
        ledger.run(CreateTask(title="Meanwhile"))
        if hidden.exists():
            shutil.rmtree(elsewhere, ignore_errors=True)
            hidden.rename(elsewhere)
    many = 32 if is_stale else 31
    cli = Cli(repo.path)
    assert cli("task", "list", "--json").json["result"]["total"] == many
    assert cli("task", "show", "7", "--json").json["result"]["task"]["title"] == "Task 5"
    made = cli("task", "create", "One more", "--json")
    assert made.exit_code == 0, made
    assert made.json["result"]["id"] == f"task-{many + 1:04d}"
    assert cli("task", "list", "--json").json["result"]["total"] == many + 1
    assert_whole(repo, [])


# ---------------------------------------------------------------------------------------------- git's own lock


def leave_lock(repo: Repo, age: float) -> Path:
    """git's lock on the ledger's ref, as a killed process leaves it."""
    lock = repo.path / LOCK
    lock.write_text("")
    os.utime(lock, (time.time() - age,) * 2)
    return lock


@pytest.mark.parametrize("command", [("todo", "add", "--text", "x", "--task", "1"), ("task", "create", "x")], ids=" ".join)
def test_an_old_lock_is_named(repo: Repo, ledger: Any, command: tuple[str, ...]) -> None:
    lock = leave_lock(repo, 61)
    tip = ledger.tip
    began = time.monotonic()
    refused = Cli(repo.path)(*command, "--json")
    assert time.monotonic() - began < 5
    error = refused.json["error"]
    assert (error["code"], error["exit_code"], refused.exit_code) == ("LOCKED", 6, 6)
    assert str(lock) in error["message"] and "61 seconds" in error["message"]
    assert error["details"] == {"lock": str(lock), "age_s": 61}
    assert any("delete" in step.lower() and str(lock) in step for step in error["remediation"])
    assert "--force" not in refused.stdout and "rm -" not in refused.stdout
    assert ledger.tip == tip and lock.exists()
    assert Cli(repo.path)("task", "list", "--json").json["result"]["total"] == 1
    said = Cli(repo.path)(*command)
    assert said.exit_code == 6 and str(lock) in said.stderr and "Traceback" not in said.stderr
    lock.unlink()
    assert Cli(repo.path)(*command, "--json").exit_code == 0
    assert_whole(repo, [])


def test_an_old_lock_on_a_ledger_that_is_not_there_yet(repo: Repo) -> None:
    (repo.path / LOCK).parent.mkdir(parents=True)
    lock = leave_lock(repo, 30)
    refused = Cli(repo.path)("init", "--json")
    assert (refused.json["error"]["code"], refused.exit_code) == ("LOCKED", 6)
    assert repo.git("for-each-ref", REF) == ""
    lock.unlink()
    assert Cli(repo.path)("init", "--json").exit_code == 0


def test_a_lock_that_grows_old_while_a_writer_waits(repo: Repo, ledger: Any) -> None:
    """Nine seconds old at first: within two more the writer says what is the matter."""
    leave_lock(repo, 9)
    began = time.monotonic()
    refused = Cli(repo.path)("todo", "add", "--text", "x", "--task", "1", "--json")
    assert (refused.json["error"]["code"], refused.exit_code) == ("LOCKED", 6)
    assert 0.5 < time.monotonic() - began < 6


def test_a_fresh_lock_is_waited_for(repo: Repo, ledger: Any) -> None:
    lock = leave_lock(repo, 0)
    timer = threading.Timer(0.5, lock.unlink)
    timer.start()
    began = time.monotonic()
    done = Cli(repo.path).process("todo", "add", "--text", "x", "--task", "1", "--json")
    taken = time.monotonic() - began
    timer.join(10)
    assert done.exit_code == 0, done
    assert 0.5 <= taken < 10
    assert [todo.text for todo in ledger.run(ListTodos(task="1")).view.todos] == ["x"]


def test_a_lock_on_another_ledger_is_none_of_ours(repo: Repo, ledger: Any) -> None:
    (repo.path / ".git/refs/taskledger/other.lock").write_text("")
    (repo.path / ".git/packed-refs.lock").write_text("")
    assert Cli(repo.path)("todo", "add", "--text", "x", "--task", "1", "--json").exit_code == 0
