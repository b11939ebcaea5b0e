"""Triggers: the table of the light workflow, its gates and cascades; the same words on a staged task; holds."""

import pytest

from gitledger.model import workflow
from gitledger.model.events import DependencyAdded, Fields, TaskEdited, TaskHeld, TaskRecorded
from gitledger.model.task import Actor
from gitledger.ops._base import on
from gitledger.ops.advance import AdvanceTask, HoldTask, ResumeTask, ShowTransitions
from gitledger.ops.claim import ClaimTask
from gitledger.ops.dep import AddDependency
from gitledger.ops.implement import FinishImplementation, StartImplementation
from gitledger.ops.item import CreateItem
from gitledger.ops.next_action import ShowNextAction
from gitledger.ops.plan import StartPlan
from gitledger.ops.require import WaiveRequirement
from gitledger.ops.task import CancelTask, CreateTask, EditTask
from gitledger.ops.validate import FinishValidation, StartValidation
from tests.ops.harness import ADA, BOT, OTHER, Scene, given
from tests.ops.stories import approved, tell

LIGHT = ("queue", "work", "review", "blocked", "done", "cancelled", "archived")
# Row for row the table of the orchestrator's reference: what is not here is refused.
TABLE = {
    "queue": {"start": "work", "complete": "done", "block": "blocked", "hold": "blocked", "cancel": "cancelled"},
    "work": {"start": "review", "complete": "done", "block": "blocked", "hold": "blocked", "cancel": "cancelled"},
    "review": {"start": "done", "complete": "done", "block": "blocked", "hold": "blocked", "cancel": "cancelled"},
    "blocked": {"resume": "review", "cancel": "cancelled"},
    "done": {"reopen": "queue", "archive": "archived"},
    "cancelled": {"reopen": "queue"},
    "archived": {},
}
WAY = {
    "queue": (),
    "work": ("start",),
    "review": ("start", "start"),
    "blocked": ("start", "start", "block"),
    "done": ("complete",),
    "cancelled": ("cancel",),
    "archived": ("complete", "archive"),
}


def created(scene: Scene) -> None:
    scene.run(CreateTask(title="Job"))


def implemented(scene: Scene) -> None:
    """A finished implementation of the bot's."""
    approved(scene, todos=0)
    scene.as_(BOT).run(StartImplementation(task="1"))
    scene.run(FinishImplementation(task="1", summary="done"))


def validating(scene: Scene) -> None:
    """A validation that the bot is at."""
    implemented(scene)
    scene.run(StartValidation(task="1"))


def item(title: str = "Job", **fields):
    return CreateItem(title=title, **fields)


def to(task: str, *triggers: str):
    """Move a task by these triggers."""

    def move(scene):
        for trigger in triggers:
            scene.run(AdvanceTask(task=task, trigger=trigger))

    return move


# ---------------------------------------------------------------------------------------------- the table


@pytest.mark.parametrize("trigger", workflow.TRIGGERS)
@pytest.mark.parametrize("position", LIGHT)
def test_the_table(position, trigger):
    scene = given(item(), to("1", *WAY[position]))
    assert workflow.position(scene.task("1")) == position
    target = TABLE[position].get(trigger)
    attempt = scene.when(AdvanceTask(task="1", trigger=trigger))
    if target is None:
        error = attempt.refused("CONFLICT", 4)
        assert error.details["from"] == position
        assert error.details["allowed"] == [name for name in workflow.TRIGGERS if name in TABLE[position]]
    else:
        view = attempt.view
        assert (view.position, view.previous) == (target, position)
        assert view.label == ("cancelled" if trigger == "cancel" else None)


def test_a_trigger_that_does_not_exist_is_no_operation():
    from msgspec import ValidationError, convert

    with pytest.raises(ValidationError):
        convert({"task": "1", "trigger": "finish"}, AdvanceTask)


def test_a_task_that_does_not_exist_is_not_found():
    given().when(AdvanceTask(task="7", trigger="start")).refused("NOT_FOUND", 5)


def test_what_happens_is_told_by_events_of_their_own():
    scene = given(item())
    assert scene.when(AdvanceTask(task="1", trigger="start", reason="Now")).then("task.advanced").status == "work"
    event = scene.source.history[scene.task("1").uid][-1]
    assert (event.data.trigger, event.data.previous, event.data.status, event.data.reason) == ("start", "queue", "work", "Now")
    scene.when(AdvanceTask(task="1", trigger="block")).then("task.held")
    scene.when(AdvanceTask(task="1", trigger="resume")).then("task.resumed")
    scene.when(AdvanceTask(task="1", trigger="complete")).then("task.advanced")
    scene.when(AdvanceTask(task="1", trigger="archive")).then("task.archived")


def test_giving_up_what_is_on_hold_lifts_the_hold():
    scene = given(item(), to("1", "start", "hold"))
    scene.when(AdvanceTask(task="1", trigger="cancel")).then("task.resumed", "task.advanced")
    scene.run(AdvanceTask(task="1", trigger="reopen"))
    assert workflow.position(scene.task("1")) == "queue"


def test_a_hold_that_a_merge_left_on_a_cancelled_task_is_lifted_when_it_is_reopened():
    scene = given(item(), to("1", "cancel"))
    tell(scene, lambda world: (yield on(world.task("1"), TaskHeld(reason="late", previous="queue"))))
    view = scene.when(AdvanceTask(task="1", trigger="reopen")).then("task.resumed", "task.advanced")
    assert view.position == "queue"


def test_task_cancel_gives_a_light_task_up_in_the_same_way():
    scene = given(item())
    scene.when(CancelTask(task="1", reason="No")).then("task.advanced")
    assert (scene.task("1").status, scene.task("1").label) == ("cancelled", "cancelled")


# ---------------------------------------------------------------------------------------------- dependencies


def test_a_task_leaves_the_queue_only_when_what_it_waits_for_is_far_enough():
    scene = given(item("First"), item("Second"), AddDependency(task="2", others=["1"]))
    for trigger in ("start", "complete"):
        error = scene.when(AdvanceTask(task="2", trigger=trigger)).refused("DEPENDENCY_UNSATISFIED", 3)
        assert error.blocking_refs == ("task-0001",)
        assert error.details["blockers"][0]["title"] == "First"
    scene.run(AdvanceTask(task="1", trigger="complete"))
    assert scene.run(AdvanceTask(task="2", trigger="start")).status == "work"


def test_an_edge_that_comes_later_does_not_stop_a_task_that_is_worked_on():
    scene = given(item(), item(), to("2", "start"), AddDependency(task="2", others=["1"]))
    assert scene.run(AdvanceTask(task="2", trigger="complete")).status == "done"


@pytest.mark.parametrize(("unblock_at", "way"), [("work", ("start",)), ("review", ("start", "start")), ("done", ("complete",))])
def test_a_dependency_can_be_satisfied_before_the_end(unblock_at, way):
    scene = given(item(), item(), AddDependency(task="2", others=["1"], unblock_at=unblock_at), to("1", *way[:-1]))
    scene.when(AdvanceTask(task="2", trigger="start")).refused("DEPENDENCY_UNSATISFIED")
    view = scene.run(AdvanceTask(task="1", trigger=way[-1]))
    assert [task.id for task in view.unblocked] == ["task-0002"]
    scene.when(AdvanceTask(task="2", trigger="start")).then("task.advanced")


def test_a_blocker_on_hold_blocks_again():
    scene = given(item(), item(), AddDependency(task="2", others=["1"], unblock_at="work"), to("1", "start", "block"))
    scene.when(AdvanceTask(task="2", trigger="start")).refused("DEPENDENCY_UNSATISFIED")


def test_a_cancelled_blocker_satisfies_a_light_task():
    scene = given(item(), item(), AddDependency(task="2", others=["1"]))
    view = scene.run(AdvanceTask(task="1", trigger="cancel"))
    assert [task.id for task in view.unblocked] == ["task-0002"]
    scene.when(AdvanceTask(task="2", trigger="start")).then("task.advanced")


def test_a_cancelled_blocker_does_not_satisfy_a_staged_task():
    scene = given(approved, item(), AddDependency(task="1", others=["2"]), to("2", "cancel"))
    error = scene.when(AdvanceTask(task="1", trigger="start")).refused("DEPENDENCY_UNSATISFIED", 3)
    assert error.details["code"] == "WORKFLOW_REJECTION"
    scene.run(WaiveRequirement(task="1", required="2", reason="Not needed"))
    assert scene.run(AdvanceTask(task="1", trigger="start")).status == "implementing"


def test_what_only_relates_blocks_nothing():
    scene = given(item(), item(), AddDependency(task="2", others=["1"], type="relates_to"))
    assert scene.run(AdvanceTask(task="1", trigger="complete")).unblocked == []
    scene.when(AdvanceTask(task="2", trigger="start")).then("task.advanced")


def test_only_what_waits_for_nothing_else_is_unblocked():
    scene = given(*(item() for _ in range(4)))
    for task, other in (("3", "1"), ("3", "2"), ("4", "1")):
        scene.run(AddDependency(task=task, others=[other]))
    view = scene.run(AdvanceTask(task="1", trigger="complete"))
    assert ([task.id for task in view.unblocked], view.unblocked_total) == (["task-0004"], 1)
    assert [task.id for task in scene.run(AdvanceTask(task="2", trigger="complete")).unblocked] == ["task-0003"]


def test_a_dependency_that_is_not_in_the_ledger_counts_as_unsatisfied():
    scene = given(item())
    uid = "beef0000-0000-4000-8000-000000000000"
    tell(scene, lambda world: (yield on(world.task("1"), DependencyAdded(on=uid))))
    assert scene.when(AdvanceTask(task="1", trigger="start")).refused("DEPENDENCY_UNSATISFIED").blocking_refs == (uid,)


# ---------------------------------------------------------------------------------------------- claims


def test_what_somebody_else_has_claimed_is_not_moved():
    scene = given(item()).as_(OTHER)
    scene.run(ClaimTask(task="1"))
    scene.as_(BOT)
    for trigger in ("start", "complete", "cancel"):
        scene.when(AdvanceTask(task="1", trigger=trigger)).refused("LOCK_CONFLICT", 4)
    scene.as_(OTHER).when(AdvanceTask(task="1", trigger="complete")).then("task.advanced", "claim.released")
    assert scene.task("1").claims == []


def test_anybody_can_stop_work_that_somebody_else_has_claimed():
    scene = given(item()).as_(OTHER)
    scene.run(ClaimTask(task="1"))
    view = scene.as_(ADA).when(HoldTask(task="1", reason="Wait for the lawyer")).then("task.held")
    assert view.warnings == ["agent other holds task-0001 until 2026-11-20T12:00:00.000000Z."]
    scene.as_(OTHER).when(AdvanceTask(task="1", trigger="start")).refused("CONFLICT", 4)


# ---------------------------------------------------------------------------------------------- cascades


@pytest.mark.parametrize("way", [("complete",), ("cancel",), ("complete", "archive")])
def test_reopening_a_part_reopens_its_finished_parent_and_no_more(way):
    scene = given(item("Top"), item("Middle", parent="1"), item("Part", parent="2"))
    given_up = (to("3", "complete"), to("2", *way), to("1", "complete"))
    for step in given_up:
        step(scene)
    view = scene.run(AdvanceTask(task="3", trigger="reopen"))
    assert (view.parent_reopened, view.status) == ("task-0002", "queue")
    assert workflow.position(scene.task("2")) == "work"
    assert scene.task("2").label is None
    assert scene.task("1").status == "done"


def test_nothing_else_cascades():
    scene = given(item("Top"), item("Part", parent="1"), to("2", "start"))
    assert scene.task("1").status == "queue"
    to("2", "complete")(scene)
    assert scene.task("1").status == "queue"
    scene.run(item("Another part", parent="1"))
    to("1", "complete")(scene)
    assert scene.task("3").status == "queue"
    assert scene.run(AdvanceTask(task="2", trigger="reopen")).parent_reopened == "task-0001"
    assert scene.run(AdvanceTask(task="3", trigger="cancel")).parent_reopened is None


# ---------------------------------------------------------------------------------------------- schedules


def test_a_scheduled_task_comes_back_for_its_next_run():
    scene = given(item(schedule="0 9 * * mon"), item(), AddDependency(task="2", others=["1"]))
    view = scene.when(AdvanceTask(task="1", trigger="complete")).then("task.advanced", "task.advanced", "task.edited")
    assert (view.status, view.next_run_at) == ("queue", "2026-11-23T09:00:00.000000Z")
    assert view.unblocked == []
    steps = [event.data.trigger for event in scene.source.history[scene.task("1").uid] if event.type == "task.advanced"]
    assert steps == ["complete", "requeue"]
    assert scene.later(3 * 86400).run(AdvanceTask(task="1", trigger="complete")).next_run_at == "2026-11-30T09:00:00.000000Z"


def test_a_schedule_that_cannot_be_read_leaves_the_task_done():
    scene = given(item())
    tell(scene, lambda world: (yield on(world.task("1"), TaskEdited(fields=Fields(schedule="whenever")))))
    view = scene.run(AdvanceTask(task="1", trigger="complete"))
    assert (view.status, view.warnings) == ("done", ["The schedule of task-0001 names no next run: whenever"])


# ---------------------------------------------------------------------------------------------- staged tasks


def test_start_is_the_start_of_the_stage_that_is_due():
    scene = given(created).as_(BOT)
    scene.when(AdvanceTask(task="1", trigger="start")).then("run.started", "claim.taken")
    assert scene.task("1").status == "planning"
    scene.when(AdvanceTask(task="1", trigger="start")).then()


@pytest.mark.parametrize(
    ("story", "status", "types"),
    [
        (approved, "implementing", ("run.started", "claim.taken")),
        (implemented, "validating", ("run.started", "claim.taken")),
    ],
)
def test_start_goes_on_from_there(story, status, types):
    scene = given(story).as_(BOT)
    assert scene.when(AdvanceTask(task="1", trigger="start")).then(*types).status == status


def test_start_takes_an_implementation_up_again():
    scene = given(approved).as_(BOT)
    scene.run(StartImplementation(task="1"))
    scene.later(3 * 3600)
    view = scene.when(AdvanceTask(task="1", trigger="start", reason="Back")).then("run.resumed", "claim.taken")
    assert view.status == "implementing"


def test_start_begins_again_after_a_failed_validation():
    scene = given(validating).as_(BOT)
    scene.run(FinishValidation(task="1", result="failed", summary="No"))
    view = scene.run(AdvanceTask(task="1", trigger="start"))
    assert (view.previous, view.status) == ("failed_validation", "implementing")


def test_complete_is_the_finish_of_the_stage_with_its_gates():
    scene = given(approved).as_(BOT)
    scene.run(StartImplementation(task="1"))
    error = scene.when(AdvanceTask(task="1", trigger="complete")).refused("GATE_BLOCKED", 7)
    assert error.details["code"] == "IMPLEMENTATION_TODOS_INCOMPLETE"
    assert error.hint[1:3] == ("todo", "done")


def test_what_no_stage_can_finish_is_no_complete():
    error = given(created).when(AdvanceTask(task="1", trigger="complete")).refused("CONFLICT", 4)
    assert error.details["allowed"] == ["start", "block", "hold", "cancel"]


def test_cancel_hold_and_archive_are_as_named():
    scene = given(created)
    assert scene.run(AdvanceTask(task="1", trigger="hold")).position == "blocked"
    scene.when(AdvanceTask(task="1", trigger="cancel")).then("task.resumed", "task.cancelled")
    assert scene.run(AdvanceTask(task="1", trigger="archive")).position == "archived"


@pytest.mark.parametrize(("story", "status"), [(created, "draft"), (approved, "approved"), (implemented, "implemented")])
def test_reopen_takes_a_cancelled_task_up_where_it_can_rest(story, status):
    scene = given(story).as_(ADA)
    scene.run(CancelTask(task="1"))
    scene.as_(BOT).when(AdvanceTask(task="1", trigger="reopen")).refused("GATE_BLOCKED", 3)
    assert scene.as_(ADA).when(AdvanceTask(task="1", trigger="reopen")).then("task.uncancelled").status == status


def test_a_done_staged_task_is_not_reopened():
    scene = given(created)
    tell(scene, lambda world: (yield on(world.task("1"), TaskRecorded(summary="done"))))
    scene.when(AdvanceTask(task="1", trigger="reopen")).refused("CONFLICT", 4)


# ---------------------------------------------------------------------------------------------- holds


def test_hold_and_resume_on_any_task():
    scene = given(approved)
    view = scene.when(HoldTask(task="1", reason="Wait")).then("task.held")
    assert (view.status, view.position, view.role) == ("approved", "blocked", "blocked")
    scene.when(HoldTask(task="1", reason="Wait")).then()
    scene.when(HoldTask(task="1", reason="Another")).refused("CONFLICT", 4)
    assert scene.when(ResumeTask(task="1")).then("task.resumed").position == "approved"
    scene.when(ResumeTask(task="1")).refused("CONFLICT", 4)


def test_a_hold_needs_a_reason():
    given(item()).when(HoldTask(task="1", reason=" ")).refused("INVALID_INPUT", 2)


def test_what_was_finished_cannot_be_held():
    given(item(), to("1", "complete")).when(HoldTask(task="1", reason="x")).refused("CONFLICT", 4)


@pytest.mark.parametrize(
    ("story", "op"),
    [
        (created, StartPlan(task="1")),
        (approved, StartImplementation(task="1")),
        (validating, FinishValidation(task="1", result="failed", summary="No")),
    ],
)
def test_a_held_task_refuses_to_be_started_or_finished(story, op):
    scene = given(story).as_(BOT)
    scene.run(HoldTask(task="1", reason="Wait"))
    error = scene.when(op).refused("WORKFLOW_REJECTION", 3)
    assert (error.message, error.hint) == ("task-0001 is on hold: Wait.", ("gitledger", "resume", "--task", "task-0001"))


def test_a_held_implementation_is_not_finished():
    scene = given(lambda scene: approved(scene, todos=0)).as_(BOT)
    scene.run(StartImplementation(task="1"))
    scene.run(HoldTask(task="1", reason="Wait"))
    scene.when(FinishImplementation(task="1", summary="x")).refused("WORKFLOW_REJECTION", 3)
    scene.run(ResumeTask(task="1"))
    scene.when(FinishImplementation(task="1", summary="x")).then("run.finished", "claim.released")


def test_the_next_step_of_a_held_task_is_to_lift_the_hold():
    scene = given(item())
    scene.run(HoldTask(task="1", reason="Wait"))
    view = scene.run(ShowNextAction(task="1"))
    assert view.action == "hold"
    assert "gitledger resume --task 1" in [command.command for command in view.commands]


# ---------------------------------------------------------------------------------------------- what could be


def test_the_next_step_of_a_light_task():
    scene = given(item(), item(), AddDependency(task="2", others=["1"]))
    view = scene.run(ShowNextAction(task="1"))
    assert (view.action, view.next_command) == ("advance-start", "gitledger advance task-0001 start")
    view = scene.run(ShowNextAction(task="2"))
    assert view.blocking[0]["kind"] == "dependency"
    to("1", "start")(scene)
    assert scene.run(ShowNextAction(task="1")).next_command == "gitledger advance task-0001 complete"


def test_transitions_say_what_each_trigger_would_do():
    scene = given(item(), item(), AddDependency(task="2", others=["1"]))
    found = {one.trigger: one for one in scene.run(ShowTransitions(task="2")).transitions}
    assert (found["start"].can_advance, found["start"].code, found["start"].next) == (False, "DEPENDENCY_UNSATISFIED", "work")
    assert found["cancel"].can_advance and found["block"].next == "blocked"
    assert (found["reopen"].can_advance, found["reopen"].code, found["reopen"].next) == (False, "CONFLICT", None)
    (one,) = scene.run(ShowTransitions(task="1", trigger="start")).transitions
    assert one.can_advance


@pytest.mark.parametrize("story", [created, approved, implemented, validating], ids=lambda story: story.__name__)
@pytest.mark.parametrize("actor", [BOT, OTHER, ADA], ids=lambda actor: actor.name)
def test_transitions_say_what_a_run_says(story, actor: Actor):
    for trigger in workflow.TRIGGERS:
        scene = given(story).as_(actor)
        told = scene.run(ShowTransitions(task="1", trigger=trigger)).transitions[0]
        attempt = scene.when(AdvanceTask(task="1", trigger=trigger))
        assert told.can_advance == (attempt.error is None), (trigger, told)
        if attempt.error is not None:
            assert (told.code, told.reason) == (attempt.error.code, attempt.error.message)


def test_an_ordinary_edit_of_a_light_task_is_always_allowed():
    scene = given(item(), to("1", "complete"))
    scene.when(EditTask(task="1", title="Another")).then("task.edited")
