import pytest

from gitledger.ops.implement import (
    FinishImplementation,
    ImplementationChecklist,
    LogImplementation,
    RecordChange,
    RestartImplementation,
    ResumeImplementation,
    ShowImplementation,
    StartImplementation,
)
from gitledger.ops.task import CreateTask
from gitledger.ops.todo import AddTodo, DoneTodo
from gitledger.ops.validate import FinishValidation, StartValidation
from tests.ops.harness import ADA, BOT, OTHER, given
from tests.ops.stories import approved, planned


def working(scene, **story):
    """An approved task that the bot is implementing."""
    approved(scene, **story)
    scene.as_(BOT).run(StartImplementation(task="1"))


def test_starting_claims_the_task_for_its_actor():
    scene = given(approved).as_(BOT)
    view = scene.when(StartImplementation(task="1")).then("run.started", "claim.taken")
    assert (view.status, view.active_stage, view.run_id, view.lock.stage) == (
        "implementing", "implementation", "run-0002", "implementing"
    )
    assert view.lock.holder.actor_name == "bot" and view.lock.expires_at == "2026-11-20T12:00:00.000000Z"
    run = scene.task("1").runs[-1]
    assert (run.branch, run.head, run.plan) == ("main", "1" * 40, scene.task("1").accepted_plan)


@pytest.mark.parametrize("story", [lambda s: s.run(CreateTask(title="t")), planned])
def test_without_an_accepted_plan_there_is_no_implementation(story):
    error = given(story).when(StartImplementation(task="1")).refused("WORKFLOW_REJECTION", 3)
    assert error.task_id == "task-0001"


def test_two_cannot_start_the_same_task():
    scene = given(working)
    scene.as_(OTHER).when(StartImplementation(task="1")).refused("LOCK_CONFLICT", 4)
    scene.as_(BOT).when(StartImplementation(task="1")).refused("WORKFLOW_REJECTION", 3)


def test_dependencies_that_are_not_done_are_in_the_way():
    from gitledger.model.events import DependencyAdded, DependencyWaived
    from gitledger.ops._base import on
    from tests.ops.stories import tell

    scene = given(CreateTask(title="first"), approved)
    uid = scene.task("1").uid
    tell(scene, lambda world: (yield on(world.task("2"), DependencyAdded(on=uid))))
    error = scene.when(StartImplementation(task="2")).refused("WORKFLOW_REJECTION", 3)
    assert error.details["blockers"][0]["kind"] == "dependency" and error.blocking_refs == ("task-0001",)
    tell(scene, lambda world: (yield on(world.task("2"), DependencyWaived(on=uid, reason="fine"))))
    scene.when(StartImplementation(task="2")).then("run.started", "claim.taken")


def test_changes_and_log_belong_to_the_run():
    scene = given(working)
    change = scene.when(RecordChange(task="1", path="a.py", summary="Add a")).then("change.recorded")
    assert (change.change_id, change.implementation_run, change.kind, change.path) == ("change-0001", "run-0002", "edit", "a.py")
    scene.when(LogImplementation(task="1", message="hm")).then("run.logged")
    shown = scene.run(ShowImplementation(task="1"))
    assert [line.text for line in shown.run.worklog] == ["hm"] and shown.run.change_refs == ["change-0001"]
    assert scene.when(LogImplementation(task="1")).then().run_id == "run-0002"


@pytest.mark.parametrize(
    "op",
    [
        RecordChange(task="1", path="a.py"),
        LogImplementation(task="1", message="x"),
        FinishImplementation(task="1", summary="x"),
    ],
)
def test_only_the_holder_of_a_live_claim_works(op):
    given(working).as_(OTHER).when(op).refused("LOCK_CONFLICT", 4)
    expired = given(working).later(7201)
    expired.when(op).refused("STALE_LOCK_REQUIRES_BREAK", 4)
    expired.when(ResumeImplementation(task="1", reason="back")).then("run.resumed", "claim.taken")
    assert expired.task("1").running_run("implementation").ref == "run-0002"
    given(approved).when(op).refused("WORKFLOW_REJECTION", 3)


def test_every_write_of_the_holder_renews_the_lease():
    scene = given(working).later(7000)
    scene.run(RecordChange(task="1", path="a"))
    scene.later(7000).when(RecordChange(task="1", path="b")).then("change.recorded")
    scene.later(7201).when(RecordChange(task="1", path="c")).refused("STALE_LOCK_REQUIRES_BREAK", 4)


def test_another_actor_takes_over_only_an_expired_claim():
    scene = given(working).as_(OTHER)
    scene.when(ResumeImplementation(task="1", reason="mine now")).refused("LOCK_CONFLICT", 4)
    scene.later(7201).when(ResumeImplementation(task="1", reason="mine now")).then("run.resumed", "claim.taken")
    assert [claim.actor.name for claim in scene.task("1").claims] == ["other"]


def test_resuming_what_one_holds_changes_nothing():
    given(working).when(ResumeImplementation(task="1", reason="r")).then()


@pytest.mark.parametrize(("todos", "optional", "blocked"), [(1, 0, True), (0, 2, False), (0, 0, False)])
def test_mandatory_todos_block_the_finish_and_optional_ones_do_not(todos, optional, blocked):
    scene = given(lambda s: working(s, todos=todos, optional=optional))
    attempt = scene.when(FinishImplementation(task="1", summary="s"))
    if blocked:
        error = attempt.refused("IMPLEMENTATION_TODOS_INCOMPLETE", 7)
        assert error.details["open_todos"] == ["todo-0001"] and not error.details["can_finish_implementation"]
    else:
        attempt.then("run.finished", "claim.released")


def test_a_mandatory_todo_of_a_person_blocks_whenever_it_was_added():
    scene = given(lambda s: approved(s, todos=0), AddTodo(task="1", text="mine", mandatory=True)).as_(BOT)
    scene.run(StartImplementation(task="1"))
    scene.when(FinishImplementation(task="1", summary="s")).refused("IMPLEMENTATION_TODOS_INCOMPLETE", 7)
    scene.run(DoneTodo(task="1", todo="1"))
    view = scene.when(FinishImplementation(task="1", summary="s")).then("run.finished", "claim.released")
    assert (view.status, view.run_id, view.active_stage) == ("implemented", "run-0002", None)


def test_a_refused_finish_leaves_run_and_claim_alone():
    scene = given(working)
    before = scene.task("1")
    scene.when(FinishImplementation(task="1", summary="s")).refused("IMPLEMENTATION_TODOS_INCOMPLETE", 7)
    assert scene.task("1") == before


def test_the_checklist_shows_every_todo():
    scene = given(lambda s: working(s, todos=1, optional=1))
    assert [(t.id, t.mandatory) for t in scene.run(ImplementationChecklist(task="1")).todos] == [
        ("todo-0001", True), ("todo-0002", False)
    ]


def test_restart_after_a_failed_validation():
    scene = given(lambda s: working(s, todos=0))
    scene.run(FinishImplementation(task="1", summary="s"))
    scene.as_(ADA).run(StartValidation(task="1"))
    scene.when(RestartImplementation(task="1", summary="x")).refused("WORKFLOW_REJECTION", 3)
    scene.run(FinishValidation(task="1", result="failed", summary="broken"))
    scene.as_(BOT).when(RestartImplementation(task="1", summary=" ")).refused_without_hint_check("INVALID_INPUT", 2)
    view = scene.when(RestartImplementation(task="1", summary="mend")).then("run.started", "run.logged", "claim.taken")
    assert (view.run_id, view.run.resumes_run_id, view.status) == ("run-0004", "run-0002", "implementing")
