"""Batches and trees in real repositories: one entry, whoever asks twice, whoever else writes, however much it is."""

import json

import pytest

from gitledger.ledger import open_ledger
from gitledger.ops._planting import CreateTree
from gitledger.ops._tree_document import NewTask, TreeDocument
from gitledger.ops.item import CreateItem

LINES = [
    {"command": "item create", "arguments": {"title": "One", "slug": "one"}},
    {"command": "item create", "arguments": {"title": "Two", "depends_on": ["one"]}},
    {"command": "advance", "arguments": {"task": "one", "trigger": "complete"}},
]


@pytest.fixture
def started(cli):
    cli("init")
    return cli


def entries(repo) -> int:
    return int(repo.git("rev-list", "--count", "refs/taskledger/main"))


def test_a_batch_is_one_entry_and_told_to_people_and_programs(started, repo):
    before = entries(repo)
    answer = started("--json", "batch", input=json.dumps(LINES))
    assert answer.exit_code == 0, answer
    assert [step["task_id"] for step in answer.json["result"]["steps"]] == ["task-0001", "task-0002", "task-0001"]
    assert [one["id"] for one in answer.json["result"]["steps"][2]["result"]["unblocked"]] == ["task-0002"]
    assert entries(repo) == before + 1 and len(answer.json["events"]) == 4
    assert started("ready").stdout.startswith("task-0002")
    said = started("batch", "--file", "-", input='[{"command": "hold", "arguments": {"task": "2", "reason": "Why"}}]').stdout
    assert "task-0002" in said and "1 operation in one entry" in said
    assert started("verify").exit_code == 0


def test_one_that_is_refused_leaves_everything_as_it_was(started, repo):
    tip = repo.git("rev-parse", "refs/taskledger/main")
    answer = started("--json", "batch", input=json.dumps([*LINES, {"command": "advance", "arguments": {"task": "9", "trigger": "start"}}]))
    assert (answer.exit_code, answer.json["error"]["code"]) == (5, "NOT_FOUND")
    assert answer.json["error"]["details"]["operation"] == 3
    assert repo.git("rev-parse", "refs/taskledger/main") == tip


@pytest.mark.parametrize(
    "text", ["", "{}", "[", "[1]", '[{"command": 1}]', '[{"command": "hold", "more": 1}]', "[" * 100_000, '[{"command": "\ud800"}]'.encode("utf-8", "surrogatepass")]
)
def test_what_is_no_list_of_operations_is_bad_input(started, text):
    answer = started("--json", "batch", input=text)
    assert (answer.exit_code, answer.json["error"]["code"]) == (2, "INVALID_INPUT")


def test_a_request_that_is_made_again_is_not_carried_out_again(started, repo):
    first = started("--json", "--request-id", "k", "batch", input=json.dumps(LINES))
    count = entries(repo)
    again = started("--json", "--request-id", "k", "batch", input=json.dumps(LINES))
    assert again.exit_code == 0 and entries(repo) == count
    assert again.json["events"] == first.json["events"]
    tree = json.dumps({"root": {"title": "Top", "children": [{"title": "Part", "ref": "p"}]}})
    first = started("--json", "--request-id", "t", "tree", "create", input=tree)
    again = started("--json", "--request-id", "t", "tree", "create", input=tree)
    assert again.json["result"]["refs"] == first.json["result"]["refs"] and again.json["events"] == first.json["events"]
    done = started("--json", "--request-id", "c", "tree", "complete", "top")
    assert started("--json", "--request-id", "c", "tree", "complete", "top").json["events"] == done.json["events"]


def test_the_verbs_of_tree_and_graph_stand_beside_the_commands(started):
    started("tree", "create", "--tree", '{"root": {"title": "create"}}')
    assert started("tree", "--task", "create").stdout.startswith("task-0001")
    assert started("--json", "tree", "1").json["command"] == "tree"
    assert started("--json", "tree", "complete", "1").json["command"] == "tree.complete"
    assert "tree create" in started("tree", "--help").stdout
    assert started("graph", "export").json["items"][0]["title"] == "create"
    assert started("tree", "creat").exit_code == 5, "a task of that name is looked for"


def test_a_large_entry_is_a_pack_and_a_ledger_like_any_other(started, repo):
    ledger = open_ledger(str(repo.path))
    kids = [NewTask(title=f"Part {number}", ref=str(number), depends_on=[str(number - 1)] if number % 2 else []) for number in range(600)]
    view = ledger.run(CreateTree(tree=TreeDocument(root=NewTask(title="All", children=kids)))).view
    assert view.total == 601
    assert len(list((repo.path / ".git/objects/pack").glob("*.idx"))) == 1
    ledger.run(CreateItem(title="After it"))
    assert started("verify").exit_code == 0
    repo.git("fsck", "--strict", "--no-dangling")
    assert started("--json", "reindex").exit_code == 0
    assert started("--json", "tree", "complete", "1").json["result"]["refused"] == []
    assert started("--json", "ready").json["result"]["total"] == 2
