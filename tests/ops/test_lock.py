"""Claims: shown while they hold and after, and broken for holders who do not come back."""

from gitledger.model.events import ClaimTaken
from gitledger.ops._base import on
from gitledger.ops.implement import ResumeImplementation, StartImplementation
from gitledger.ops.lock import BreakLock, ListLocks, ShowLock
from gitledger.ops.task import CreateTask
from tests.ops.harness import ADA, BOT, NOW, OTHER, given
from tests.ops.stories import approved, tell


def implementing(scene) -> None:
    """The bot is at work on task 1."""
    approved(scene)
    scene.as_(BOT).run(StartImplementation(task="1"))


def test_an_unclaimed_task_has_no_lock():
    view = given(CreateTask(title="Job")).run(ShowLock(task="1"))
    assert (view.task_id, view.lock, view.locks) == ("task-0001", None, [])
    assert (view.status.active, view.status.expired, view.status.holder, view.status.run_id) == (False, False, None, None)


def test_a_claim_shows_its_holder_stage_run_and_end():
    view = given(implementing).run(ShowLock(task="1"))
    assert (view.status.active, view.status.expired) == (True, False)
    assert view.status.holder.actor_name == "bot"
    assert (view.status.stage, view.status.run_id, view.status.created_at) == ("implementing", "run-0002", NOW)
    assert view.status.expires_at == view.lock.expires_at == "2026-11-20T12:00:00.000000Z"
    assert view.lock.run_type == "implementation"


def test_a_claim_that_ran_out_is_still_shown_as_such():
    scene = given(implementing).later(7200)
    view = scene.run(ShowLock(task="1"))
    assert (view.status.active, view.status.expired, view.lock.expired) == (False, True, True)
    listed = scene.run(ListLocks())
    assert [(lock.task_id, lock.expired) for lock in listed.locks] == [("task-0001", True)]


def test_the_list_has_every_open_claim_of_the_ledger():
    scene = given(implementing, approved).as_(OTHER)
    assert scene.run(ListLocks()).total == 1
    scene.run(StartImplementation(task="2"))
    view = scene.run(ListLocks())
    assert [(lock.task_id, lock.holder.actor_name) for lock in view.locks] == [("task-0001", "bot"), ("task-0002", "other")]
    assert (view.total, view.truncated) == (2, False)


def test_no_claims_make_an_empty_list():
    assert given(CreateTask(title="Job")).run(ListLocks()).locks == []


def test_breaking_ends_the_claim_of_somebody_else_and_leaves_the_run():
    scene = given(implementing).as_(OTHER)
    view = scene.when(BreakLock(task="1", reason="Gone home")).then("claim.broken")
    assert (view.ok, view.command, view.status_stage, view.active_stage) == (True, "lock break", "implementing", None)
    assert (view.lock.holder.actor_name, view.run_id, view.reason) == ("bot", "run-0002", "Gone home")
    assert view.audit_path is None
    assert view.events == [scene.world.events[0].id]
    assert "live until 2026-11-20T12:00" in scene.world.warnings[0]
    assert scene.task("1").claims == []
    assert scene.task("1").running_run("implementation") is not None
    assert scene.source.history[scene.task("1").uid][-1].data.reason == "Gone home"
    scene.when(ResumeImplementation(task="1", reason="Going on")).then("run.resumed", "claim.taken")


def test_breaking_ones_own_or_an_expired_claim_warns_of_nothing():
    scene = given(implementing)
    scene.when(BreakLock(task="1", reason="x")).then("claim.broken")
    assert scene.world.warnings == []
    scene = given(implementing).as_(OTHER).later(7200)
    view = scene.when(BreakLock(task="1", reason="x")).then("claim.broken")
    assert view.lock.expired and scene.world.warnings == []


def test_breaking_ends_all_claims_that_a_merge_left_open():
    def second(scene):
        scene.as_(OTHER)
        tell(scene, lambda world: (yield on(world.task("1"), ClaimTaken(lease_s=7200, stage="implementing"))))

    scene = given(implementing, second).as_(ADA)
    view = scene.when(BreakLock(task="1", reason="x")).then("claim.broken", "claim.broken")
    assert [lock.holder.actor_name for lock in view.locks] == ["bot", "other"]
    assert view.lock.holder.actor_name == "bot"
    assert scene.task("1").claims == []


def test_there_must_be_a_claim_to_break_and_a_reason():
    scene = given(implementing)
    scene.when(BreakLock(task="1", reason=" ")).refused("INVALID_INPUT", 2)
    scene.run(BreakLock(task="1", reason="x"))
    scene.when(BreakLock(task="1", reason="x")).refused("NOT_FOUND", 5)
