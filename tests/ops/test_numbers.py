"""What short numbers cost: they are counted once for a list, so that a task with thousands of items stays quick."""

from collections.abc import Callable
from typing import Any

import sys

import pytest

from gitledger.model.events import (
    ChangeRecorded,
    CheckRecorded,
    QuestionAdded,
    RunStarted,
    TodoAdded,
)
from gitledger.ops._base import Operation, on
from gitledger.ops._drive import drive
from gitledger.ops.context import ShowContext
from gitledger.ops.implement import ImplementationChecklist, ShowImplementation
from gitledger.ops.next_action import ShowNextAction
from gitledger.ops.question import ListQuestions
from gitledger.ops.task import CreateTask, ShowTask
from gitledger.ops.todo import DoneTodo, ListTodos, NextTodo, TodoStatus
from gitledger.ops.validate import ShowValidation, ShowValidationStatus
from tests.ops.harness import Scene
from tests.ops.stories import tell


def many(kind: Callable[[int, str], Any], count: int) -> Scene:
    """A task that is being implemented, with so many items of one kind; none was done."""
    scene = Scene()
    scene.run(CreateTask(title="Job"))

    def steps(world):
        task = world.task("1")
        run = yield on(task, RunStarted(number=1, kind="implementation", status="implementing"))
        for number in range(1, count + 1):
            yield on(task, kind(number, run.id))

    tell(scene, steps)
    return scene


KINDS: dict[str, Callable[[int, str], Any]] = {
    "todo": lambda number, run: TodoAdded(number=number, text="x", source="user", mandatory=True),
    "question": lambda number, run: QuestionAdded(number=number, text="x"),
    "change": lambda number, run: ChangeRecorded(number=number, run=run, kind="edit", path="x"),
    "check": lambda number, run: CheckRecorded(number=number, run=run, plan=run, criterion="ac-0001", status="pass"),
}


def calls_of(scene: Scene, op: Operation) -> int:
    """How many calls, generators' steps among them, it takes to decide and answer: a measure that no busy machine moves."""
    world = scene.make_world()
    count = 0

    def counting(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counting)
    try:
        if op.writes:
            drive(op, world)
        op.show(world)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    ("kind", "op"),
    [
        ("todo", ListTodos(task="1")),
        ("todo", DoneTodo(task="1", todo="1")),
        ("todo", TodoStatus(task="1")),
        ("todo", NextTodo(task="1")),
        ("todo", ShowTask(task="1")),
        ("todo", ShowNextAction(task="1")),
        ("todo", ShowContext(task="1")),
        ("todo", ShowContext(task="1", format="json")),
        ("todo", ImplementationChecklist(task="1")),
        ("todo", ShowValidationStatus(task="1")),
        ("question", ListQuestions(task="1")),
        ("question", ShowTask(task="1")),
        ("question", ShowContext(task="1")),
        ("change", ShowTask(task="1")),
        ("change", ShowImplementation(task="1")),
        ("change", ShowContext(task="1", format="json")),
        ("check", ShowValidation(task="1", run="1")),
        ("check", ShowTask(task="1")),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.command} {getattr(value, 'format', '')}".strip(),
)
def test_the_cost_of_a_command_grows_with_its_items_and_not_with_their_square(kind, op):
    few, lots = (calls_of(many(KINDS[kind], count), op) for count in (100, 800))
    assert lots < 12 * few


def test_two_thousand_todos_are_no_burden():
    scene = many(KINDS["todo"], 2000)
    for op in (ListTodos(task="1"), DoneTodo(task="1", todo="1")):
        assert calls_of(scene, op) < 200 * 2000, op.command
