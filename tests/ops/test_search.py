"""Search: what is found, in which order, with which piece of text; over one ledger or all."""

import pytest

from gitledger.ops.item import CreateItem
from gitledger.ops.search import SearchTasks
from gitledger.ops.task import EditTask
from tests.conftest import Cli
from tests.ops.harness import Scene, given
from tests.ops.stories import forked


def ids(scene: Scene, query: str, **more) -> list[str]:
    return [task.id for task in scene.run(SearchTasks(query=query, **more)).tasks]


def test_the_answer_counts_all_and_shows_the_best():
    scene = given(
        CreateItem(title="Write the parser"),
        CreateItem(title="Job", description="Ask the parser's author,\nand the lexer's."),
        CreateItem(title="Other"),
    )
    view = scene.run(SearchTasks(query="PARSE", limit=1))
    assert ([task.id for task in view.tasks], view.total, view.truncated) == (["task-0001"], 2, True)
    (task,) = scene.run(SearchTasks(query='"parser s author" lexer')).tasks
    assert (task.field, task.snippet) == ("description", "Ask the parser's author, and the lexer's.")
    assert [task.snippet[slice(*mark)] for mark in task.marks] == ["parser's author", "lexer"]


@pytest.mark.parametrize("query", ["", " ", "***", '""', "x " * 600, " ".join(f"w{at}" for at in range(33))])
def test_a_query_needs_words_and_not_too_many(query: str):
    given(CreateItem(title="Job")).when(SearchTasks(query=query)).refused("VALIDATION", 2)


def test_a_negative_limit_is_refused():
    given(CreateItem(title="Job")).when(SearchTasks(query="x", limit=-1)).refused_without_hint_check("VALIDATION", 2)


def test_over_all_ledgers_each_task_once_as_it_was_changed_last():
    scene = given(CreateItem(title="Parser one"), CreateItem(title="Parser two"))
    feature = forked(scene)
    feature.later(60).run(EditTask(task="2", title="Parser of two"))
    feature.run(CreateItem(title="A third parser"))
    assert ids(scene, "parser") == ["task-0001", "task-0002"]
    view = scene.run(SearchTasks(query="parser", all_ledgers=True))
    assert sorted((task.id, task.title, task.ledgers) for task in view.tasks) == [
        ("task-0001", "Parser one", ["main", "feature"]),
        ("task-0002", "Parser of two", ["feature", "main"]),
        ("task-0003", "A third parser", ["feature"]),
    ]
    assert view.total == 3 and len(ids(scene, "parser", all_ledgers=True, limit=2)) == 2


def test_on_the_command_line(cli: Cli):
    cli("init")
    cli("item", "create", "Write the \x1b[31mparser", "--description", "With a lexer.", "--label", "core")
    cli("ledger", "fork", "feature-a")
    shown = cli("search", "lexer", "--all-ledgers")
    assert shown.stdout == (
        "task-0001  queue  Write the \\x1b[31mparser  feature-a, main\n  description: With a lexer.\n"
    )
    found = cli("search", "' OR -- parser", "--json").json["result"]
    assert found["total"] == 0
    (task,) = cli("search", "PARSER* core", "--json").json["result"]["tasks"]
    assert (task["field"], task["snippet"], task["marks"]) == ("labels", "core", [[0, 4]])
    assert cli("search", "nowhere").stdout == "nothing found\n"
