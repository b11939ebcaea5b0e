import pytest

from gitledger.ops.implement import FinishImplementation, StartImplementation
from gitledger.ops.todo import AddTodo, DoneTodo, UndoneTodo
from gitledger.ops.validate import (
    FinishValidation,
    RecordCheck,
    ShowValidation,
    ShowValidationStatus,
    StartValidation,
    WaiveCriterion,
)
from tests.ops.harness import ADA, BOT, OTHER, given
from tests.ops.stories import approved


def implemented(scene, **story):
    """A finished implementation, made by the bot."""
    approved(scene, **{"todos": 0} | story)
    scene.as_(BOT).run(StartImplementation(task="1"))
    scene.run(FinishImplementation(task="1", summary="done"))


def validating(scene, **story):
    """A validation that ada is at."""
    implemented(scene, **story)
    scene.as_(ADA).run(StartValidation(task="1"))


def test_starting_moves_the_task_and_claims_it():
    view = given(implemented).as_(ADA).when(StartValidation(task="1")).then("run.started", "claim.taken")
    assert (view.status, view.active_stage, view.run_id, view.run.based_on_implementation_run) == (
        "validating", "validation", "run-0003", "run-0002"
    )


def test_a_validation_that_lost_its_claim_is_taken_up_again():
    scene = given(validating)
    scene.when(StartValidation(task="1")).then()
    scene.as_(OTHER).when(StartValidation(task="1")).refused("LOCK_CONFLICT", 4)
    view = scene.later(7201).when(StartValidation(task="1")).then("run.resumed", "claim.taken")
    assert view.run_id == "run-0003"


@pytest.mark.parametrize("reference", ["ac-0001", "AC-0001", "ac-1", "1"])
def test_a_check_is_an_event_and_the_latest_counts(reference):
    scene = given(validating)
    scene.when(RecordCheck(task="1", criterion=reference, status="fail", details="no")).then("check.recorded")
    report = scene.run(ShowValidationStatus(task="1")).result
    assert (report.criteria[0].latest_status, report.can_finish_passed) == ("fail", False)
    assert report.blockers[0]["kind"] == "criterion_fail"
    view = scene.when(RecordCheck(task="1", criterion=reference, evidence=["e"])).then("check.recorded")
    assert [(check.id, check.status) for check in view.checks] == [("check-0001", "fail"), ("check-0002", "pass")]
    assert scene.run(ShowValidationStatus(task="1")).result.can_finish_passed


def test_skip_is_an_old_word_for_not_run_and_warn_does_not_satisfy():
    scene = given(validating)
    assert scene.run(RecordCheck(task="1", criterion="1", status="skip")).checks[0].status == "not_run"
    scene.run(RecordCheck(task="1", criterion="1", status="warn"))
    assert scene.run(ShowValidationStatus(task="1")).result.blockers[0]["kind"] == "criterion_missing"


def test_unknown_criteria_are_refused():
    error = given(validating).when(RecordCheck(task="1", criterion="ac-0007")).refused("INVALID_INPUT", 2)
    assert "ac-0001" in error.message


def test_passing_needs_every_mandatory_criterion():
    scene = given(lambda s: validating(s, criteria=2))
    scene.run(RecordCheck(task="1", criterion="1"))
    error = scene.when(FinishValidation(task="1", result="passed", summary="s")).refused("VALIDATION_INCOMPLETE", 7)
    assert error.details["missing_criteria"] == ["ac-0002"] and error.details["open_mandatory_todos"] == []
    scene.run(RecordCheck(task="1", criterion="2"))
    view = scene.when(FinishValidation(task="1", result="passed", summary="s")).then("run.finished", "claim.released")
    assert (view.status, view.result, view.run.result, view.lock) == ("done", "passed", "passed", None)


def test_a_mandatory_todo_that_was_opened_again_blocks_the_validation_too():
    scene = given(lambda s: approved(s, todos=1)).as_(BOT)
    scene.run(StartImplementation(task="1"))
    scene.run(DoneTodo(task="1", todo="1"))
    scene.run(FinishImplementation(task="1", summary="s"))
    scene.run(UndoneTodo(task="1", todo="1"))
    scene.run(StartValidation(task="1"))
    scene.run(RecordCheck(task="1", criterion="1"))
    error = scene.when(FinishValidation(task="1", result="passed", summary="s")).refused("VALIDATION_INCOMPLETE", 7)
    assert error.details["open_mandatory_todos"] == ["todo-0001"]


def test_optional_todos_never_block():
    scene = given(lambda s: implemented(s, optional=1)).as_(ADA)
    scene.run(StartValidation(task="1"))
    scene.run(RecordCheck(task="1", criterion="1"))
    scene.when(FinishValidation(task="1", result="passed", summary="s")).then("run.finished", "claim.released")


@pytest.mark.parametrize("result", ["failed", "blocked"])
def test_a_failed_validation_sends_the_task_back(result):
    view = given(validating).when(FinishValidation(task="1", result=result, summary="s")).then(
        "run.finished", "claim.released"
    )
    assert (view.status, view.run.status) == ("failed_validation", result)


def test_a_waiver_is_an_event_of_a_user_with_a_reason_and_counts_as_passed():
    scene = given(validating)
    scene.when(WaiveCriterion(task="1", criterion="1", reason="agreed", actor="agent")).refused("WORKFLOW_REJECTION", 3)
    scene.when(WaiveCriterion(task="1", criterion="1", reason=" ")).refused_without_hint_check("INVALID_INPUT", 2)
    view = scene.when(WaiveCriterion(task="1", criterion="1", reason="agreed")).then("criterion.waived")
    assert view.checks[0].waiver.reason == "agreed" and view.checks[0].status == "pass"
    report = scene.run(ShowValidationStatus(task="1")).result
    assert report.criteria[0].has_waiver and report.can_finish_passed


@pytest.mark.parametrize(
    "op",
    [
        RecordCheck(task="1", criterion="1"),
        WaiveCriterion(task="1", criterion="1", reason="r"),
        FinishValidation(task="1", result="failed", summary="s"),
    ],
)
def test_only_the_holder_of_a_live_claim_validates(op):
    given(validating).as_(OTHER).when(op).refused("LOCK_CONFLICT", 4)
    given(validating).later(7201).when(op).refused("STALE_LOCK_REQUIRES_BREAK", 4)
    given(implemented).when(op).refused("WORKFLOW_REJECTION", 3)


def test_no_todo_is_added_while_validating():
    given(validating).when(AddTodo(task="1", text="x")).refused("WORKFLOW_REJECTION", 3)


def test_showing_a_run():
    scene = given(validating)
    assert scene.run(ShowValidation(task="1")).run.run_type == "validation"
    given(implemented).when(ShowValidation(task="1")).refused("NOT_FOUND", 5)
    scene.when(ShowValidation(task="1", run="run-0099")).refused("NOT_FOUND", 5)
