import shlex

import pytest

from gitledger.ops.implement import StartImplementation
from gitledger.ops.task import CreateTask
from gitledger.ops.todo import AddTodo, DoneTodo, ListTodos, NextTodo, ShowTodo, TodoStatus, UndoneTodo
from tests.ops.harness import ADA, BOT, given
from tests.ops.stories import approved, planned


def test_a_todo_added_by_a_person_is_optional_and_numbered():
    scene = given(CreateTask(title="t"))
    view = scene.when(AddTodo(task="1", text="look\n")).then("todo.added")
    assert (view.todo.id, view.todo.text, view.todo.mandatory, view.todo.source) == ("todo-0001", "look", False, "user")
    assert scene.run(AddTodo(task="1", text="again", mandatory=True)).todo.id == "todo-0002"
    assert scene.run(ListTodos(task="1")).total == 2


def test_source_and_weight_follow_the_stage():
    scene = given(planned)
    assert scene.run(AddTodo(task="1", text="x")).todo.source == "planner"
    scene = given(approved).as_(BOT)
    scene.run(StartImplementation(task="1"))
    view = scene.run(AddTodo(task="1", text="found on the way"))
    assert (view.todo.source, view.todo.mandatory) == ("implementer", True)
    assert not scene.run(AddTodo(task="1", text="nice to have", optional=True)).todo.mandatory
    assert scene.task("1").todos[-1].active_at is not None


@pytest.mark.parametrize(
    "op",
    [AddTodo(task="1", text="x", mandatory=True, optional=True), AddTodo(task="1", text=" \n")],
)
def test_bad_todos_are_refused(op):
    given(CreateTask(title="t")).when(op).refused_without_hint_check("INVALID_INPUT", 2)


@pytest.mark.parametrize("reference", ["todo-0001", "todo-1", "1", "TODO-1"])
def test_done_with_evidence_and_open_again(reference):
    scene = given(CreateTask(title="t"), AddTodo(task="1", text="x"))
    view = scene.when(DoneTodo(task="1", todo=reference, evidence=["pytest"], artifact=["out.txt"])).then("todo.done")
    assert (view.todo_id, view.done, view.status, view.evidence_recorded) == ("todo-0001", True, "done", True)
    assert view.progress.done == 1 and view.progress.open_ids == []
    todo = scene.task("1").todos[0]
    assert (todo.evidence, todo.artifacts, todo.completed_by.name) == (["pytest"], ["out.txt"], ADA.name)
    again = scene.when(UndoneTodo(task="1", todo=reference)).then("todo.undone")
    assert (again.done, scene.task("1").todos[0].evidence) == (False, ["pytest"])


def test_done_twice_is_no_event_unless_there_is_more_evidence():
    scene = given(CreateTask(title="t"), AddTodo(task="1", text="x"), DoneTodo(task="1", todo="1", evidence=["a"]))
    assert scene.when(DoneTodo(task="1", todo="1", evidence=["a"])).then().changed is False
    scene.when(DoneTodo(task="1", todo="1")).then()
    scene.when(DoneTodo(task="1", todo="1", evidence=["b"])).then("todo.done")
    assert scene.task("1").todos[0].evidence == ["a", "b"]
    scene.run(UndoneTodo(task="1", todo="1"))
    scene.when(UndoneTodo(task="1", todo="1")).then()


def test_an_unknown_todo_is_not_found_and_an_id_prefix_names_one():
    scene = given(CreateTask(title="t"), AddTodo(task="1", text="x"))
    scene.when(DoneTodo(task="1", todo="todo-0009")).refused("NOT_FOUND", 5)
    prefix = scene.task("1").todos[0].id[:6]
    assert scene.run(ShowTodo(task="1", todo=prefix)).todo.id == "todo-0001"


def test_two_todos_with_one_number_need_a_suffix():
    scene = given(CreateTask(title="t"), AddTodo(task="1", text="x"), AddTodo(task="1", text="y"))
    uid = scene.source.rows()[0].uid
    todos = scene.source.states[uid].task.todos
    todos[1].number = 1
    error = scene.when(DoneTodo(task="1", todo="1")).refused("AMBIGUOUS", 4)
    for candidate in error.details["candidates"]:
        assert scene.run(ShowTodo(task="1", todo=candidate)).todo.id == candidate


@pytest.mark.parametrize("mandatory", [True, False])
def test_the_gate_counts_only_mandatory_todos(mandatory):
    scene = given(CreateTask(title="t"), AddTodo(task="1", text="x", mandatory=mandatory))
    gate = scene.run(TodoStatus(task="1"))
    assert gate.can_finish_implementation is not mandatory
    assert gate.open_todos == ["todo-0001"] and len(gate.blockers) == int(mandatory)


def test_next_is_the_first_open_mandatory_one_and_its_commands_parse():
    scene = given(CreateTask(title="t"), AddTodo(task="1", text="maybe"), AddTodo(task="1", text="must", mandatory=True))
    view = scene.run(NextTodo(task="1"))
    assert view.next_todo_id == "todo-0002"
    done = ["gitledger", "todo", "done", "todo-0002", "--evidence", "..."]
    assert shlex.split(view.commands[1].command) == [*done, "--task", "1"], "it names the task where who asked did"
    scene.run(DoneTodo(task="1", todo="2"))
    assert scene.run(NextTodo(task="1")).next_todo_id == "todo-0001"
    scene.run(DoneTodo(task="1", todo="1"))
    assert scene.run(NextTodo(task="1")).next_todo is None


def test_a_finished_task_takes_no_todo():
    scene = given(approved)
    scene.source.states[scene.source.rows()[0].uid].task.status = "done"
    scene.when(AddTodo(task="1", text="x")).refused("WORKFLOW_REJECTION", 3)
    scene.when(DoneTodo(task="1", todo="1")).refused("WORKFLOW_REJECTION", 3)
