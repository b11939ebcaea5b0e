"""`view`: the dashboard of a task."""

from gitledger.ops._activating import ActivateTask
from gitledger.ops.task import CreateTask
from gitledger.ops.view import ShowDashboard
from tests.ops.harness import given
from tests.ops.test_context import failed, working


def test_a_dashboard_holds_all_that_there_is_of_a_task():
    view = given(failed).run(ShowDashboard(task="1"))
    assert (view.kind, view.task.status, view.lock) == ("dashboard", "failed_validation", None)
    assert (view.plan.plan_id, view.plan.body, len(view.plans)) == ("plan-v1", "Return early.", 1)
    assert (view.next_action.action, view.next_action.next_command) == (
        "implement-restart",
        "gitledger implement restart --summary SUMMARY --task 1",
    )
    assert (view.todos.total, view.todos.done, view.questions.total, view.files.total) == (1, 1, 0, 0)
    assert [run.run_type for run in view.runs] == ["planning", "implementation", "validation"]
    assert [change.path for change in view.changes] == ["src/parser.py"]
    assert not view.validation.can_finish_passed
    assert [event.event for event in view.events[-2:]] == ["run.finished", "claim.released"]


def test_it_is_of_the_active_task_where_none_is_named_and_there_may_be_little_to_show():
    view = given(CreateTask(title="Bare"), ActivateTask(task="1")).run(ShowDashboard())
    assert (view.plan, view.runs, view.todos.items, view.validation.criteria) == (None, [], [], [])
    assert given(working).run(ShowDashboard(task="1")).lock.stage == "implementing"
    given(CreateTask(title="Bare")).when(ShowDashboard()).refused("NO_ACTIVE_TASK", 5)
