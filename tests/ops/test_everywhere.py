"""`--all-ledgers`: every listing over tasks goes over all ledgers of the repository, names them, and says each thing once."""

from collections.abc import Callable
from typing import Any

import json

from msgspec import structs

import pytest

from gitledger.cli.build import fields_of
from gitledger.model.task import Actor
from gitledger.ops._everywhere import Listing
from gitledger.ops._registry import all_operations
from gitledger.ops._task_list import ListTasks
from gitledger.ops.claim import ClaimTask, ListClaims, UnclaimTask
from gitledger.ops.conflicts import ListConflicts
from gitledger.ops.lock import ListLocks
from gitledger.ops.task import CreateTask, EditTask
from tests.conftest import Cli, Repo
from tests.hints import wrongs
from tests.ops.harness import BOT, OTHER, Scene, given
from tests.ops.stories import forked

UNTIL = "2026-11-20T12:00:00.000000Z"
LATER = "2026-11-20T12:01:00.000000Z"


def claimed(scene: Scene) -> None:
    scene.run(CreateTask(title="Job"))
    scene.as_(BOT).run(ClaimTask(task="1"))


def test_every_listing_takes_the_option_in_one_way():
    listings = [op for op in all_operations() if "all_ledgers" in op.__struct_fields__]
    assert {"task list", "claims", "lock list", "conflicts"} <= {op.command for op in listings if issubclass(op, Listing)}
    for op in listings:
        (field,) = (field for field in fields_of(op) if field.name == "all_ledgers")
        assert (field.option, field.base, field.default, op.writes) == ("--all-ledgers", bool, False, False)


# ---------------------------------------------------------------------------------------------- claims


@pytest.mark.parametrize(("op", "rows"), [(ListClaims, "claims"), (ListLocks, "locks")])
def test_a_claim_that_a_fork_took_along_is_listed_once(op: Any, rows: str):
    scene = given(claimed)
    forked(scene)
    forked(scene, "other")
    view = scene.run(op(all_ledgers=True))
    (row,) = getattr(view, rows)
    assert (row.ledger, row.ledgers, view.total) == ("main", ["main", "feature", "other"], 1)


@pytest.mark.parametrize(("op", "rows", "until"), [(ListClaims, "claims", "until"), (ListLocks, "locks", "expires_at")])
def test_of_a_claim_that_was_carried_on_in_a_fork_that_state_counts(op: Any, rows: str, until: str):
    scene = given(claimed)
    forked(scene).as_(BOT).later(60).run(EditTask(task="1", title="Renewed by writing"))
    (row,) = getattr(scene.run(op(all_ledgers=True)), rows)
    assert (row.ledger, row.ledgers) == ("feature", ["feature", "main"])
    # As seen from here a lease never ends later than one lease from now.
    assert getattr(row, until) == UNTIL
    (row,) = getattr(scene.later(60).run(op(all_ledgers=True)), rows)
    assert getattr(row, until) == LATER


@pytest.mark.parametrize(("op", "rows"), [(ListClaims, "claims"), (ListLocks, "locks")])
def test_claims_of_two_ledgers_are_two(op: Any, rows: str):
    scene = given(CreateTask(title="Job"))
    forked(scene).as_(OTHER).run(ClaimTask(task="1"))
    scene.as_(BOT).run(ClaimTask(task="1", force=True, reason="Ours"))
    view = scene.run(op(all_ledgers=True))
    assert [(row.ledger, row.ledgers, row.holder.actor_name) for row in getattr(view, rows)] == [
        ("main", ["main"], "bot"), ("feature", ["feature"], "other"),
    ]
    assert view.total == 2
    (row,) = getattr(scene.run(op()), rows)
    assert row.holder.actor_name == "bot" and "ledgers" not in json.dumps(to_json(row))


def test_a_claim_that_ended_here_is_listed_where_it_is_open():
    scene = given(claimed)
    forked(scene)
    scene.run(UnclaimTask(task="1"))
    assert scene.run(ListClaims()).total == 0
    (claim,) = scene.run(ListClaims(all_ledgers=True)).claims
    assert (claim.ledger, claim.ledgers) == ("feature", ["feature"])


def to_json(view: Any) -> Any:
    from msgspec import to_builtins

    return to_builtins(view)


# ---------------------------------------------------------------------------------------------- tasks


def test_each_task_is_listed_once_as_the_ledger_has_it_that_changed_it_last():
    scene = given(CreateTask(title="One"), CreateTask(title="Two"))
    fork = forked(scene).later(60)
    fork.run(EditTask(task="2", title="Two there"))
    fork.run(CreateTask(title="There"))
    view = scene.run(ListTasks(all_ledgers=True))
    assert [(task.title, task.ledger, task.ledgers) for task in view.tasks] == [
        ("One", "main", ["main", "feature"]),
        ("Two there", "feature", ["feature", "main"]),
        ("There", "feature", ["feature"]),
    ]
    assert (view.total, view.truncated) == (3, False)
    short = scene.run(ListTasks(all_ledgers=True, limit=1))
    assert (len(short.tasks), short.total, short.truncated) == (1, 3, True)
    assert {"ledger", "ledgers"} & set(to_json(scene.run(ListTasks()).tasks[0])) == set()


# ---------------------------------------------------------------------------------------------- conflicts


def number_twice(scene: Scene) -> None:
    """Two tasks hold the number 1, as after a merge."""
    scene.run(CreateTask(title="Job"))
    other = Scene()
    other.random = type(other.random)("elsewhere")
    other.run(CreateTask(title="Job of others"))
    scene.source.states |= other.source.states
    scene.source.history |= {uid: events for uid, events in other.source.history.items() if uid is not None}


def test_a_conflict_that_two_ledgers_have_is_listed_once():
    scene = given(number_twice)
    forked(scene)
    here = scene.run(ListConflicts())
    view = scene.run(ListConflicts(all_ledgers=True))
    assert view.total == here.total == 2
    assert [(row.ledger, row.ledgers) for row in view.conflicts] == [("main", ["main", "feature"])] * 2
    assert {"ledger", "ledgers"} & set(to_json(here.conflicts[0])) == set()


def test_the_command_for_a_conflict_of_another_ledger_names_that_ledger():
    scene = given(CreateTask(title="Fine"))
    number_twice(forked(scene))
    assert scene.run(ListConflicts()).total == 0
    view = scene.run(ListConflicts(all_ledgers=True))
    assert {(row.ledger, *row.ledgers) for row in view.conflicts} == {("feature", "feature")}
    assert all(row.command.startswith("gitledger --ledger feature task renumber ") for row in view.conflicts if row.about == "number")
    for row in view.conflicts:
        assert list(wrongs(row.command.split())) == []


def test_the_conflicts_of_one_task_in_all_ledgers():
    scene = given(CreateTask(title="Fine"), CreateTask(title="Fine too"))
    fork = forked(scene)
    for number in ("1", "2"):
        fork.as_(OTHER).run(ClaimTask(task=number))
        record = fork.source.states[scene.task(number).uid].task
        rival = Actor(type="agent", name="rival", session="s9")
        record.claims.append(structs.replace(record.claims[0], id="f" * 20, actor=rival, holder=rival.holder()))
    assert scene.run(ListConflicts(all_ledgers=True)).total == 2
    view = scene.run(ListConflicts(task="1", all_ledgers=True))
    assert [(row.about, row.ledger) for row in view.conflicts] == [("claim", "feature")]


# ---------------------------------------------------------------------------------------------- for real


@pytest.fixture
def two(repo: Repo, cli: Cli) -> Cli:
    """A repository with the ledgers main and feature; feature has a task and a claim more."""
    for words in (["init"], ["task", "create", "One"], ["ledger", "fork", "feature"], ["task", "create", "Two"], ["claim", "2"],
                  ["ledger", "switch", "main"]):
        assert cli(*words).exit_code == 0, words
    return cli


LISTS: dict[str, Callable[[dict[str, Any]], list[Any]]] = {
    "task list": lambda result: result["tasks"],
    "claims": lambda result: result["claims"],
    "lock list": lambda result: result["locks"],
}


@pytest.mark.parametrize("command", LISTS)
def test_people_and_programs_see_which_ledger(two: Cli, command: str):
    words = [*command.split(), "--all-ledgers"]
    result = two("--json", *words).json["result"]
    last = LISTS[command](result)[-1]
    assert (last["ledger"], last["ledgers"], result["total"]) == ("feature", ["feature"], len(LISTS[command](result)))
    assert "feature" in two(*words).stdout
    assert "feature" not in two(*command.split()).stdout


def test_people_see_which_ledger_has_a_conflict(two: Cli, repo: Repo):
    two("--ledger", "feature", "task", "edit", "--task", "1", "--title", "There")
    two("task", "edit", "--task", "1", "--title", "Here")
    repo.git("remote", "add", "origin", "/nowhere")
    two("--ledger", "feature", "ledger", "merge", "main")
    assert two("conflicts").stdout == "no conflicts\n"
    said = two("conflicts", "--all-ledgers").stdout
    assert "feature" in said and "gitledger --ledger feature task edit" in said


def test_a_ledger_that_cannot_be_read_is_left_out_with_a_warning(two: Cli, repo: Repo):
    newer = repo.git("hash-object", "-w", "--stdin", input='{"format":99,"fold":1,"uid":"x"}\n')
    tree = repo.git("mktree", input=f"100644 blob {newer}\tledger.json\n")
    repo.git("update-ref", "refs/taskledger/newer", repo.git("commit-tree", tree, "-m", "newer"))
    for command in LISTS:
        answer = two("--json", *command.split(), "--all-ledgers")
        assert answer.exit_code == 0 and len(LISTS[command](answer.json["result"])) >= 1
        (warning,) = answer.json["warnings"]
        assert "newer" in warning
