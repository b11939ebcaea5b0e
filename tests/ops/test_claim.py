"""Claims: one holder a task, in whichever ledger; taken, carried on, renewed, given up, stolen; and the next one to take."""

from collections.abc import Callable
from typing import Any

import pytest

from gitledger.errors import LedgerError
from gitledger.model.events import (
    ChangeRecorded,
    ClaimReleased,
    ClaimTaken,
    DependencyAdded,
    DependencyWaived,
    TaskHeld,
)
from gitledger.model.task import Actor
from gitledger.ops._base import on
from gitledger.ops.claim import ClaimTask, ListClaims, UnclaimTask
from gitledger.ops.implement import FinishImplementation, RecordChange, ResumeImplementation, StartImplementation
from gitledger.ops.lock import BreakLock, ListLocks, ShowLock
from gitledger.ops.next_action import CheckCan, ShowNextAction
from gitledger.ops.plan import ProposePlan, RejectPlan, StartPlan
from gitledger.ops.question import AddQuestion
from gitledger.ops.task import CancelTask, CreateTask, EditTask, ShowTask
from gitledger.ops.todo import AddTodo, DoneTodo
from gitledger.ops.validate import FinishValidation, RecordCheck, StartValidation
from tests.ops.harness import ADA, BOT, NOW, OTHER, MemorySource, Scene, given
from tests.ops.stories import approved, forked, planned, tell

UNTIL = "2026-11-20T12:00:00.000000Z"


def created(scene: Scene) -> None:
    scene.run(CreateTask(title="Job"))


def claimed(scene: Scene) -> None:
    """Task 1 is the bot's."""
    created(scene)
    scene.as_(BOT).run(ClaimTask(task="1"))


def implementing(scene: Scene) -> None:
    """The bot is at work on task 1."""
    approved(scene)
    scene.as_(BOT).run(StartImplementation(task="1"))


def implemented(scene: Scene) -> None:
    """The bot has built task 1."""
    implementing(scene)
    scene.run(DoneTodo(task="1", todo="1"))
    scene.run(FinishImplementation(task="1", summary="Built"))


def record(scene: Scene, reference: str, payload: Callable[[Any], Any], command: str = "story") -> None:
    """An event on a task, without any command's help."""

    def steps(world):
        yield on(world.task(reference), payload(world))

    tell(scene, steps, command)


def holders(scene: Scene) -> list[str]:
    return [claim.actor.name for claim in scene.task("1").claims]


# ---------------------------------------------------------------------------------------------- taking


def test_a_claim_without_a_stage_holds_the_task_for_a_lease():
    scene = given(created).as_(BOT)
    view = scene.when(ClaimTask(task="1")).then("claim.taken")
    assert (view.kind, view.task_id, view.changed, view.status, view.active_stage) == (
        "task_claim", "task-0001", True, "draft", None,
    )
    claim = view.claim
    assert (claim.stage, claim.run_id, claim.since, claim.until, claim.lease_seconds) == (None, None, NOW, UNTIL, 7200)
    assert (claim.mine, claim.expired, claim.provisional, claim.ledger, claim.holder.session_id) == (
        True, False, False, "main", "s1",
    )
    assert view.next_command == "gitledger next-action --task task-0001"


@pytest.mark.parametrize(("ttl", "seconds"), [("30m", 1800), ("90", 90), (90, 90), ("2h", 7200), ("1d", 86400)])
def test_a_claim_lasts_as_long_as_was_said(ttl, seconds):
    assert given(created).run(ClaimTask(task="1", ttl=ttl)).claim.lease_seconds == seconds


@pytest.mark.parametrize(
    "op",
    [
        ClaimTask(task="1", ttl="soon"),
        ClaimTask(task="1", ttl="0"),
        ClaimTask(task="1", ttl=-5),
        ClaimTask(task="1", next=True),
        ClaimTask(next=True, force=True, reason="Because"),
        ClaimTask(task="1", force=True),
        ClaimTask(task="1", force=True, reason="  "),
        ClaimTask(task="1", remote=True),
    ],
)
def test_what_makes_no_sense_is_refused(op):
    given(created).when(op).refused("INVALID_INPUT", 2)


def test_it_takes_the_active_task_where_none_is_named():
    scene = given(created)
    scene.when(ClaimTask()).refused("NO_ACTIVE_TASK", 5)
    scene.active = scene.task("1").uid
    assert scene.run(ClaimTask()).task_id == "task-0001"


def test_a_claim_of_somebody_else_is_in_the_way_with_who_since_and_until():
    error = given(claimed).as_(OTHER).later(60).when(ClaimTask(task="1")).refused("LOCK_CONFLICT", 4)
    assert error.details["holder"] == {
        "actor_type": "agent", "actor_name": "bot", "role": None, "harness": None, "session_id": "s1",
    }
    assert (error.details["since"], error.details["until"], error.details["ledger"]) == (NOW, UNTIL, "main")
    assert error.hint == ("gitledger", "lock", "show", "--task", "task-0001")
    assert "--force" not in " ".join([error.message, *error.hint, *error.remediation])


def test_another_session_of_the_same_agent_is_somebody_else():
    twin = Actor(type="agent", name="bot", session="s9")
    error = given(claimed).as_(twin).when(ClaimTask(task="1")).refused("LOCK_CONFLICT", 4)
    assert "agent bot in session s1" in error.message


def test_a_claim_that_ran_out_is_in_nobodys_way_and_is_replaced():
    scene = given(claimed).as_(OTHER).later(7200)
    view = scene.when(ClaimTask(task="1")).then("claim.taken")
    assert len(view.over) == 1
    assert holders(scene) == ["other"]


def test_taking_a_live_claim_needs_force_and_a_reason_and_is_on_record():
    scene = given(claimed).as_(OTHER).later(60)
    before = scene.task("1").claims[0].id
    view = scene.when(ClaimTask(task="1", force=True, reason="Their machine is gone")).then("claim.broken", "claim.taken")
    broken, taken = scene.world.events
    assert (broken.data.claim, broken.data.reason) == (before, "Their machine is gone")
    assert (taken.data.over, view.over, holders(scene)) == ([before], [before], ["other"])
    scene.as_(BOT).when(ClaimTask(task="1")).refused("LOCK_CONFLICT", 4)


def test_force_where_nothing_is_in_the_way_just_claims():
    given(created).when(ClaimTask(task="1", force=True, reason="To be sure")).then("claim.taken")


def test_every_open_claim_is_replaced_those_that_ran_out_too():
    """After a merge a task may have several."""
    scene = given(claimed).as_(OTHER)
    record(scene, "1", lambda world: ClaimTaken(lease_s=60))
    scene.as_(BOT)
    view = scene.when(ClaimTask(task="1", ttl="1h")).then("claim.taken")
    assert len(view.over) == 2
    assert holders(scene) == ["bot"]


@pytest.mark.parametrize("end", [CancelTask(task="1"), "done"])
def test_a_finished_task_cannot_be_claimed(end):
    scene = given(implemented if end == "done" else created)
    if end == "done":
        scene.as_(BOT).run(StartValidation(task="1"))
        scene.run(RecordCheck(task="1", criterion="1"))
        scene.run(FinishValidation(task="1", result="passed", summary="Good"))
    else:
        scene.run(end)
    scene.when(ClaimTask(task="1")).refused("WORKFLOW_REJECTION", 3)


def test_claiming_a_task_that_waits_says_so():
    scene = given(created, created)
    record(scene, "1", lambda world: DependencyAdded(on=world.task("2").uid))
    view = scene.run(ClaimTask(task="1"))
    assert view.warnings == ["task-0001 needs task-0002 to be done; it is draft."]
    record(scene, "2", lambda world: TaskHeld(reason="No budget", previous="draft"))
    assert scene.run(ClaimTask(task="2")).warnings == ["task-0002 is on hold: No budget"]


STAGE_FITS = [
    (created, "planning", True),
    (created, "implementing", False),
    (created, "validating", False),
    (approved, "planning", False),
    (approved, "implementing", True),
    (implementing, "validating", False),
    (implemented, "implementing", False),
    (implemented, "validating", True),
]


@pytest.mark.parametrize(("story", "stage", "fits"), STAGE_FITS)
def test_a_stage_is_claimed_in_its_time(story, stage, fits):
    attempt = given(story).as_(BOT).when(ClaimTask(task="1", stage=stage))
    if fits:
        assert attempt.then("claim.taken").claim.stage == stage
    else:
        attempt.refused("WORKFLOW_REJECTION", 3)


# ---------------------------------------------------------------------------------------------- once more


def test_claiming_again_changes_nothing_while_the_lease_is_fresh():
    scene = given(claimed)
    view = scene.when(ClaimTask(task="1")).then()
    assert (view.changed, view.claim.mine, view.over) == (False, True, [])
    scene.later(3600).when(ClaimTask(task="1", ttl=7200)).then()


def test_claiming_again_renews_what_is_half_gone():
    scene = given(claimed).later(3601)
    assert scene.when(ClaimTask(task="1")).then("claim.taken").claim.until == "2026-11-20T13:00:01.000000Z"
    assert len(scene.task("1").claims) == 1


@pytest.mark.parametrize(("ttl", "until"), [("4h", "2026-11-20T14:00:00"), ("10m", "2026-11-20T10:10:00")])
def test_another_lease_is_an_event(ttl, until):
    view = given(claimed).when(ClaimTask(task="1", ttl=ttl)).then("claim.taken")
    assert view.claim.until == f"{until}.000000Z"


def test_claiming_again_keeps_the_stage_and_the_run():
    scene = given(implementing)
    view = scene.when(ClaimTask(task="1", ttl="4h")).then("claim.taken")
    assert (view.claim.stage, view.claim.run_id, view.active_stage) == ("implementing", "run-0002", "implementation")
    scene.run(RecordChange(task="1", path="a.py"))


def test_any_write_of_the_holder_renews():
    scene = given(claimed).later(3600)
    scene.run(AddTodo(task="1", text="Begin"))
    assert scene.run(ShowLock(task="1")).status.expires_at == "2026-11-20T13:00:00.000000Z"
    scene.as_(OTHER).run(AddTodo(task="1", text="Another"))
    assert scene.run(ShowLock(task="1")).status.expires_at == "2026-11-20T13:00:00.000000Z"


# ---------------------------------------------------------------------------------------------- carried on by a stage

CARRIED = [
    (created, None, StartPlan(task="1"), "planning"),
    (created, "planning", StartPlan(task="1"), "planning"),
    (approved, None, StartImplementation(task="1"), "implementing"),
    (approved, "implementing", StartImplementation(task="1"), "implementing"),
    (implemented, None, StartValidation(task="1"), "validating"),
    (implemented, "validating", StartValidation(task="1"), "validating"),
]


@pytest.mark.parametrize(("story", "stage", "start", "expected"), CARRIED)
def test_a_stage_carries_the_claim_on(story, stage, start, expected):
    scene = given(story).as_(BOT)
    before = scene.run(ClaimTask(task="1", stage=stage)).claim.claim_id
    assert scene.run(CheckCan(action=start.command.split()[0], task="1")).ok
    scene.when(start).then("run.started", "claim.taken")
    (claim,) = scene.task("1").claims
    assert (claim.stage, claim.actor.name, scene.world.events[-1].data.over) == (expected, "bot", [before])
    assert scene.task("1").run(claim.run) is not None


@pytest.mark.parametrize("start", [row[2] for row in CARRIED[::2]], ids=lambda op: op.command)
def test_a_stage_does_not_start_against_somebody_elses_claim(start):
    story = {"plan start": created, "implement start": approved, "validate start": implemented}[start.command]
    scene = given(story).as_(OTHER)
    scene.run(ClaimTask(task="1"))
    scene.as_(BOT).when(start).refused("LOCK_CONFLICT", 4)
    assert not scene.run(CheckCan(action=start.command.split()[0], task="1")).ok
    assert "is claimed by agent other" in scene.run(ShowNextAction(task="1")).reason


def test_a_claim_alone_lets_nobody_write_to_a_run():
    """Whoever claims a task whose implementation was left has to resume it first."""
    scene = given(implementing).as_(OTHER).later(7200)
    scene.run(ClaimTask(task="1", stage="implementing"))
    scene.when(RecordChange(task="1", path="a.py")).refused("LOCK_CONFLICT", 4)
    assert scene.run(ShowNextAction(task="1")).action == "implement-resume"
    scene.when(ResumeImplementation(task="1", reason="Mine now")).then("run.resumed", "claim.taken")
    scene.when(RecordChange(task="1", path="a.py")).then("change.recorded")


def test_validation_that_was_left_is_taken_up_with_a_claim():
    scene = given(implemented)
    scene.run(StartValidation(task="1"))
    scene.as_(OTHER).later(7200).run(ClaimTask(task="1", stage="validating"))
    scene.when(RecordCheck(task="1", criterion="1")).refused("LOCK_CONFLICT", 4)
    scene.when(StartValidation(task="1")).then("run.resumed", "claim.taken")
    scene.when(RecordCheck(task="1", criterion="1")).then("check.recorded")


@pytest.mark.parametrize("op", [ShowNextAction(task="1"), ShowTask(task="1"), ShowLock(task="1"), ListLocks()])
def test_what_shows_claims_shows_one_without_a_stage(op):
    scene = given(claimed)
    view = scene.run(op)
    if isinstance(op, ShowNextAction):
        assert (view.action, view.active_stage, view.blocking) == ("plan", None, [])
    elif isinstance(op, ListLocks):
        assert [(lock.stage, lock.run_type) for lock in view.locks] == [(None, None)]
    else:
        assert (view.lock.stage, view.lock.holder.actor_name, view.lock.expired) == (None, "bot", False)


def test_others_may_not_edit_or_cancel_what_is_claimed():
    scene = given(claimed).as_(OTHER)
    scene.when(EditTask(task="1", title="Mine")).refused("LOCK_CONFLICT", 4)
    scene.when(CancelTask(task="1")).refused("LOCK_CONFLICT", 4)
    scene.as_(BOT).when(CancelTask(task="1")).then("claim.released", "task.cancelled")


def test_finishing_a_stage_leaves_no_claim():
    assert given(implemented).task("1").claims == []


# ---------------------------------------------------------------------------------------------- giving up


def test_giving_up_ends_ones_own_claim():
    scene = given(claimed)
    view = scene.when(UnclaimTask(task="1", reason="Too hard")).then("claim.released")
    assert (view.changed, len(view.released), view.reason) == (True, 1, "Too hard")
    assert scene.world.events[0].data.reason == "Too hard"
    scene.as_(OTHER).when(ClaimTask(task="1")).then("claim.taken")


def test_giving_up_what_one_does_not_hold_changes_nothing():
    assert given(created).when(UnclaimTask(task="1")).then().changed is False


def test_giving_up_for_somebody_else_is_refused_while_they_hold_it():
    scene = given(claimed).as_(OTHER)
    scene.when(UnclaimTask(task="1")).refused("LOCK_CONFLICT", 4)
    scene.later(7200).when(UnclaimTask(task="1")).then()


def test_an_expired_claim_of_ones_own_can_be_given_up():
    given(claimed).later(7200).when(UnclaimTask(task="1")).then("claim.released")


def test_giving_up_leaves_the_run_for_who_takes_it_up():
    scene = given(implementing)
    scene.run(UnclaimTask(task="1"))
    assert scene.run(ShowNextAction(task="1")).action == "implement-resume"
    scene.when(RecordChange(task="1", path="a.py")).refused("LOCK_CONFLICT", 4)


def test_breaking_works_on_a_claim_without_a_stage():
    scene = given(claimed).as_(ADA)
    view = scene.when(BreakLock(task="1", reason="Gone")).then("claim.broken")
    assert (view.lock.stage, view.run_id) == (None, None)


# ---------------------------------------------------------------------------------------------- the list


def test_the_list_says_who_has_what_and_what_ran_out():
    scene = given(claimed, created).later(3600).as_(OTHER)
    scene.run(ClaimTask(task="2", reason="Mine"))
    scene.later(3700)
    view = scene.run(ListClaims())
    assert [(claim.task_id, claim.mine, claim.expired) for claim in view.claims] == [
        ("task-0001", False, True), ("task-0002", True, False),
    ]
    assert (view.kind, view.total, view.truncated, view.ledger) == ("claim_list", 2, False, "main")
    assert [claim.task_id for claim in scene.run(ListClaims(mine=True)).claims] == ["task-0002"]
    assert [claim.task_id for claim in scene.run(ListClaims(expired=True)).claims] == ["task-0001"]
    assert scene.run(ListClaims(mine=True, expired=True)).claims == []


def test_a_claim_that_the_remote_has_not_seen_is_provisional():
    scene = given(created).as_(BOT)
    asked = []
    scene.published = lambda *key: asked.append(key) or False
    view = scene.run(ClaimTask(task="1"))
    assert view.claim.provisional
    assert asked == [("main", scene.task("1").uid, view.claim.claim_id)]
    assert [claim.provisional for claim in scene.run(ListClaims()).claims] == [True]


# ---------------------------------------------------------------------------------------------- other ledgers


@pytest.mark.parametrize(
    ("story", "op"),
    [
        (created, ClaimTask(task="1")),
        (created, StartPlan(task="1")),
        (approved, StartImplementation(task="1")),
        (implemented, StartValidation(task="1")),
    ],
    ids=lambda value: getattr(value, "command", getattr(value, "__name__", "")),
)
def test_a_claim_in_another_ledger_is_in_the_way(story, op):
    scene = given(story)
    forked(scene).as_(OTHER).run(ClaimTask(task="1"))
    error = scene.as_(BOT).when(op).refused("LOCK_CONFLICT", 4)
    assert "in ledger feature by agent other" in error.message
    assert error.hint == ("gitledger", "--ledger", "feature", "lock", "show", "--task", "task-0001")
    assert (error.details["ledger"], error.details["holder"]["actor_name"]) == ("feature", "other")


def test_a_claim_of_ones_own_in_another_ledger_is_not():
    scene = given(created)
    forked(scene).as_(BOT).run(ClaimTask(task="1"))
    scene.as_(BOT).when(ClaimTask(task="1")).then("claim.taken")


def test_only_what_takes_a_claim_looks_into_other_ledgers():
    scene = given(created)
    forked(scene).as_(OTHER).run(ClaimTask(task="1"))

    class Trap(MemorySource):
        def row(self, uid: str) -> Any:
            raise AssertionError("looked into another ledger")

    scene.others = {"feature": Trap()}
    scene.as_(BOT).run(EditTask(task="1", priority="high"))
    scene.run(AddTodo(task="1", text="Begin"))
    with pytest.raises(AssertionError, match="another ledger"):
        scene.run(ClaimTask(task="1"))


def test_force_says_that_the_other_ledgers_claim_stays():
    scene = given(created)
    forked(scene).as_(OTHER).run(ClaimTask(task="1"))
    view = scene.as_(BOT).when(ClaimTask(task="1", force=True, reason="Ours")).then("claim.taken")
    assert view.warnings == [f"In ledger feature agent other holds it until {UNTIL}; that claim stays."]


def test_the_copy_that_a_fork_took_along_of_a_claim_that_ended_is_nobodys():
    scene = given(claimed)
    fork = forked(scene)
    scene.later(60).run(UnclaimTask(task="1"))
    scene.as_(OTHER).when(ClaimTask(task="1")).then("claim.taken")
    assert fork.task("1").claims[0].actor.name == "bot"


def test_a_copy_whose_holder_went_on_in_the_fork_still_counts():
    scene = given(claimed)
    fork = forked(scene)
    scene.later(60).run(UnclaimTask(task="1"))
    fork.as_(BOT).later(120).run(AddTodo(task="1", text="Going on"))
    scene.as_(OTHER).later(120).when(ClaimTask(task="1")).refused("LOCK_CONFLICT", 4)


def test_the_list_goes_over_all_ledgers_if_asked():
    scene = given(created)
    forked(scene).as_(OTHER).run(ClaimTask(task="1"))
    assert scene.run(ListClaims()).claims == []
    (claim,) = scene.run(ListClaims(all_ledgers=True)).claims
    assert (claim.ledger, claim.task_id, claim.holder.actor_name) == ("feature", "task-0001", "other")


# ---------------------------------------------------------------------------------------------- the next one


def test_the_next_one_is_the_most_urgent_then_the_oldest():
    scene = given(*(CreateTask(title=f"Job {n}") for n in range(4)), CreateTask(title="Low", priority="low"))
    scene.run(EditTask(task="3", priority="critical"))
    scene.run(EditTask(task="4", priority="high"))
    scene.as_(BOT)
    taken = [scene.when(ClaimTask(next=True)).then("claim.taken").task_id for _ in range(5)]
    assert taken == ["task-0003", "task-0004", "task-0001", "task-0002", "task-0005"]
    error = scene.when(ClaimTask(next=True)).refused("NOT_FOUND", 5)
    assert error.details["in_the_way"] == {"mine": 5}
    assert error.hint == ("gitledger", "claims", "--mine")


def held(scene: Scene) -> None:
    record(scene, "1", lambda world: TaskHeld(reason="No budget", previous="draft"))


def waiting(scene: Scene) -> None:
    created(scene)
    record(scene, "1", lambda world: DependencyAdded(on=world.task("2").uid))
    scene.as_(ADA).run(ClaimTask(task="2"))


def proposed(scene: Scene) -> None:
    scene.run(StartPlan(task="1"))
    scene.run(ProposePlan(task="1", text="# Plan\n\nDo it.", criterion=["It works"]))


def asked(scene: Scene) -> None:
    scene.run(StartPlan(task="1"))
    scene.run(AddQuestion(task="1", text="Which one?", required_for_plan=True))
    scene.run(UnclaimTask(task="1"))


def taken_here(scene: Scene) -> None:
    scene.as_(ADA).run(ClaimTask(task="1"))


def taken_elsewhere(scene: Scene) -> None:
    forked(scene).as_(ADA).run(ClaimTask(task="1"))


def cancelled(scene: Scene) -> None:
    scene.run(CancelTask(task="1"))


IN_THE_WAY = [
    (held, {"on_hold": 1}, "1 on hold"),
    (waiting, {"claimed": 1, "dependencies": 1}, "1 claimed by others, 1 waiting for other tasks"),
    (proposed, {"waiting_for_user": 1}, "1 waiting for a person's word"),
    (asked, {"waiting_for_user": 1}, "1 waiting for a person's word"),
    (taken_here, {"claimed": 1}, "1 claimed by others"),
    (taken_elsewhere, {"claimed": 1}, "1 claimed by others"),
    (cancelled, {"finished": 1}, "1 finished"),
]


@pytest.mark.parametrize(("story", "counts", "words"), IN_THE_WAY, ids=[row[0].__name__ for row in IN_THE_WAY])
def test_where_nothing_can_be_claimed_it_says_what_is_in_the_way(story, counts, words):
    scene = given(created, story).as_(BOT)
    error = scene.when(ClaimTask(next=True)).refused("NOT_FOUND", 5)
    assert error.details["in_the_way"] == counts
    assert error.message == f"There is no task to claim in ledger main: {words}."


def test_an_empty_ledger_has_nothing_to_claim():
    error = given().as_(BOT).when(ClaimTask(next=True)).refused("NOT_FOUND", 5)
    assert error.message == "There is no task to claim in ledger main."


def rejected(scene: Scene) -> None:
    proposed(scene)
    scene.run(RejectPlan(task="1", reason="Too vague"))


def abandoned(scene: Scene) -> None:
    scene.run(StartPlan(task="1"))
    scene.later(7200)


def waived(scene: Scene) -> None:
    waiting(scene)
    record(scene, "1", lambda world: DependencyWaived(on=world.task("2").uid, reason="Never mind"))


@pytest.mark.parametrize("story", [rejected, abandoned, waived], ids=lambda story: story.__name__)
def test_what_an_agent_can_take_up_is_found(story):
    assert given(created, story).as_(BOT).run(ClaimTask(next=True)).task_id == "task-0001"


@pytest.mark.parametrize("story", [approved, implemented], ids=lambda story: story.__name__)
def test_every_stage_is_found(story):
    assert given(story).as_(OTHER).run(ClaimTask(next=True)).task_id == "task-0001"


@pytest.mark.parametrize("story", [proposed, asked], ids=lambda story: story.__name__)
def test_a_person_finds_what_waits_for_a_person(story):
    scene = given(created, story)
    assert scene.as_(Actor(type="user", name="eve", host="h", worktree="w2")).run(ClaimTask(next=True)).task_id == "task-0001"


def test_a_stage_leaves_only_the_tasks_in_it():
    scene = given(created, approved).as_(BOT)
    assert scene.run(ClaimTask(next=True, stage="implementing")).task_id == "task-0002"
    error = scene.when(ClaimTask(next=True, stage="validating")).refused("NOT_FOUND", 5)
    assert error.details == {"in_the_way": {"mine": 1, "other_stage": 1}, "stage": "validating"}


# ---------------------------------------------------------------------------------------------- a claim that a sync ended


def lost(scene: Scene, whose: Actor = ADA) -> None:
    """The bot's claim of task 1 was ended by somebody's sync, for the remote had seen the other's first."""
    claimed(scene)
    mine = scene.task("1").claims[0].id
    scene.as_(OTHER)
    record(scene, "1", lambda world: ClaimTaken(lease_s=7200))
    scene.as_(whose).later(30)
    record(scene, "1", lambda world: ClaimReleased(claim=mine, reason="agent other was first"), command="sync")
    scene.as_(BOT).later(30)


@pytest.mark.parametrize("whose", [ADA, BOT], ids=["another's sync", "their own sync"])
def test_the_loser_is_told_at_the_next_command(whose):
    scene = given(lambda scene: lost(scene, whose))
    scene.run(ShowNextAction(task="1"))
    (warning,) = scene.world.warnings
    assert warning.startswith("task-0001: A sync ended your claim at 2026-11-20T10:00:30")
    assert "agent other was first" in warning
    error = scene.when(StartPlan(task="1")).refused("LOCK_CONFLICT", 4)
    assert "agent other was first" in error.message


def test_the_loser_is_told_with_a_write_and_then_no_more():
    scene = given(lost)
    scene.run(AddTodo(task="1", text="Begin"))
    assert len(scene.world.warnings) == 1
    scene.run(AddTodo(task="1", text="Another"))
    assert scene.world.warnings == []
    scene.run(ShowNextAction(task="1"))
    assert scene.world.warnings == []


def test_nobody_else_is_told():
    scene = given(lost).as_(ADA)
    scene.run(AddTodo(task="1", text="Begin"))
    assert scene.world.warnings == []
    scene.as_(OTHER).run(ShowNextAction(task="1"))
    assert scene.world.warnings == []


def test_a_claim_that_a_person_broke_is_no_loss_by_sync():
    scene = given(claimed).as_(OTHER)
    scene.run(ClaimTask(task="1", force=True, reason="Mine"))
    scene.as_(BOT).run(ShowNextAction(task="1"))
    assert scene.world.warnings == []


# ---------------------------------------------------------------------------------------------- ownership


OWNED = [
    (planned, ProposePlan(task="1", text="# Plan\n\nDo it.", criterion=["It works"])),
    (implementing, RecordChange(task="1", path="a.py")),
    (implementing, FinishImplementation(task="1", summary="Built")),
    (implemented, RecordCheck(task="1", criterion="1")),
    (implemented, FinishValidation(task="1", result="failed", summary="No")),
]


@pytest.mark.parametrize(("story", "op"), OWNED, ids=[row[1].command for row in OWNED])
@pytest.mark.parametrize("who", ["foreign", "expired", "mine"])
def test_a_stage_belongs_to_its_holder(story, op, who):
    scene = given(story)
    if story is implemented:
        scene.as_(BOT).run(StartValidation(task="1"))
    if story is implementing:
        scene.run(DoneTodo(task="1", todo="1"))
    if who == "expired":
        scene.later(7200)
    if who == "foreign":
        scene.as_(OTHER)
    attempt = scene.when(op)
    if who == "mine":
        assert attempt.error is None, attempt.error
    else:
        attempt.refused("LOCK_CONFLICT" if who == "foreign" else "STALE_LOCK_REQUIRES_BREAK", 4)


def test_a_change_recorded_without_the_claim_stays_out():
    """What a merge brings from a loser is kept, for the fold checks no guard again."""
    scene = given(implementing).as_(OTHER)
    record(scene, "1", lambda world: ChangeRecorded(number=1, kind="edit", path="b.py"))
    assert [change.path for change in scene.task("1").changes] == ["b.py"]
    with pytest.raises(LedgerError):
        scene.run(RecordChange(task="1", path="c.py"))
