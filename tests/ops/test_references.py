"""References `[ledger:]task[/item]`: an item is named with its task, in one word, wherever an item is asked for."""

import pytest

from gitledger.model import ids
from gitledger.model.events import QuestionAdded
from gitledger.ops._activating import ActivateTask
from gitledger.ops._base import on
from gitledger.ops.context import ShowContext
from gitledger.ops.implement import ResumeImplementation, ShowImplementation, StartImplementation
from gitledger.ops.log import ShowLog
from gitledger.ops.plan import AcceptPlan, ApprovePlan, LintPlan, ShowPlan
from gitledger.ops.question import AnswerQuestion, AnswerQuestions, DismissQuestion
from gitledger.ops.task import CreateTask, ShowTask
from gitledger.ops.todo import AddTodo, DoneTodo, ListTodos, ShowTodo, UndoneTodo
from gitledger.ops.validate import RecordCheck, ShowValidation, ShowValidationStatus, WaiveCriterion
from tests.conftest import Cli, Repo
from tests.ops.harness import ADA, Scene, given
from tests.ops.stories import approved, tell


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("30", (None, "30", None)),
        (" task-0030 ", (None, "task-0030", None)),
        ("task-0030/todo-0001", (None, "task-0030", "todo-0001")),
        ("30/todo-1", (None, "30", "todo-1")),
        ("slug/plan-v2", (None, "slug", "plan-v2")),
        ("feature-a:task-0030/run-0002", ("feature-a", "task-0030", "run-0002")),
        ("feature/x:30", ("feature/x", "30", None)),
        ("feature/x:30/todo-0001.9c41", ("feature/x", "30", "todo-0001.9c41")),
        ("30/", (None, "30", "")),
        ("/todo-1", (None, "", "todo-1")),
        (":30", ("", "30", None)),
        ("a/b/c", (None, "a", "b/c")),
        ("", (None, "", None)),
    ],
)
def test_the_parts_of_a_reference(text, parts):
    assert tuple(ids.split_reference(text)) == parts


@pytest.mark.parametrize("slug", ["a/b", "a:b", "a.b", "30/todo-1", "feature:x"])
def test_a_slug_holds_nothing_that_divides_references(slug):
    assert not ids.is_slug(slug)
    given().when(CreateTask(title="Job", slug=slug)).refused("INVALID_INPUT", 2)


@pytest.mark.parametrize("title", ["a/b", "docs: say it", "30/todo-1"])
def test_nor_does_one_that_is_made_from_a_title(title):
    assert not set("/:.") & set(given().run(CreateTask(title=title)).slug)


# ---------------------------------------------------------------------------------------------- items with their task


def two_jobs(scene: Scene) -> None:
    """Two tasks at work with a todo and a question each; the second is the active one."""
    for _ in range(2):
        approved(scene.as_(ADA))
    for number in ("1", "2"):
        tell(scene, lambda world, number=number: (yield on(world.task(number), QuestionAdded(number=1, text="Which?"))))
        scene.run(StartImplementation(task=number))
    scene.run(ActivateTask(task="2", force=True, reason="For the test"))


@pytest.mark.parametrize("task", ["1", "task-1", "task-0001", "job", "TASK-0001"])
def test_a_todo_names_its_task_too(task):
    scene = given(two_jobs)
    view = scene.when(DoneTodo(todo=f"{task}/todo-0001")).then("todo.done")
    assert (view.task_id, view.todo_id, view.done) == ("task-0001", "todo-0001", True)
    assert [todo.is_done for todo in scene.task("2").todos] == [False]
    # What is recommended next is about that task, which is not the active one.
    assert view.next_command == f"gitledger next-action --task {task}"


def test_without_its_task_it_is_the_active_one_s():
    assert given(two_jobs).run(DoneTodo(todo="todo-0001")).task_id == "task-0002"


def test_a_uid_and_part_of_an_id_do_as_well():
    scene = given(two_jobs)
    task = scene.task("1")
    view = scene.run(ShowTodo(todo=f"{task.uid}/{task.todos[0].id[:6]}"))
    assert (view.task_id, view.todo.id) == ("task-0001", "todo-0001")
    assert view.done_command == f'gitledger todo done todo-0001 --evidence "..." --task {task.uid}'


READS = [
    ShowTodo(todo="1/todo-0001"),
    ShowPlan(version="1/plan-v1"),
    ShowPlan(version="1/1"),
    ShowPlan(task="1/plan-v1"),
    LintPlan(version="job/v1"),
    LintPlan(task="job/plan-v1"),
    ShowImplementation(run="1/run-0001"),
    ShowImplementation(task="1/run-0001"),
    ShowValidationStatus(run="1/run-1"),
    ShowValidation(task="1/run-1"),
    ShowContext(todo="1/todo-1", for_="implementer", format="json"),
    ShowContext(task="1/todo-1", for_="implementer", format="json"),
]


@pytest.mark.parametrize("op", READS, ids=lambda op: f"{op.command} {op.task}")
def test_what_reads_takes_it_for_the_item_or_for_the_task(op):
    view = given(two_jobs).run(op)
    assert getattr(view, "task_id", None) or view.task.id == "task-0001"
    assert "task-0002" not in str(view)


@pytest.mark.parametrize(
    ("op", "item"),
    [
        (UndoneTodo(todo="1/todo-1"), "todo"),
        (AnswerQuestion(question="1/q-0001", text="This."), "question"),
        (DismissQuestion(question="1/1"), "question"),
        (AcceptPlan(version="1/plan-v1", note="Go."), "version"),
        (ApprovePlan(version="1/1"), "version"),
        (ResumeImplementation(run="1/run-1", reason="On."), "run"),
        (RecordCheck(criterion="1/ac-0001"), "criterion"),
        (WaiveCriterion(criterion="1/1", reason="No."), "criterion"),
    ],
    ids=lambda value: getattr(value, "command", value),
)
def test_what_writes_takes_it_for_the_item(op, item):
    assert (op.task, "/" in getattr(op, item)) == ("1", False)


def test_questions_that_are_answered_together_may_name_the_task():
    scene = given(CreateTask(title="Job"))
    tell(scene, lambda world: (yield on(world.task("1"), QuestionAdded(number=1, text="Which?"))))
    assert scene.run(AnswerQuestions(task="1", text="1/q-0001: This.")).answered_question_ids == ["q-0001"]


# ---------------------------------------------------------------------------------------------- two tasks at once


@pytest.mark.parametrize(
    "op",
    [
        DoneTodo(task="1", todo="2/todo-0001"),
        DoneTodo(task="1", todo="1", change=["2/change-0001"]),
        ShowTodo(task="task-0001", todo="task-0002/todo-0001"),
        ShowPlan(task="1", version="2/plan-v1"),
        ShowImplementation(task="1", run="2/run-0001"),
        ShowContext(task="1", todo="2/todo-1", for_="implementer"),
    ],
    ids=lambda op: op.command,
)
def test_an_item_of_another_task_than_the_one_named_is_refused(op):
    error = given(two_jobs).when(op).refused_without_hint_check("INVALID_INPUT", 2)
    assert "task-0002" in error.message and "task-0001" in error.message


def test_a_criterion_of_another_task_is_refused():
    scene = given(two_jobs)
    world = scene.make_world()
    with pytest.raises(Exception, match="task-0002"):
        world.within(world.task("1"), "2/ac-0001")


@pytest.mark.parametrize("op", [DoneTodo(task="1", todo="job/todo-1"), DoneTodo(task="job", todo="task-0001/todo-1")])
def test_the_same_task_named_twice_is_no_conflict(op):
    assert given(two_jobs).run(op).task_id == "task-0001"


def test_a_task_that_is_not_there_is_not_found():
    given(two_jobs).when(DoneTodo(todo="7/todo-0001")).refused("NOT_FOUND", 5)
    given(two_jobs).when(DoneTodo(todo="/todo-0001")).refused("NOT_FOUND", 5)
    given(two_jobs).when(DoneTodo(todo="1/")).refused("NOT_FOUND", 5)


@pytest.mark.parametrize(
    "op",
    [
        ShowTask(task="1/todo-0001"),
        ActivateTask(task="1/todo-0001"),
        ListTodos(task="1/todo-0001"),
        AddTodo(task="1/todo-0001", text="x"),
        ShowLog(task="1/todo-0001"),
        ShowTodo(task="1/todo-0001", todo="1"),
    ],
    ids=lambda op: op.command,
)
def test_an_item_is_no_task(op):
    error = given(two_jobs).when(op).refused("INVALID_INPUT", 2)
    assert error.hint == ("gitledger", "task", "show", "1")


# ---------------------------------------------------------------------------------------------- ledgers


def test_an_item_of_another_ledger(repo: Repo, cli: Cli):
    for words in (
        ["init"], ["task", "create", "One"], ["todo", "add", "--task", "1", "--text", "Here"], ["ledger", "fork", "feature/x"],
        ["todo", "add", "--task", "1", "--text", "There"], ["ledger", "switch", "main"],
    ):
        assert cli(*words).exit_code == 0, words
    shown = cli("--json", "todo", "show", "feature/x:1/todo-2").json["result"]
    assert (shown["task_id"], shown["todo"]["text"]) == ("task-0001", "There")
    assert cli("--json", "todo", "show", "1/todo-2").json["error"]["code"] == "NOT_FOUND"
    refs = repo.git("for-each-ref")
    error = cli("--json", "todo", "done", "feature/x:1/todo-2").json["error"]
    assert (error["code"], error["exit_code"]) == ("OTHER_LEDGER", 2)
    assert error["hint"] == "gitledger --ledger feature/x task show 1"
    error = cli("--json", "todo", "show", "--task", "1", "feature/x:1/todo-2").json["error"]
    assert (error["code"], error["exit_code"]) == ("OTHER_LEDGER", 2)
    assert repo.git("for-each-ref") == refs
    assert cli("--json", "todo", "done", "main:one/todo-1").json["result"]["task_id"] == "task-0001"
