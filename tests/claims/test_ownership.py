"""Whose a task is: every command of plan, implement and validate that writes is refused while somebody else holds it."""

from typing import Any

import pytest

from gitledger.ops._base import Operation, TaskOperation
from gitledger.ops._captured import Ran
from gitledger.ops._facts import Trees
from gitledger.ops._history import ChangedPath
from gitledger.ops._registry import operations_of
from gitledger.ops.claim import ClaimTask, UnclaimTask
from gitledger.ops.implement import FinishImplementation, StartImplementation
from gitledger.ops.plan import ProposePlan
from gitledger.ops.task import CreateTask
from gitledger.ops.todo import DoneTodo
from gitledger.ops.validate import FinishValidation, RecordCheck, StartValidation
from tests.ops.harness import ADA, BOT, OTHER, Scene, given
from tests.ops.stories import approved, planned

PLAN = "# Plan\n\nDo it in `a.py`.\n"
WRITING: dict[str, type[Operation]] = {
    f"{noun} {verb}": op
    for noun in ("plan", "implement", "validate")
    for verb, op in operations_of(noun).items()
    if op.writes
}


def draft(scene: Scene) -> None:
    scene.run(CreateTask(title="Job"))


def planning(scene: Scene) -> None:
    scene.as_(BOT)
    planned(scene)


def in_review(scene: Scene) -> None:
    planning(scene)
    scene.run(ProposePlan(task="1", text=PLAN, criterion=["It works"]))


def implementing(scene: Scene) -> None:
    approved(scene)
    scene.as_(BOT).run(StartImplementation(task="1"))
    scene.run(DoneTodo(task="1", todo="1"))


def changing(scene: Scene) -> None:
    implementing(scene)
    scene.commits.uncommitted = {"a.py": ChangedPath(path="a.py", kind="edit")}


def implementing_by_nobody(scene: Scene) -> None:
    implementing(scene)
    scene.run(UnclaimTask(task="1"))


def implemented(scene: Scene) -> None:
    implementing(scene)
    scene.run(FinishImplementation(task="1", summary="Built"))


def validating(scene: Scene) -> None:
    implemented(scene)
    scene.run(StartValidation(task="1"))


def checked(scene: Scene) -> None:
    validating(scene)
    scene.run(RecordCheck(task="1", criterion="1"))


def failed(scene: Scene) -> None:
    validating(scene)
    scene.run(FinishValidation(task="1", result="failed", summary="No"))


def when_run(story: Any) -> Any:
    """The story, after which a program has run for the command."""

    def told(scene: Scene) -> None:
        story(scene)
        scene.ran = [Ran(argv=("true",), line="true", exit_code=0, duration_ms=1, trees=Trees())]

    return told


# command → the story after which its holder may run it, and what else it is given. Lint is not this test's business.
STORIES: dict[str, tuple[Any, dict[str, Any]]] = {
    "plan start": (draft, {}),
    "plan command": (when_run(planning), {"argv": ["true"]}),
    "plan propose": (planning, {"text": PLAN, "criterion": ["It works"]}),
    "plan upsert": (planning, {"text": PLAN, "criterion": ["It works"]}),
    "plan regenerate": (in_review, {"text": PLAN, "criterion": ["It works well"]}),
    "plan amend": (in_review, {"text": PLAN + "\nThen test it.\n"}),
    "plan approve": (in_review, {"version": 1, "actor": "user", "note": "Good", "allow_lint_errors": True, "allow_empty_todos": True, "reason": "Small"}),
    "plan accept": (in_review, {"version": 1, "note": "Good", "allow_lint_errors": True}),
    "plan reject": (in_review, {"reason": "No"}),
    "plan revise": (in_review, {}),
    "plan materialize-todos": (approved, {"version": 1}),
    "implement start": (approved, {}),
    "implement change": (implementing, {"path": "a.py"}),
    "implement command": (when_run(implementing), {"argv": ["true"]}),
    "implement log": (implementing, {"message": "Half way"}),
    "implement deviation": (implementing, {"message": "Another way"}),
    "implement artifact": (implementing, {"path": "out.txt", "summary": "What came of it"}),
    "implement scan-changes": (changing, {}),
    "implement finish": (implementing, {"summary": "Built"}),
    "implement restart": (failed, {"summary": "Mend it"}),
    "implement resume": (implementing_by_nobody, {"reason": "Going on"}),
    "validate start": (implemented, {}),
    "validate command": (when_run(validating), {"argv": ["true"], "criterion": "1"}),
    "validate check": (validating, {"criterion": "1"}),
    "validate waive": (validating, {"criterion": "1", "reason": "Not now"}),
    "validate finish": (checked, {"result": "passed", "summary": "Good"}),
}
# These need a running stage of one's own, which a claim alone does not give.
NEED_STAGE = {
    "plan command", "plan propose", "plan upsert", "implement change", "implement command", "implement log", "implement finish",
    "implement deviation", "implement artifact", "implement scan-changes",
    "validate check", "validate command", "validate waive", "validate finish",
}  # fmt: skip
# The approval of a plan without todos is refused for that: see tests/ops/test_approval.py.
UNREADY = {"plan accept"}


def test_every_command_that_writes_is_tried():
    assert STORIES.keys() == WRITING.keys()


@pytest.fixture(params=sorted(STORIES))
def case(request: pytest.FixtureRequest) -> tuple[str, Any, TaskOperation]:
    """A command, a story after which the bot may run it, and the operation."""
    story, values = STORIES[request.param]
    operation: Any = WRITING[request.param]
    return request.param, story, operation(task="1", **values)


def test_not_against_a_live_claim_of_another(case):
    name, story, op = case
    scene = given(story)
    if not scene.task("1").claims:
        scene.as_(OTHER).run(ClaimTask(task="1"))
        scene.as_(BOT)
    else:
        scene.as_(OTHER)
    error = scene.when(op).refused("LOCK_CONFLICT", 4)
    assert error.details["holder"]["actor_name"] == ("bot" if scene.actor is OTHER else "other")
    assert error.details["since"] < error.details["until"]


def test_not_by_another_session_of_the_same_name(case):
    name, story, op = case
    scene = given(story).as_(BOT)
    if not scene.task("1").claims:
        scene.run(ClaimTask(task="1"))
    scene.as_(type(BOT)(type="agent", name="bot", session="another"))
    scene.when(op).refused("LOCK_CONFLICT", 4)


def test_the_holder_may(case):
    name, story, op = case
    scene = given(story).as_(BOT)
    if not scene.task("1").claims:
        scene.run(ClaimTask(task="1"))
    if name in UNREADY:
        assert scene.when(op).error.code != "LOCK_CONFLICT"
    else:
        assert scene.when(op).error is None, scene.when(op).error.message


@pytest.mark.parametrize("name", sorted(NEED_STAGE))
def test_not_after_the_lease_has_run_out(name):
    story, values = STORIES[name]
    scene = given(story).later(7200)
    error = scene.when(WRITING[name](task="1", **values)).refused("STALE_LOCK_REQUIRES_BREAK", 4)
    assert error.hint[1:3] in [("plan", "start"), ("implement", "resume"), ("validate", "start")]


@pytest.mark.parametrize("name", sorted(STORIES.keys() - NEED_STAGE))
def test_what_begins_a_stage_does_not_mind_a_claim_that_ran_out(name):
    story, values = STORIES[name]
    scene = given(story).as_(ADA)
    if not scene.task("1").claims:
        scene.run(ClaimTask(task="1"))
    attempt = scene.later(7200).as_(OTHER).when(WRITING[name](task="1", **values))
    assert attempt.error is None or attempt.error.code not in ("LOCK_CONFLICT", "STALE_LOCK_REQUIRES_BREAK")
