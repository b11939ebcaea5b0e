"""Sixteen processes at once: no write lost, none refused, nothing claimed or numbered twice, and readers never disturbed."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import statistics
import time

import pytest

from gitledger.ledger import open_ledger
from gitledger.ops.ledger import InitLedger
from gitledger.ops.task import CreateTask
from gitledger.ops.todo import AddTodo
from tests.conftest import Cli, Repo
from tests.reliability.fleet import REF, Fleet, assert_sound, duplicates, entry_count, event_ids
from tests.reliability.worker import ApprovePlan

MANY = 16
EACH = 50
EVERY = 16  # command of a worker starts the program, the others run in the worker
HOLDERS = 3

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def ledger(repo: Repo) -> Any:
    """A ledger, opened in this process."""
    opened = open_ledger(str(repo.path))
    opened.run(InitLedger())
    return opened


def job(repo: Repo, number: int, **more: Any) -> dict[str, Any]:
    """The job of worker `number`: mixed commands."""
    who = f"w{number:02d}"
    return {
        "do": "mixed",
        "path": str(repo.path),
        "who": who,
        "session": who,
        "every": EVERY,
        "seed": number,
        "count": EACH,
        **more,
    }


def tally(name: str, answers: list[dict[str, Any]], seconds: float) -> list[str]:
    """Print the figures, and return the ids of all acknowledged events. Nothing may have been refused."""
    said = [answer for worker in answers for answer in worker["answers"]]
    refused = [answer for answer in said if "refused" in answer]
    assert not refused, Counter((answer["op"], answer["refused"]["code"]) for answer in refused)
    entries = [answer for answer in said if answer["events"]]
    appends = sum(worker["appends"] for worker in answers)
    written = sum(not answer["by_program"] for answer in entries)
    taken = sorted(answer["ms"] for answer in entries)
    print(
        f"\n{name}: {len(said)} commands, {len(entries)} entries in {seconds:.1f} s ({len(entries) / seconds:.0f}/s); "
        f"{appends - written} lost races ({(appends - written) / max(written, 1):.2f} an entry); "
        f"entry median {statistics.median(taken):.0f} ms, slowest {taken[-1]:.0f} ms"
    )
    return [event for answer in entries for event in answer["events"]]


def run_all(jobs: list[dict[str, Any]], name: str, repo: Repo) -> None:
    """Run the jobs at once, and hold what they acknowledged against the ledger."""
    before, entries_before = set(event_ids(repo)), entry_count(repo)
    with Fleet(len(jobs)) as fleet:
        began = time.monotonic()
        answers = fleet.everybody(jobs)
        seconds = time.monotonic() - began
    acknowledged = tally(name, answers, seconds)
    assert duplicates(acknowledged) == []
    assert set(event_ids(repo)) - before == set(acknowledged)
    written = sum(bool(answer["events"]) for worker in answers for answer in worker["answers"])
    assert entry_count(repo) == entries_before + written
    assert repo.git("rev-list", "--merges", "--count", REF) == "0"
    assert_sound(repo)


def test_one_task(repo: Repo, ledger: Any) -> None:
    ledger.run(CreateTask(title="The one"))
    run_all([job(repo, number, task="1", own="edit") for number in range(MANY)], "one task", repo)


def test_one_task_while_it_is_implemented(repo: Repo, ledger: Any) -> None:
    """Everybody adds and ticks todos, its holder (a session of three processes) records changes."""
    from gitledger.ops.implement import StartImplementation

    ledger.run(CreateTask(title="The one"))
    ledger.run(ApprovePlan(task="1"))
    ledger.run(StartImplementation(task="1", session_id="holder"))
    jobs = [job(repo, number, task="1", own="done") for number in range(MANY)]
    for holder in jobs[-HOLDERS:]:
        holder |= {"own": "record", "session": "holder"}
    run_all(jobs, "one task, implementing", repo)


def test_many_tasks(repo: Repo, ledger: Any) -> None:
    run_all([job(repo, number) for number in range(MANY)], "many tasks", repo)


def test_readers_are_never_disturbed(repo: Repo, ledger: Any, tmp_path: Path) -> None:
    """While six write, four read in process and two through the program; then even on a cold index."""
    ledger.run(CreateTask(title="The one"))
    ledger.run(AddTodo(task="1", text="Begin"))
    until = tmp_path / "until"
    writing = [job(repo, number, task="1", own="edit", count=30) for number in range(6)]
    reading = [
        {"do": "read", "path": str(repo.path), "session": f"r{number}", "program": number < 2, "until": str(until)}
        for number in range(6)
    ]
    with Fleet(12) as fleet:
        for worker, each in zip(fleet.workers, [*writing, *reading], strict=True):
            worker.send(**each)
        written = [worker.receive() for worker in fleet.workers[:6]]
        until.touch()
        read = [worker.receive() for worker in fleet.workers[6:]]
    assert [answer for worker in written for answer in worker["answers"] if "refused" in answer] == []
    assert [answer for worker in read for answer in worker["refused"]] == []
    print(f"\nreaders: {sum(worker['reads'] for worker in read)} reads beside {6 * 30} commands")
    assert all(worker["reads"] for worker in read)


def test_git_tidies_up_meanwhile(repo: Repo, ledger: Any) -> None:
    """Refs packed and pruned, objects repacked: what git's own housekeeping does at any moment."""
    ledger.run(CreateTask(title="The one"))
    jobs = [job(repo, number, task="1", own="edit", count=40) for number in range(6)]
    with Fleet(len(jobs)) as fleet:
        began = time.monotonic()
        for worker, each in zip(fleet.workers, jobs, strict=True):
            worker.send(**each)
        rounds = 0
        while not fleet.workers[0].has_answer() and rounds < 200:
            repo.git("pack-refs", "--all", "--prune")
            if rounds % 5 == 0:
                repo.git("repack", "-a", "-d", "-q")
                repo.git("prune-packed", "-q")
            rounds += 1
        answers = [worker.receive() for worker in fleet.workers]
    acknowledged = tally(f"beside {rounds} rounds of housekeeping", answers, time.monotonic() - began)
    assert set(acknowledged) <= set(event_ids(repo))
    assert repo.git("fsck", "--full", "--no-dangling", "--no-progress") == ""
    assert_sound(repo)


def test_one_wins_each_claim(repo: Repo, ledger: Any) -> None:
    rounds = 20
    for number in range(rounds):
        ledger.run(CreateTask(title=f"Task {number}"))
        ledger.run(ApprovePlan(task=str(number + 1)))
    winners = []
    with Fleet(MANY) as fleet:
        for number in range(1, rounds + 1):
            at = time.time() + 0.05
            jobs = [
                {"do": "claim", "path": str(repo.path), "session": f"s{who}", "task": str(number), "at": at}
                for who in range(MANY)
            ]
            answers = fleet.everybody(jobs)
            won = [answer for answer in answers if "events" in answer]
            lost = [answer["refused"] for answer in answers if "refused" in answer]
            assert len(won) == 1, (number, lost)
            assert {(refusal["code"], refusal["exit_code"]) for refusal in lost} == {("LOCK_CONFLICT", 4)}
            winners.append(answers.index(won[0]))
    for record in _shown(repo, rounds):
        assert len(record["runs"]) == 1 and record["lock"] is not None
    print(f"\nclaims: {rounds} rounds won by {len(set(winners))} different processes")
    assert_sound(repo)


def _shown(repo: Repo, many: int) -> list[Any]:
    return [Cli(repo.path)("task", "show", str(number), "--json").json["result"] for number in range(1, many + 1)]


# ---------------------------------------------------------------------------------------------- the first entry


def _race(fleet: Fleet, paths: list[str]) -> list[dict[str, Any]]:
    at = time.time() + 0.05
    return fleet.everybody([{"do": "init", "path": path, "session": path[-3:], "at": at} for path in paths])


def _one_began(repo: Repo, answers: list[dict[str, Any]]) -> None:
    assert [answer["refused"] for answer in answers if "refused" in answer] == []
    assert len([answer for answer in answers if answer["events"]]) == 1
    assert {answer["tip"] for answer in answers} == {repo.git("rev-parse", REF)}
    assert entry_count(repo) == 1
    assert len(event_ids(repo)) == 1
    assert_sound(repo)


def test_one_begins_the_ledger(make_repo: Callable[..., Repo]) -> None:
    with Fleet(MANY) as fleet:
        for number in range(8):
            repo = make_repo(f"bare{number}" if number % 2 else f"repo{number}", bare=bool(number % 2))
            _one_began(repo, _race(fleet, [str(repo.path)] * MANY))


def test_one_begins_the_ledger_beside_packed_refs(make_repo: Callable[..., Repo]) -> None:
    with Fleet(MANY) as fleet:
        for number in range(6):
            repo = make_repo(f"repo{number}")
            repo.git("update-ref", "refs/taskledger/other", "HEAD")
            repo.git("pack-refs", "--all")
            repo.git("update-ref", "-d", "refs/taskledger/other")
            _one_began(repo, _race(fleet, [str(repo.path)] * MANY))
            # The ref itself packed away: the next entry finds it where it is.
            repo.git("pack-refs", "--all", "--prune")
            again = _race(fleet, [str(repo.path)] * MANY)
            assert [answer.get("events") for answer in again] == [[]] * MANY


def test_one_begins_the_ledger_from_linked_worktrees(make_repo: Callable[..., Repo], tmp_path: Path) -> None:
    with Fleet(MANY) as fleet:
        for number in range(4):
            repo = make_repo(f"repo{number}")
            linked = [tmp_path / f"linked{number}-{name}" for name in "ab"]
            for path in linked:
                repo.git("worktree", "add", "--quiet", "--detach", str(path))
            paths = [str(linked[who % 2]) for who in range(MANY)]
            _one_began(repo, _race(fleet, paths))
