"""Plans compared, planning gone on with, and the todos of a plan copied later."""

import pytest

from gitledger.model.planfile import parse_plan, plan_digest
from gitledger.ops._base import on
from gitledger.ops._comparing import plan_text
from gitledger.ops.plan import (
    AcceptPlan,
    ApprovePlan,
    DiffPlans,
    DraftPlan,
    MaterializeTodos,
    ProposePlan,
    RejectPlan,
    RevisePlan,
    StartPlan,
)
from gitledger.ops.question import AddQuestion
from gitledger.ops.task import CreateTask
from gitledger.ops.todo import AddTodo
from tests.ops.harness import BOT, given
from tests.ops.stories import approved, tell

PLAN = """\
---
goal: Accept empty input
files: [src/parser.py]
test_commands: [pytest -q]
expected_outputs: ["exit 0: \\"ok\\" — fine"]
acceptance_criteria: [parse of nothing gives nothing]
todos:
  - text: Edit src/parser.py to accept empty input
    validation_hint: pytest -q passes
  - text: Edit docs/parser.md
    mandatory: false
---

Return early.

Then go on.
"""
CHANGED = PLAN.replace("Return early.", "Return at once.").replace("goal: Accept", "goal: Take").replace("false", "true")


def planning(scene):
    scene.run(CreateTask(title="Job"))
    scene.as_(BOT).run(StartPlan(task="1"))


def proposed(scene, text=PLAN):
    planning(scene)
    scene.run(ProposePlan(task="1", text=text))


def twice(scene):
    """Two versions, the second in review."""
    proposed(scene)
    scene.run(RevisePlan(task="1"))
    scene.run(ProposePlan(task="1", text=CHANGED))


def without_todos(scene):
    """A plan was accepted, and its todos left out of the checklist."""
    proposed(scene)
    scene.run(
        ApprovePlan(task="1", version=1, actor="user", note="Go", no_materialize_todos=True, allow_lint_errors=True, reason="By hand")
    )


# ---------------------------------------------------------------------------------------------- plan diff


def test_the_last_two_versions_are_compared_in_fields_and_body():
    view = given(twice).when(DiffPlans(task="1")).view
    assert (view.task_id, view.from_version, view.to_version) == ("task-0001", 1, 2)
    lines = view.diff.split("\n")
    assert lines[:2] == ["--- plan-v1", "+++ plan-v2"]
    assert [line for line in lines[2:] if line[0] in "+-"] == [
        '-goal: "Accept empty input"',
        '+goal: "Take empty input"',
        "-    mandatory: false",
        "+    mandatory: true",
        "-Return early.",
        "+Return at once.",
    ]


def test_versions_are_named_in_any_order():
    scene = given(twice)
    forth, back = scene.run(DiffPlans(task="1", from_version=1, to_version=2)), scene.run(DiffPlans(task="1", from_version=2, to_version=1))
    assert "+Return at once." in forth.diff and "-Return at once." in back.diff
    assert (back.from_version, back.to_version) == (2, 1)
    assert scene.run(DiffPlans(task="1", from_version=1)).diff == forth.diff
    assert scene.run(DiffPlans(to_version="1/plan-v2")).diff == forth.diff
    assert scene.run(DiffPlans(task="1", from_version=2, to_version=2)).diff == ""


def test_the_only_version_differs_in_nothing_and_no_version_is_not_found():
    view = given(proposed).run(DiffPlans(task="1"))
    assert (view.from_version, view.to_version, view.diff) == (1, 1, "")
    given(CreateTask(title="t")).when(DiffPlans(task="1")).refused("NOT_FOUND", 5)
    given(twice).when(DiffPlans(task="1", from_version=9)).refused("NOT_FOUND", 5)


@pytest.mark.parametrize("text", [PLAN, CHANGED, "Just do it.\n", "---\ngoal: g\nno_todos_reason: 'none: at all'\n---\n"])
def test_what_is_compared_is_a_plan_file_that_says_the_same(text):
    scene = given(lambda s: proposed(s, text))
    task = scene.task("1")
    plan = task.plans[0]
    written = parse_plan(plan_text(plan, scene.make_world().plan_body(task, plan)))
    assert plan_digest(written) == plan.digest and written.todos_waived_reason == plan.todos_waived_reason


# ---------------------------------------------------------------------------------------------- plan draft


def test_a_draft_names_the_command_that_planning_needs_next():
    scene = given(CreateTask(title="Job")).as_(BOT)
    assert scene.run(DraftPlan(task="1")).next_action == "gitledger plan start --task 1"
    scene.run(StartPlan(task="1"))
    view = scene.run(DraftPlan(task="1"))
    assert (view.task_id, view.ask_questions) == ("task-0001", False)
    assert view.next_action == "gitledger plan upsert --file plan.md --task 1"
    scene.run(AddQuestion(task="1", text="Why?", required_for_plan=True))
    assert scene.run(DraftPlan(task="1")).next_action == "gitledger question answer q-0001 --text ANSWER --task 1"


def test_a_draft_asks_questions_while_they_bear_on_a_plan():
    view = given(planning).run(DraftPlan(task="1", ask_questions=True))
    assert view.ask_questions and view.next_action == "gitledger question add --text QUESTION --required-for-plan --task 1"
    assert given(approved).run(DraftPlan(task="1", ask_questions=True)).next_action == "gitledger implement start --task 1"


# ---------------------------------------------------------------------------------------------- plan materialize-todos


def test_todos_that_were_left_out_are_copied_once():
    scene = given(without_todos)
    would = scene.when(MaterializeTodos(task="1", version=1, dry_run=True)).then()
    assert (would.dry_run, would.changed, would.materialized_todos) == (True, False, 2)
    view = scene.when(MaterializeTodos(task="1", version=1)).then("todo.added", "todo.added")
    assert view.todos == would.todos and (view.changed, view.plan_id) == (True, scene.task("1").plans[0].ref)
    assert [(todo.id, todo.mandatory, todo.plan_todo_id) for todo in view.todos] == [
        ("todo-0001", True, "plan-todo-0001"), ("todo-0002", False, "plan-todo-0002")
    ]
    assert [(todo.ref, todo.source, todo.validation_hint) for todo in scene.task("1").todos] == [
        ("todo-0001", "plan", "pytest -q passes"), ("todo-0002", "plan", None)
    ]
    again = scene.when(MaterializeTodos(task="1", version=1)).then()
    assert (again.changed, again.materialized_todos, again.todos) == (False, 0, [])


def test_a_todo_that_was_reworded_is_not_copied_again_and_one_of_a_person_is_no_copy():
    from gitledger.model.events import TodoEdited

    scene = given(without_todos, MaterializeTodos(task="1", version=1))
    todo = scene.task("1").todos[0].id
    tell(scene, lambda world: (yield on(world.task("1"), TodoEdited(todo=todo, text="Reworded"))))
    assert scene.task("1").todos[0].text == "Reworded"
    scene.when(MaterializeTodos(task="1", version=1)).then()
    scene = given(without_todos, AddTodo(task="1", text="Edit docs/parser.md"))
    view = scene.when(MaterializeTodos(task="1", version=1)).then("todo.added", "todo.added")
    assert [todo.id for todo in view.todos] == ["todo-0002", "todo-0003"]


def test_only_the_todos_of_an_accepted_plan_are_copied():
    given(proposed).when(MaterializeTodos(task="1", version=1)).refused("WORKFLOW_REJECTION", 3)
    rejected = given(proposed, RejectPlan(task="1", reason="No"))
    rejected.when(MaterializeTodos(task="1", version=1)).refused("WORKFLOW_REJECTION", 3)
    scene = given(twice, AcceptPlan(task="1", version=2, note="Go", allow_lint_errors=True))
    error = scene.when(MaterializeTodos(task="1", version=1)).refused("WORKFLOW_REJECTION", 3)
    assert error.hint == ("gitledger", "plan", "show", "--version", "1", "--task", "task-0001")
    scene.when(MaterializeTodos(task="1", version=7)).refused("NOT_FOUND", 5)
    scene.when(MaterializeTodos(task="1", version=2)).then()
