"""`--request-id`: a request that is made again under its key is not carried out again, and is answered as it was."""

from pathlib import Path
from typing import Any

import json
import os
import shlex
import shutil
import subprocess

import pytest

from gitledger.errors import Conflict, InvalidInput
from gitledger.ledger import open_ledger, recording
from gitledger.ops._base import RefOperation, RemoteOperation
from gitledger.ops._registry import all_operations
from gitledger.ops._task_list import ListTasks
from gitledger.ops.ledger import InitLedger
from gitledger.ops.task import CreateTask, EditTask
from gitledger.ops.todo import AddTodo, DoneTodo, ListTodos
from gitledger.store import requests
from tests.conftest import TIMEOUT_S, Cli, Repo
from tests.ops.harness import Scene, given
from tests.test_contract import ELSEWHERE, INPUTS, SCHEMAS, lines

REF = "refs/taskledger/main"


@pytest.fixture
def ledger(repo: Repo) -> Any:
    opened = open_ledger(str(repo.path))
    opened.run(InitLedger())
    return opened


def entries(repo: Repo) -> int:
    return int(repo.git("rev-list", "--count", REF))


# ---------------------------------------------------------------------------------------------- the same again


def test_a_request_made_again_records_nothing_and_names_the_first_events(repo: Repo, ledger: Any):
    first = ledger.run(CreateTask(title="Job"), request="k1")
    tip = ledger.tip
    again = ledger.run(CreateTask(title="Job"), request="k1")
    assert (first.changed, again.changed, ledger.tip) == (True, False, tip)
    assert again.events == first.events != []
    assert (again.view, again.task_id) == (first.view, first.task_id)
    assert len(again.warnings) == len(first.warnings) + 1 and "nothing was done again" in again.warnings[-1]
    assert ledger.run(ListTasks()).view.total == 1
    event = repo.git("show", f"{REF}:tasks/00/0001-{first.view.uid.replace('-', '')[:12]}/events/000001-{first.events[0]}.json")
    assert '"request":"k1"' in event


def test_without_a_key_or_with_another_it_is_done_again(ledger: Any):
    for request in ("a", "b", None, None):
        ledger.run(CreateTask(title="Job"), request=request)
    assert ledger.run(ListTasks()).view.total == 4


def test_it_is_answered_as_it_was_whatever_happened_since(ledger: Any):
    ledger.run(CreateTask(title="Job"))
    first = ledger.run(AddTodo(task="1", text="First"), request="k")
    ledger.run(AddTodo(task="1", text="Second"))
    ledger.run(DoneTodo(task="1", todo="1"))
    ledger.run(EditTask(task="1", title="Another title"), request="other")
    again = ledger.run(AddTodo(task="1", text="First"), request="k")
    assert (again.view, again.events, again.changed) == (first.view, first.events, False)
    assert [todo.text for todo in ledger.run(ListTodos(task="1")).view.todos] == ["First", "Second"]


def test_what_was_refused_or_changed_nothing_may_be_tried_again(ledger: Any):
    with pytest.raises(Exception, match="No task"):
        ledger.run(AddTodo(task="1", text="x"), request="k")
    ledger.run(CreateTask(title="Job"))
    ledger.run(AddTodo(task="1", text="x"), request="k")
    assert ledger.run(EditTask(task="1", title="Job"), request="none").events == []
    assert ledger.run(EditTask(task="1", title="New"), request="none").changed


def test_what_reads_does_not_care(ledger: Any):
    ledger.run(CreateTask(title="Job"), request="k")
    assert ledger.run(ListTasks(), request="k").view.total == 1
    assert ledger.run(ListTasks(), request="k").warnings == []


@pytest.mark.slow
def test_every_command_that_makes_an_entry_can_be_repeated(repo: Repo, cli: Cli, fixed: str):
    """The story of the contract, each of its entries requested twice: the second answer differs in `changed` alone."""
    repo.write(".taskorchestrator/config.yaml", SCHEMAS)
    operations = {op.command.replace(" ", "."): op for op in all_operations()}
    inputs, told = dict(INPUTS), set()
    for place, (expected, line, source, is_elsewhere) in enumerate(lines()):
        words = ["--json", "--request-id", f"request {place}", *shlex.split(line)]
        surroundings: dict[str, Any] = {"input": inputs.get(source or "", ""), "env": ELSEWHERE if is_elsewhere else None}
        first = cli(*words, **surroundings)
        assert first.exit_code == expected, (line, first)
        answer = first.json
        if line.startswith("plan template"):
            inputs["TEMPLATE"] = answer["result"]["template"]
        op = operations.get(answer["command"])
        if op is None or not answer.get("events") or issubclass(op, RefOperation | RemoteOperation):
            continue
        refs = repo.git("for-each-ref")
        again = cli(*words, **surroundings)
        assert again.exit_code == expected, (line, again)
        assert repo.git("for-each-ref") == refs, line
        assert sorted(again.json["events"]) == sorted(answer["events"]), line
        if op.command not in INEXACT:
            assert unchanged(again.json["result"]) == unchanged(answer["result"]), line
        told.add(op.command)
    writes = {op.command for op in all_operations() if op.writes and not issubclass(op, RefOperation | RemoteOperation)}
    assert len(told) > 0.6 * len(writes)
    assert cli("verify").exit_code == 0


# What the events do not tell: whether the ledger, or the task from elsewhere, was here before.
INEXACT = {"init", "ledger adopt"}


def unchanged(result: Any) -> Any:
    """An answer without what says that something changed just now."""
    if isinstance(result, list):
        return [unchanged(item) for item in result]
    if isinstance(result, dict):
        return {key: unchanged(item) for key, item in result.items() if key not in ("changed", "warnings")}
    return result


# ---------------------------------------------------------------------------------------------- another request


def test_the_key_of_another_command_is_a_conflict(repo: Repo, cli: Cli):
    for words in (["init"], ["--request-id", "k", "task", "create", "Job"]):
        assert cli(*words).exit_code == 0
    refs = repo.git("for-each-ref")
    refused = cli("--json", "--request-id", "k", "todo", "add", "--task", "1", "--text", "x")
    error = refused.json["error"]
    assert (error["code"], error["exit_code"], refused.exit_code) == ("CONFLICT", 4, 4)
    assert error["details"]["op"] == "task create" and len(error["details"]["events"]) == 1
    assert cli(*shlex.split(error["hint"])[1:]).exit_code == 0
    assert repo.git("for-each-ref") == refs


def test_nor_is_it_good_for_another_task(ledger: Any):
    for _ in range(2):
        ledger.run(CreateTask(title="Job"))
    ledger.run(AddTodo(task="1", text="x"), request="k")
    with pytest.raises(Conflict):
        ledger.run(AddTodo(task="2", text="x"), request="k")
    assert ledger.run(AddTodo(task="job", text="x"), request="k").changed is False


@pytest.mark.parametrize("key", ["", "  ", "a\nb", "x" * 201, "\x1b[31m"])
def test_what_is_no_key(cli: Cli, key: str):
    cli("init")
    answer = cli("--json", "--request-id", key, "task", "create", "Job")
    assert (answer.exit_code, answer.json["error"]["code"]) == (2, "INVALID_INPUT")
    assert cli("--json", "task", "list").json["result"]["total"] == 0


def test_the_option_stands_before_the_command(cli: Cli):
    error = cli("--json", "task", "create", "Job", "--request-id", "k").json["error"]
    assert "--request-id goes before the command" in error["message"]


# ---------------------------------------------------------------------------------------------- many at once


@pytest.mark.slow
def test_processes_that_race_with_one_key_make_one_entry(repo: Repo, cli: Cli):
    cli("init")
    before = entries(repo)
    argv = cli.argv("--json", "--request-id", "same", "task", "create", "Job")
    racers = [
        subprocess.Popen(argv, cwd=repo.path, env=cli.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)
    ]
    said = [racer.communicate(timeout=TIMEOUT_S) for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * 6, said
    assert entries(repo) == before + 1
    assert len({event for out, _ in said for event in json.loads(out)["events"]}) == 1
    assert cli("--json", "task", "list").json["result"]["total"] == 1


def test_a_request_that_another_was_faster_with_is_found_when_the_race_is_lost(repo: Repo, ledger: Any, monkeypatch: pytest.MonkeyPatch):
    """The twin comes between the look and the entry: the race for the ref is lost, and the next look finds it."""
    twin = open_ledger(str(repo.path))
    append, found = recording._append, []

    def slow(where: Any, *args: Any) -> str:
        if where is ledger and not found:
            found.append(twin.run(CreateTask(title="Job"), request="k"))
        return append(where, *args)

    monkeypatch.setattr(recording, "_append", slow)
    outcome = ledger.run(CreateTask(title="Job"), request="k")
    assert (outcome.changed, outcome.events) == (False, found[0].events)
    assert ledger.run(ListTasks()).view.total == 1


# ---------------------------------------------------------------------------------------------- where it is looked up


def test_deleting_the_index_costs_time_only(repo: Repo, ledger: Any):
    first = ledger.run(CreateTask(title="Job"), request="k")
    shutil.rmtree(Path(repo.path, ".git/gitledger"))
    assert ledger.run(CreateTask(title="Job"), request="k").events == first.events


def test_only_what_is_new_is_read(repo: Repo, ledger: Any, monkeypatch: pytest.MonkeyPatch):
    for number in range(5):
        ledger.run(CreateTask(title=f"Job {number}"))
    ledger.run(AddTodo(task="1", text="x"), request="k")
    ledger.run(AddTodo(task="2", text="x"))
    read: list[Any] = []
    blob = requests.read_blob
    monkeypatch.setattr(requests, "read_blob", lambda pg, oid: read.append(oid) or blob(pg, oid))
    assert not ledger.run(AddTodo(task="1", text="x"), request="k").changed
    # The entry with the key, and the one after it.
    assert len(read) == 2
    assert not ledger.run(AddTodo(task="1", text="x"), request="k").changed
    assert len(read) == 2


def test_it_is_found_where_the_index_cannot_be_written(repo: Repo, ledger: Any, monkeypatch: pytest.MonkeyPatch):
    first = ledger.run(CreateTask(title="Job"), request="k")
    monkeypatch.setattr(requests, "_ask", refuse)
    assert ledger.run(CreateTask(title="Job"), request="k").events == first.events
    assert ledger.run(CreateTask(title="Job"), request="other").changed


def refuse(*args: Any) -> Any:
    raise OSError("no space left")


def test_a_key_of_another_ledger_says_nothing_here(repo: Repo, ledger: Any, cli: Cli):
    ledger.run(CreateTask(title="Job"))
    assert cli("ledger", "fork", "feature").exit_code == 0
    feature = ledger.at("feature")
    feature.run(AddTodo(task="1", text="x"), request="k")
    assert ledger.run(AddTodo(task="1", text="x"), request="k").changed
    assert not feature.run(AddTodo(task="1", text="x"), request="k").changed


def test_two_clones_that_did_it_both_agree_on_the_first(repo: Repo, ledger: Any, cli: Cli):
    ledger.run(CreateTask(title="Job"))
    assert cli("ledger", "fork", "other").exit_code == 0
    first = ledger.run(AddTodo(task="1", text="x"), request="k")
    ledger.at("other").run(AddTodo(task="1", text="x"), request="k")
    assert cli("--ledger", "main", "ledger", "merge", "other").exit_code == 0
    assert cli("--ledger", "other", "ledger", "merge", "main").exit_code == 0
    for name in ("main", "other"):
        assert ledger.at(name).run(AddTodo(task="1", text="x"), request="k").events == first.events


def test_a_claim_that_the_remote_decides(repo: Repo, cli: Cli, make_repo: Any):
    origin = make_repo("origin.git", bare=True)
    repo.git("remote", "add", "origin", str(origin.path))
    for words in (["init"], ["task", "create", "Job"], ["sync"]):
        assert cli(*words).exit_code == 0
    first, again = (cli("--json", "--request-id", "k", "claim", "1", "--remote").json for _ in range(2))
    assert first["ok"] and first["result"]["changed"] and not again["result"]["changed"]
    assert again["events"] == first["events"] and again["result"]["claim"] == first["result"]["claim"]
    assert repo.git("rev-parse", REF) == origin.git("rev-parse", REF)
    assert cli("--json", "unclaim", "1").json["result"]["changed"]
    assert not cli("--json", "--request-id", "k", "claim", "1", "--remote").json["result"]["changed"]


# ---------------------------------------------------------------------------------------------- without a repository


def test_the_world_is_as_it_was(monkeypatch: pytest.MonkeyPatch):
    from gitledger.ops._repeat import Before

    scene = given(CreateTask(title="Job"), AddTodo(task="1", text="First"))
    uid = scene.task("1").uid
    added = scene.source.history[uid][-1]
    scene.run(EditTask(task="1", title="New title", description="New text"))
    before = Before(scene.source, [added])
    assert [(row.title, row.slug) for row in before.lookup(number=1)] == [("Job", "job")]
    assert before.record(uid).todos == [] and before.text(uid, "task.md").startswith("# Job\n")
    assert [event.type for event in before.events(uid)] == ["task.created"]
    created = Before(scene.source, scene.source.history[uid][:1])
    assert (created.row(uid), created.record(uid), created.rows(), created.lookup(slug="job")) == (None, None, [], [])
    assert before.top_number() == 1 and before.book().name == "main"


def test_a_key_that_is_given_to_a_world(monkeypatch: pytest.MonkeyPatch):
    from gitledger.ops._repeat import check_key, repeats

    scene = Scene()
    world = scene.make_world()
    assert not repeats(CreateTask(title="x"), world)
    world.request = "k"
    assert not repeats(CreateTask(title="x"), world)
    check_key("ok: any text")
    with pytest.raises(InvalidInput):
        check_key(os.linesep)
