"""What completion offers, without a repository: tasks by number and slug, items of a task, and what the ledger has."""

import pytest

from gitledger.errors import NotFound
from gitledger.ops._activating import ActivateTask
from gitledger.ops._offers import KINDS, MOST, OfferWords
from gitledger.ops.item import CreateItem
from gitledger.ops.task import CreateTask
from gitledger.ops.todo import AddTodo, DoneTodo
from tests.ops.harness import Scene, given


def words(scene: Scene, kind: str, start: str = "", task: str | None = None) -> list[str]:
    return [offer.word for offer in scene.run(OfferWords(kind=kind, start=start, task=task)).offers]


@pytest.fixture
def many() -> Scene:
    return given(*(CreateItem(title=f"Job {number}") for number in range(1, 125)))


def test_numbers_are_offered_in_the_manner_in_which_they_are_begun(many):
    assert words(many, "task", "12") == ["12", "120", "121", "122", "123", "124"]
    assert words(many, "task", "012") == ["0120", "0121", "0122", "0123", "0124"]
    assert words(many, "task", "task-012") == [f"task-012{digit}" for digit in range(5)]
    assert words(many, "task", "TASK-0001") == ["task-0001"]
    assert words(many, "task", "9999999999") == words(many, "task", "9" * 5000) == []
    assert len(words(many, "task")) == len(words(many, "task", "j")) == MOST


def test_slugs_are_offered_after_a_letter(many):
    assert words(many, "task", "job-12") == ["job-12", "job-120", "job-121", "job-122", "job-123", "job-124"]
    assert words(many, "task", "ta")[:2] == ["task-0001", "task-0002"]


def test_items_are_those_of_the_task_that_is_named_open_ones_first():
    scene = given(
        CreateTask(title="Door"), CreateTask(title="Window"), ActivateTask(task="2", reason="Next."),
        AddTodo(task="1", text="Ask"), AddTodo(task="1", text="Look"), AddTodo(task="2", text="Paint"),
        DoneTodo(task="1", todo="todo-0001"),
    )
    assert words(scene, "todo") == ["todo-0001"]
    assert words(scene, "todo", task="1") == ["todo-0002", "todo-0001"]
    assert words(scene, "todo", "door/") == ["door/todo-0002", "door/todo-0001"]
    assert words(scene, "anything", "1/t") == ["1/todo-0002", "1/todo-0001"]
    with pytest.raises(NotFound):
        words(scene, "todo", task="7")
    assert words(scene, "anything", "7/") == []


def test_nothing_is_there_to_offer_in_an_empty_ledger():
    scene = given()
    fixed = {"status", "role", "trigger", "priority"}
    for kind in {*KINDS} - fixed - {"todo", "question", "run", "plan", "change", "evidence", "handoff", "criterion", "key", "ledger"}:
        assert words(scene, kind) == []
    assert words(scene, "status", "can") == ["cancelled"] and all(words(scene, kind) for kind in fixed)
