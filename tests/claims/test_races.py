"""Who claims first: sixteen processes on one machine, in one ledger or in several, and eight clones through a real server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest

from gitledger.ledger import open_ledger
from gitledger.ops.ledger import InitLedger
from gitledger.ops.task import CreateTask
from tests.conftest import Cli, Repo
from tests.reliability.fleet import REF, Fleet, assert_sound, records

WORKER = Path(__file__).with_name("worker.py")
MANY = 16
ROUNDS = 20

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def agents() -> Iterator[Fleet]:
    """Sixteen processes that claim."""
    with Fleet(MANY, script=WORKER) as fleet:
        yield fleet


@pytest.fixture
def ledger(repo: Repo) -> Any:
    """A ledger, opened in this process."""
    opened = open_ledger(str(repo.path))
    opened.run(InitLedger())
    return opened


def everybody(agents: Fleet, path: str, ledgers: tuple[str, ...] = ("main",), **op: Any) -> list[dict[str, Any]]:
    """All claim at once, each as a session of its own; they take turns at the ledgers."""
    at = time.time() + 0.05
    return agents.everybody(
        {"do": "claim", "path": path, "session": f"s{who}", "op": op, "at": at, "ledger": ledgers[who % len(ledgers)]}
        for who in range(MANY)
    )


def winners(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers of those who got it; all others must have been told who did, since when and until when."""
    won = [answer for answer in answers if "view" in answer]
    for refused in (answer["refused"] for answer in answers if "refused" in answer):
        assert (refused["code"], refused["exit_code"]) == ("LOCK_CONFLICT", 4), refused
        details = refused["details"]
        assert details["since"] < details["until"]
        assert details["holder"]["session_id"] in [answer["view"]["claim"]["holder"]["session_id"] for answer in won]
    return won


def test_one_of_sixteen_gets_the_task(agents: Fleet, repo: Repo, ledger: Any) -> None:
    who = set()
    for number in range(1, ROUNDS + 1):
        ledger.run(CreateTask(title=f"Task {number}"))
        (won,) = winners(everybody(agents, str(repo.path), task=str(number)))
        who.add(won["view"]["claim"]["holder"]["session_id"])
    assert [len(task["claims"]) for task in records(repo)] == [1] * ROUNDS
    print(f"\n{ROUNDS} rounds won by {len(who)} different processes")
    assert_sound(repo)


def test_each_of_sixteen_gets_another_next_task(agents: Fleet, repo: Repo, ledger: Any) -> None:
    for number in range(MANY):
        ledger.run(CreateTask(title=f"Task {number}"))
    answers = everybody(agents, str(repo.path), next=True)
    assert [answer["refused"] for answer in answers if "refused" in answer] == []
    assert {answer["view"]["task_id"] for answer in answers} == {f"task-{number:04d}" for number in range(1, MANY + 1)}
    assert [len(task["claims"]) for task in records(repo)] == [1] * MANY
    assert_sound(repo)


def test_sixteen_share_ten_tasks(agents: Fleet, repo: Repo, ledger: Any) -> None:
    for number in range(10):
        ledger.run(CreateTask(title=f"Task {number}"))
    answers = everybody(agents, str(repo.path), next=True)
    assert len({answer["view"]["task_id"] for answer in answers if "view" in answer}) == 10
    lost = [answer["refused"] for answer in answers if "refused" in answer]
    assert [(error["code"], error["exit_code"], error["details"]["in_the_way"]) for error in lost] == [
        ("NOT_FOUND", 5, {"claimed": 10})
    ] * 6


def test_one_of_sixteen_gets_the_task_whichever_ledger_it_is_in(agents: Fleet, repo: Repo, ledger: Any) -> None:
    for number in range(1, ROUNDS + 1):
        ledger.run(CreateTask(title=f"Task {number}"))
    names = ("main", "feature-a", "feature-b")
    for name in names[1:]:
        repo.git("update-ref", f"refs/taskledger/{name}", repo.git("rev-parse", REF))
    won_in = set()
    for number in range(1, ROUNDS + 1):
        (won,) = winners(everybody(agents, str(repo.path), names, task=str(number)))
        won_in.add(won["view"]["claim"]["ledger"])
    print(f"\n{ROUNDS} rounds won in {sorted(won_in)}")
    assert len(won_in) > 1


def test_each_of_sixteen_gets_another_task_whichever_ledger_it_is_in(agents: Fleet, repo: Repo, ledger: Any) -> None:
    for number in range(MANY):
        ledger.run(CreateTask(title=f"Task {number}"))
    repo.git("update-ref", "refs/taskledger/feature-a", repo.git("rev-parse", REF))
    answers = everybody(agents, str(repo.path), ("main", "feature-a"), next=True)
    assert [answer["refused"] for answer in answers if "refused" in answer] == []
    assert len({answer["view"]["uid"] for answer in answers}) == MANY


# ---------------------------------------------------------------------------------------------- through a server

CLONES = 8


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a git daemon on loopback that serves the bare repositories of a folder, for reading and writing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["daemon", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}", "--export-all", "--enable=receive-pack"]
    daemon = subprocess.Popen(
        ["git", *words, f"--base-path={folder}", str(folder)], stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield f"git://127.0.0.1:{port}/origin.git"
    finally:
        # `git daemon` runs as a child of `git`, and has children of its own while it answers.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait(10)


@pytest.fixture(params=["git daemon", "path"])
def address(request: pytest.FixtureRequest, make_repo: Callable[..., Repo], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the clones meet: a real server, or a bare repository beside them."""
    origin = make_repo("origin.git", bare=True)
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file:git")
    if request.param == "path":
        yield str(origin.path)
        return
    with served(origin.path.parent) as url:
        yield url


@pytest.fixture
def clones(address: str, make_repo: Callable[..., Repo], tmp_path: Path) -> list[Repo]:
    """Eight clones of a repository whose ledger has a task for each round."""
    source = make_repo("source")
    source.git("remote", "add", "origin", address)
    source.git("push", "--quiet", "origin", "main")
    cli = Cli(source.path)
    assert cli("init").exit_code == 0
    for number in range(1, ROUNDS + 1):
        assert cli("task", "create", f"Task {number}").exit_code == 0
    assert cli("sync").exit_code == 0
    made = [Repo(tmp_path / f"clone{number}") for number in range(CLONES)]
    source.git("clone", "--quiet", address, str(made[0].path))
    made[0].git("fetch", "--quiet", "origin", "refs/taskledger/main:refs/taskledger/main")
    for clone in made[1:]:
        shutil.copytree(made[0].path, clone.path)
    return made


@pytest.fixture
def far_agents(clones: list[Repo]) -> Iterator[Fleet]:
    """A process for each clone."""
    with Fleet(CLONES, script=WORKER) as fleet:
        yield fleet


def at_once(fleet: Fleet, clones: list[Repo], *words: str) -> list[dict[str, Any]]:
    """The same command line in every clone."""
    at = time.time() + 0.05
    return fleet.everybody(
        {"do": "program", "path": str(clone.path), "session": f"s{who}", "words": words, "at": at}
        for who, clone in enumerate(clones)
    )


def tip_of(clone: Repo) -> str:
    """Where a clone's ledger is: the file of the ref, for eight clones in twenty rounds are many to start git in."""
    return (clone.path / ".git" / REF).read_text().strip()


def open_claims(repo: Repo) -> dict[int, list[str]]:
    """The sessions that hold each task, as plain git sees the clone's ledger."""
    return {task["number"]: [claim["actor"]["session"] for claim in task.get("claims", [])] for task in records(repo)}


def test_one_of_eight_clones_gets_the_task(far_agents: Fleet, clones: list[Repo], address: str) -> None:
    rounds = ROUNDS if address.startswith("git:") else 5
    won_by = set()
    for number in range(1, rounds + 1):
        before = [tip_of(clone) for clone in clones]
        answers = at_once(far_agents, clones, "claim", str(number), "--remote")
        won = [who for who, answer in enumerate(answers) if answer["exit"] == 0]
        assert len(won) == 1, answers
        won_by |= set(won)
        claim = answers[won[0]]["answer"]["result"]["claim"]
        assert claim["provisional"] is False
        for who, (clone, answer) in enumerate(zip(clones, answers, strict=True)):
            if who in won:
                assert open_claims(clone)[number] == [f"s{who}"]
                continue
            error = answer["answer"]["error"]
            assert (answer["exit"], error["code"]) == (4, "LOCK_CONFLICT"), error
            details = error["details"]
            assert (details["holder"]["session_id"], details["since"], details["until"]) == (
                f"s{won[0]}", claim["since"], claim["until"],
            )  # fmt: skip
            # Nothing of the loser's has moved: the ledger in which it had no claim is the one that it has.
            assert tip_of(clone) == before[who]
        loser = next(who for who in range(CLONES) if who not in won)
        assert open_claims(clones[loser])[number] == []
    print(f"\n{rounds} rounds won by {len(won_by)} different clones")
    for clone in clones:
        assert Cli(clone.path)("sync").exit_code == 0
    assert {tip_of(clone) for clone in clones} == {clones[0].git("ls-remote", "origin", REF).split()[0]}
    held = open_claims(clones[0])
    assert all(len(held[number]) == 1 for number in range(1, rounds + 1))


@pytest.mark.parametrize("address", ["git daemon"], indirect=True)
def test_eight_clones_each_get_another_next_task(far_agents: Fleet, clones: list[Repo], address: str) -> None:
    for clone in clones:
        clone.git("config", "taskledger.claims", "remote")
        clone.git("config", "taskledger.syncRetries", "40")
    answers = at_once(far_agents, clones, "claim", "--next")
    assert [answer["answer"]["error"] for answer in answers if answer["exit"]] == []
    tasks = [answer["answer"]["result"]["task_id"] for answer in answers]
    assert sorted(tasks) == [f"task-{number:04d}" for number in range(1, CLONES + 1)]
