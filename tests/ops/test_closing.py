"""After the end of a task: uncancel, close, follow-up."""

import pytest

from gitledger.model.events import RunFinished, TaskRecorded
from gitledger.model.task import Actor
from gitledger.ops._base import on
from gitledger.ops._closing import CloseTask, FollowUpTask, UncancelTask
from gitledger.ops._shelving import ArchiveTask
from gitledger.ops.advance import AdvanceTask
from gitledger.ops.implement import StartImplementation
from gitledger.ops.item import CreateItem
from gitledger.ops.task import CancelTask, CreateTask, ShowTask
from tests.ops.harness import ADA, BOT, given
from tests.ops.stories import approved, tell
from tests.ops.test_advance import implemented

SYSTEM = Actor(type="system", name="cron")


def created(scene):
    scene.run(CreateTask(title="Job"))


def done(scene):
    created(scene)
    tell(scene, lambda world: (yield on(world.task("1"), TaskRecorded(summary="done"))))


def cancelled(story):
    return given(story, CancelTask(task="1"))


# ---------------------------------------------------------------------------------------------- uncancel


@pytest.mark.parametrize(("story", "status"), [(created, "draft"), (approved, "approved"), (implemented, "implemented")])
def test_a_cancelled_task_is_taken_up_where_its_plans_and_runs_brought_it(story, status):
    scene = cancelled(story).as_(ADA)
    view = scene.when(UncancelTask(task="1", reason="Wanted.")).then("task.uncancelled")
    assert (view.status, view.reason, view.changed) == (status, "Wanted.", True)
    assert scene.task("1").status == status
    scene.when(UncancelTask(task="1", reason="Again.")).refused("WORKFLOW_REJECTION", 3)


def test_it_may_be_taken_up_further_back_and_no_further_on():
    scene = cancelled(approved)
    for beyond in ("implemented", "failed_validation", "plan_review"):
        error = scene.when(UncancelTask(task="1", reason="x", to=beyond)).refused("WORKFLOW_REJECTION", 3)
        assert error.details["reached"] == ["approved", "draft"]
    for never in ("implementing", "planning", "validating", "done", "cancelled", "nothing"):
        scene.when(UncancelTask(task="1", reason="x", to=never)).refused("INVALID_INPUT", 2)
    assert scene.when(UncancelTask(task="1", reason="x", to="draft")).then("task.uncancelled").status == "draft"


def test_a_run_that_was_left_running_can_be_resumed():
    scene = given(approved, StartImplementation(task="1"), CancelTask(task="1"))
    assert scene.run(UncancelTask(task="1", reason="x")).status == "approved"
    assert scene.task("1").running_run("implementation") is not None


def test_after_a_failed_validation_it_is_taken_up_as_failed():
    scene = given(implemented)
    scene.run(AdvanceTask(task="1", trigger="start"))

    def fail(world):
        task = world.task("1")
        yield on(task, RunFinished(run=task.runs[-1].id, result="failed", status="failed_validation"))

    tell(scene, fail)
    scene.run(CancelTask(task="1"))
    assert scene.as_(ADA).run(UncancelTask(task="1", reason="x")).status == "failed_validation"


def test_an_agent_needs_the_flag_and_a_program_may_not():
    scene = cancelled(created).as_(BOT)
    scene.when(UncancelTask(task="1", reason="x")).refused("WORKFLOW_REJECTION", 3)
    scene.as_(SYSTEM).when(UncancelTask(task="1", reason="x", allow_agent_uncancel=True)).refused("WORKFLOW_REJECTION", 3)
    scene.as_(BOT).when(UncancelTask(task="1", reason="x", allow_agent_uncancel=True)).then("task.uncancelled")


def test_a_reason_is_needed_and_what_is_archived_or_light_goes_another_way():
    scene = cancelled(created)
    scene.when(UncancelTask(task="1", reason=" ")).refused("INVALID_INPUT", 2)
    scene.run(ArchiveTask(task="1"))
    assert scene.when(UncancelTask(task="1", reason="x")).refused("WORKFLOW_REJECTION", 3).hint[1:3] == ("task", "unarchive")
    scene.run(CreateItem(title="Light"))
    scene.run(AdvanceTask(task="2", trigger="cancel"))
    error = scene.when(UncancelTask(task="2", reason="x")).refused("WORKFLOW_REJECTION", 3)
    assert error.hint == ("gitledger", "advance", "task-0002", "reopen")


# ---------------------------------------------------------------------------------------------- close


def test_a_done_task_is_signed_off_once():
    scene = given(done)
    scene.when(CloseTask(task="1", note="Shipped.")).then("task.closed")
    task = scene.run(ShowTask(task="1")).task
    assert (task.closure_note, task.closed_by.actor_name, task.status) == ("Shipped.", "ada", "done")
    assert scene.later(60).when(CloseTask(task="1")).then().changed is False
    assert scene.when(CloseTask(task="1", note="Shipped.")).then().changed is False
    assert scene.task("1").closed_at == task.closed_at
    scene.when(CloseTask(task="1", note="Shipped twice.")).then("task.closed")
    scene.when(CloseTask(task="1", note=" ")).refused("INVALID_INPUT", 2)


def test_only_a_done_staged_task_is_closed():
    scene = given(created, CreateItem(title="Light"))
    scene.when(CloseTask(task="1")).refused("WORKFLOW_REJECTION", 3)
    scene.run(AdvanceTask(task="2", trigger="complete"))
    scene.when(CloseTask(task="2")).refused("WORKFLOW_REJECTION", 3)


# ---------------------------------------------------------------------------------------------- follow-up


def test_a_done_task_is_followed_up_by_a_draft_that_says_whence_it_comes():
    scene = given(done)
    op = FollowUpTask(parent="1", title="More", reason="It grows.", labels=["core"], slug="more")
    view = scene.when(op).then("task.created")
    assert (view.task_id, view.parent_task_id, view.parent_relation) == ("task-0002", "task-0001", "follow_up")
    assert (view.labels, view.status, view.activated) == (["core", "follow-up"], "draft", False)
    assert view.next_command == "gitledger plan start --task task-0002"
    assert scene.run(ShowTask(task="2")).task.body == "More\n\nFollow-up of task-0001: Job\nReason: It grows."
    assert [task.id for task in scene.run(ShowTask(task="1")).follow_up_tasks] == ["task-0002"]


def test_a_follow_up_can_be_made_active_at_once():
    scene = given(done)
    view = scene.when(FollowUpTask(parent="1", title="More", activate=True)).then("task.created", "task.activated")
    assert view.activated
    assert scene.task().id == "task-0002"
    view = scene.when(FollowUpTask(parent="1", title="Most", activate=True)).then(
        "task.created", "task.deactivated", "task.activated"
    )
    assert (view.task_id, scene.task().id) == ("task-0003", "task-0003")


def test_what_is_not_done_is_not_followed_up():
    error = given(created).when(FollowUpTask(parent="1", title="More")).refused("WORKFLOW_REJECTION", 3)
    assert error.hint == ("gitledger", "task", "create", "TITLE", "--parent", "task-0001")
    given(done).when(FollowUpTask(parent="1", title="More", reason=" ")).refused_without_hint_check("INVALID_INPUT", 2)


def test_reopening_a_done_task_is_answered_with_the_follow_up():
    error = given(done).when(AdvanceTask(task="1", trigger="reopen")).refused("CONFLICT", 4)
    assert error.hint == ("gitledger", "task", "follow-up", "task-0001", "TITLE")
