"""The ledgers that benchmarks run on are real ones: whole to git and to `verify`, the same for the same seed."""

from collections import Counter

import pytest

from gitledger.model import codec, fold
from gitledger.store.repo import open_repository
from gitledger.store.verify import verify
from tests.bench import run
from tests.bench.generate import REF, build, git, tasks


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("bench") / "repo", 40, seed=3)


def test_it_verifies_clean(built):
    repo = open_repository(str(built.path), {})
    report = verify(repo, "main", repo.tip("main"))
    assert report.findings == []
    assert (report.tasks, report.entries) == (built.tasks, built.entries) == (40, 41)
    assert report.events == built.events == 401  # ten a task, and one in the book


def test_git_finds_it_whole_and_packed(built):
    assert git(built.path, "fsck", "--strict", "--full") == ""
    assert "count: 0" in git(built.path, "count-objects", "-v").splitlines()
    assert git(built.path, "status", "--short") == ""
    assert len(git(built.path, "log", "--format=%H", REF).splitlines()) == built.entries


def test_the_layout_is_that_of_the_design(built):
    names = git(built.path, "ls-tree", "-r", "--name-only", REF).splitlines()
    folder = next(name for name in names if name.startswith("tasks/00/0001-")).split("/")[2]
    inside = [name.split("/", 3)[3] for name in names if f"/{folder}/" in name]
    assert {"ledger.json", "book/book.json"} < set(names)
    assert {name for name in inside if not name.startswith("events/")} == {"task.json", "task.md", "plans/1.md"}
    assert len(folder) == len("0001-") + 12


def test_the_same_seed_makes_the_same_ledger(built, tmp_path):
    again = build(tmp_path / "again", 40, seed=3)
    other = build(tmp_path / "other", 40, seed=4)
    tips = [git(made.path, "rev-parse", REF) for made in (built, again, other)]
    assert tips[0] == tips[1] != tips[2]


def test_the_statuses_are_spread_and_the_samples_stand_there(built):
    statuses = Counter(task.state.task.status for task in tasks(40, 3))
    assert statuses == {"done": 8, "draft": 8} | dict.fromkeys(
        ("implementing", "plan_review", "approved", "planning", "implemented", "cancelled"), 4
    )
    numbers = {task.number: task.state.task.status for task in tasks(40, 3)}
    assert {status: numbers[number] for status, number in built.samples.items()} == {status: status for status in statuses}


def test_the_records_are_those_of_the_whole_fold():
    for task in tasks(10, 5):
        assert fold.files(fold.fold(task.events)) == fold.files(task.state)
        assert all(codec.decode(event.raw) == event for event in task.events)


@pytest.mark.slow
def test_the_benchmark_runs_and_prints_a_table(capsys):
    assert run.main(["--sizes", "10,20", "--rounds", "1", "--markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| what ") and lines[1].startswith("| ---")
    names = {line.split("|")[1].strip() for line in lines[2:]}
    assert {"floor", "next-action", "todo next", "task show", "task list", "status", "ready", "next", "blocked"} < names
    assert {"todo add", "task create"} < names
    assert {"index from nothing", "index after 100 events", "todo add, in process", "imports: --help"} < names


def test_a_line_over_its_budget_says_so():
    assert run.Line("a", 1, "", value=1.31, limit=1.3).verdict == "over"
    assert run.Line("a", 1, "", value=1.3, limit=1.3).verdict == "ok"
    assert run.Line("a", 1, "").verdict == ""
