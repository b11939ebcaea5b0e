"""Handoffs: the context that was stored, whom they are meant for, and what becomes of the claim on the task."""

from hashlib import sha256

import msgspec
import pytest

from gitledger.model import fold
from gitledger.model.events import HandoffCreated
from gitledger.model.task import Actor
from gitledger.ops._base import on
from gitledger.ops._handing_over import CreateHandoff
from gitledger.ops.claim import ClaimTask, UnclaimTask
from gitledger.ops.context import ShowContext
from gitledger.ops.handoff import (
    CancelHandoff,
    ClaimHandoff,
    CloseHandoff,
    ListHandoffs,
    ShowHandoff,
    ShowImplementationContext,
    ShowPlanContext,
    ShowValidationContext,
)
from gitledger.ops.implement import LogImplementation, ShowImplementation, StartImplementation
from gitledger.ops.task import CreateTask
from tests.ops.harness import ADA, BOT, OTHER, Scene, given
from tests.ops.stories import approved, forked, tell

CODEX = Actor(type="agent", name="codex", harness="codex", session="s9")


def working(scene: Scene) -> None:
    """bot implements task-0001."""
    approved(scene)
    scene.as_(BOT).run(StartImplementation(task="1"))


def handed(scene: Scene, policy: str = "none", **more) -> None:
    working(scene)
    scene.run(CreateHandoff(task="1", mode="implementation", lock_policy=policy, **more))


def create(**more) -> CreateHandoff:
    return CreateHandoff(**{"task": "1", "mode": "implementation", **more})


# ---------------------------------------------------------------------------------------------- create


def test_the_context_is_kept_as_it_was_with_its_digest():
    scene = given(working)
    context = scene.run(ShowContext(task="task-0001", for_="implementer"))
    view = scene.when(create(summary="Half done.", next_action="Write file1.py.")).then("handoff.created")
    assert (view.handoff_id, view.mode, view.context_for, view.status) == ("handoff-0001", "implementation", "implementer", "open")
    assert view.context_hash == "sha256:" + sha256(context.encode()).hexdigest()
    assert view.context_path.endswith("/handoffs/1.md") and view.source_run_id == "run-0002"
    assert (view.created_by.actor_name, view.lock_policy, view.resumes_run_id) == ("bot", "none", None)
    scene.run(LogImplementation(task="1", message="Later."))
    scene.run(CreateTask(title="Unrelated"))
    assert scene.run(ShowHandoff(task="1", handoff="1", format="markdown")) == context
    told = scene.run(ShowHandoff(task="1", handoff="handoff-0001"))
    assert told.startswith("handoff-0001\n  task: task-0001\n  mode: implementation (implementer)\n  status: open\n")
    assert "  summary: Half done.\n  next: Write file1.py.\n" in told and told.endswith(context)
    data = scene.run(ShowHandoff(task="1", handoff="1", format="json"))
    assert data.context_body == context and scene.world.warnings == []


def test_what_a_stored_context_recommends_names_the_task():
    scene = given(working)
    scene.active = scene.task("1").uid
    scene.run(CreateHandoff(mode="implementation", todo="1"))
    assert "todo done todo-0001 --evidence \"...\" --task task-0001" in scene.run(ShowHandoff(handoff="1", format="markdown"))


def test_a_changed_context_is_told():
    scene = given(handed)
    scene.source.states[scene.task("1").uid].texts["handoffs/1.md"] = "Other words.\n"
    scene.run(ShowHandoff(task="1", handoff="1", format="markdown"))
    assert "digest differs" in scene.world.warnings[0]


@pytest.mark.parametrize(
    ("mode", "for_", "role"),
    [
        ("planning", None, "planner"),
        ("validation", None, "validator"),
        ("review", None, "reviewer"),
        ("full", None, "full"),
        ("review", "code-reviewer", "code-reviewer"),
    ],
)
def test_the_mode_says_the_role(mode, for_, role):
    scene = given(working)
    more = {"for_": for_, "run": "2"} if for_ else {}
    view = scene.when(create(mode=mode, **more)).then("handoff.created")
    assert view.context_for == role
    assert (view.scope, view.focus_run_id) == (("run", "run-0002") if for_ else ("task", None))


@pytest.mark.parametrize(
    ("more", "code", "exit_code"),
    [
        ({"mode": "planning", "for_": "implementer"}, "INVALID_INPUT", 2),
        ({"mode": "review", "for_": "spec-reviewer"}, "INVALID_INPUT", 2),
        ({"mode": "review", "todo": "1", "run": "2"}, "INVALID_INPUT", 2),
        ({"intended_actor": "somebody"}, "INVALID_INPUT", 2),
        ({"todo": "9"}, "NOT_FOUND", 5),
        ({"run": "9"}, "NOT_FOUND", 5),
    ],
)
def test_what_does_not_fit_is_refused(more, code, exit_code):
    given(working).when(create(**more)).refused(code, exit_code)


@pytest.mark.parametrize("policy", ["transfer", "release"])
def test_only_the_holder_gives_the_claim_away(policy):
    scene = given(working)
    scene.as_(OTHER).when(create(lock_policy=policy)).refused("LOCK_CONFLICT", 4)
    given(approved).when(create(lock_policy=policy)).refused("LOCK_CONFLICT", 4)
    assert given(working).when(create(lock_policy=policy)).then("handoff.created").lock_policy == policy


def test_a_context_that_is_too_long_is_cut_and_says_so():
    scene = given(working)
    long = "\n".join("x" * 99 for _ in range(2700))
    uid = scene.task("1").uid
    scene.source.states[uid].texts["plans/1.md"] = long
    scene.run(create())
    body = scene.run(ShowHandoff(task="1", handoff="1", format="markdown"))
    assert len(body.encode()) <= 256 * 1024 and "gitledger context --task task-0001` shows all of it" in body


# ---------------------------------------------------------------------------------------------- claim, close, cancel


def test_a_handoff_goes_from_open_over_claimed_to_closed():
    scene = given(handed).as_(OTHER)
    view = scene.when(ClaimHandoff(task="1", handoff="1")).then("handoff.claimed")
    assert (view.status, view.claimed_by.actor_name, view.claim_run_id) == ("claimed", "other", None)
    assert view.context_body.startswith("# Implementation Context")
    scene.when(ClaimHandoff(task="1", handoff="1")).then()
    error = scene.as_(ADA).when(ClaimHandoff(task="1", handoff="1")).refused("CONFLICT", 4)
    assert "agent other" in error.message
    scene.when(CancelHandoff(task="1", handoff="1")).refused("WORKFLOW_REJECTION", 3)
    view = scene.when(CloseHandoff(task="1", handoff="1", reason="Taken up.")).then("handoff.closed")
    assert (view.status, view.close_reason, view.closed_by.actor_name) == ("closed", "Taken up.", "ada")
    for op in (ClaimHandoff, CloseHandoff, CancelHandoff):
        scene.when(op(task="1", handoff="1")).refused("CONFLICT" if op is ClaimHandoff else "WORKFLOW_REJECTION")
    assert scene.task("1").claims[0].holder == BOT.holder()


def test_an_open_handoff_can_be_taken_back():
    scene = given(handed)
    assert scene.when(CancelHandoff(task="1", handoff="1", reason="Not needed.")).then("handoff.cancelled").status == "cancelled"
    scene.when(ClaimHandoff(task="1", handoff="1")).refused("CONFLICT", 4)
    scene.when(ClaimHandoff(task="1", handoff="7")).refused("NOT_FOUND", 5)


@pytest.mark.parametrize(
    ("meant", "wrong", "right"),
    [
        ({"intended_actor": "user"}, BOT, ADA),
        ({"intended_actor": "agent:codex"}, OTHER, CODEX),
        ({"intended_harness": "codex"}, OTHER, CODEX),
        ({"intended_actor": "any", "intended_harness": "any"}, None, OTHER),
    ],
)
def test_only_whom_it_is_meant_for_claims_it(meant, wrong, right):
    scene = given(lambda scene: handed(scene, **meant))
    if wrong is not None:
        error = scene.as_(wrong).when(ClaimHandoff(task="1", handoff="1")).refused("WORKFLOW_REJECTION", 3)
        assert "is meant for" in error.message
    scene.as_(right).when(ClaimHandoff(task="1", handoff="1")).then("handoff.claimed")


def test_transfer_gives_claim_stage_and_run_to_whoever_claims_it():
    scene = given(lambda scene: handed(scene, "transfer")).as_(OTHER)
    scene.when(LogImplementation(task="1", message="Mine?")).refused("LOCK_CONFLICT", 4)
    view = scene.when(ClaimHandoff(task="1", handoff="1")).then("claim.taken", "handoff.claimed")
    assert (view.claim_run_id, view.resumes_run_id) == ("run-0002", "run-0002")
    [claim] = scene.task("1").claims
    assert (claim.holder, claim.stage) == (OTHER.holder(), "implementing")
    scene.when(LogImplementation(task="1", message="Mine.")).then("run.logged")
    scene.as_(BOT).when(LogImplementation(task="1", message="Still mine?")).refused("LOCK_CONFLICT", 4)


def test_transfer_takes_a_claim_that_has_run_out_or_was_given_up():
    scene = given(lambda scene: handed(scene, "transfer")).as_(OTHER).later(7300)
    scene.when(ClaimHandoff(task="1", handoff="1")).then("claim.taken", "handoff.claimed")
    assert scene.task("1").claims[0].stage == "implementing"
    scene = given(lambda scene: handed(scene, "transfer"))
    scene.run(UnclaimTask(task="1"))
    scene.as_(OTHER).when(ClaimHandoff(task="1", handoff="1")).then("claim.taken", "handoff.claimed")
    assert (scene.task("1").claims[0].stage, scene.task("1").claims[0].holder) == (None, OTHER.holder())


def test_transfer_takes_nothing_from_a_third():
    scene = given(lambda scene: handed(scene, "transfer"))
    scene.run(UnclaimTask(task="1"))
    scene.as_(ADA).run(ClaimTask(task="1"))
    scene.as_(OTHER).when(ClaimHandoff(task="1", handoff="1")).refused("LOCK_CONFLICT", 4)
    scene.as_(ADA).when(ClaimHandoff(task="1", handoff="1")).then("handoff.claimed")


def test_a_copy_of_the_givers_claim_in_a_fork_is_not_in_the_way_and_a_thirds_is():
    scene = given(lambda scene: handed(scene, "transfer"))
    forked(scene)
    scene.as_(OTHER).when(ClaimHandoff(task="1", handoff="1")).then("claim.taken", "handoff.claimed")
    scene = given(lambda scene: handed(scene, "transfer"))
    fork = forked(scene)
    fork.later(7300).as_(ADA).run(ClaimTask(task="1"))
    scene.later(7300).as_(OTHER).when(ClaimHandoff(task="1", handoff="1")).refused("LOCK_CONFLICT", 4)


def test_release_ends_the_givers_claim():
    scene = given(lambda scene: handed(scene, "release")).as_(OTHER)
    view = scene.when(ClaimHandoff(task="1", handoff="1")).then("claim.released", "handoff.claimed")
    assert view.released_lock_id and scene.task("1").claims == []


def test_a_giver_who_claims_it_back_keeps_the_claim():
    for policy in ("transfer", "release"):
        scene = given(lambda scene: handed(scene, policy))
        scene.when(ClaimHandoff(task="1", handoff="1")).then("handoff.claimed")
        assert scene.task("1").claims[0].holder == BOT.holder()


def test_of_two_claims_made_apart_the_later_holds_and_the_disagreement_shows():
    scene = given(handed)
    uid = scene.task("1").uid
    other = forked(scene)
    scene.as_(OTHER).run(ClaimHandoff(task="1", handoff="1"))
    other.later(5).as_(ADA).run(ClaimHandoff(task="1", handoff="1"))
    task = fold.fold([*scene.source.history[uid], *other.source.history[uid]]).task
    handoff = task.handoffs[0]
    assert [conflict.field for conflict in task.conflicts] == [f"handoff {handoff.id}"]
    assert handoff.status == "claimed"


# ---------------------------------------------------------------------------------------------- looking


def test_handoffs_are_listed_without_their_contexts_and_runs_name_them():
    scene = given(handed)
    scene.run(create(mode="review", run="2"))
    listed = scene.run(ListHandoffs(task="1"))
    assert [item.handoff_id for item in listed.handoffs] == ["handoff-0001", "handoff-0002"]
    assert (listed.total, listed.truncated) == (2, False)
    assert "context_body" not in msgspec.to_builtins(listed.handoffs[0])
    assert scene.run(ShowImplementation(task="1")).run.handoff_refs == ["handoff-0001", "handoff-0002"]


def test_two_handoffs_that_a_merge_gave_one_number_are_told_apart():
    scene = given(handed)
    uid = scene.task("1").uid
    twin = HandoffCreated(number=1, mode="full", context_for="full", digest="sha256:0", body="Twin.")
    tell(scene, lambda world: (yield on(world.record(uid), twin)))
    scene.when(ShowHandoff(task="1", handoff="1")).refused("AMBIGUOUS", 4)
    ids = [item.handoff_id for item in scene.run(ListHandoffs(task="1")).handoffs]
    assert ids[0] != ids[1]
    assert scene.run(ShowHandoff(task="1", handoff=ids[1], format="markdown")) == "Twin.\n"


@pytest.mark.parametrize(
    ("op", "role"),
    [(ShowPlanContext, "planner"), (ShowImplementationContext, "implementer"), (ShowValidationContext, "validator")],
)
def test_the_contexts_of_roles_are_those_of_context(op, role):
    scene = given(working)
    view = scene.when(op(task="1")).then()
    assert view.content == scene.run(ShowContext(task="1", for_=role))
    data = msgspec.to_builtins(view)
    assert data.pop("content") and data == msgspec.to_builtins(scene.run(ShowContext(task="1", for_=role, format="json")))
