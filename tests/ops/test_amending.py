"""`plan regenerate`, `plan export` and `plan amend`: further versions of a plan, and the file that it is."""

import pytest

from gitledger.model.planfile import parse_plan, plan_digest
from gitledger.model.readiness import needs_regeneration
from gitledger.ops._captured import Ran, Wanted
from gitledger.ops.plan import (
    AcceptPlan,
    AmendPlan,
    ExportPlan,
    RegeneratePlan,
    RejectPlan,
    UpsertPlan,
)
from gitledger.ops.task import CancelTask
from tests.ops.harness import ADA, OTHER, given
from tests.ops.stories import approved
from tests.ops.test_advance import implemented
from tests.ops.test_plan import PLAN, PROPOSE, answer, ask, cancelled, draft, planning, proposed, rejected

OTHER_BODY = PLAN.replace("Return early.", "Return at once.")


def answered(scene):
    """A draft whose required question has an answer."""
    draft(scene)
    ask(scene)
    answer(scene)


# ---------------------------------------------------------------------------------------------- regenerate


def test_a_version_is_made_from_the_answers_without_planning_going_on():
    scene = given(answered)
    view = scene.when(RegeneratePlan(task="1", text=PLAN)).then("plan.proposed")
    assert (view.command, view.plan_version, view.status) == ("plan regenerate", 1, "plan_review")
    [plan] = scene.task("1").plans
    assert plan.generation_reason == "after_questions" and plan.questions == [scene.task("1").questions[0].id]
    scene.when(RegeneratePlan(task="1", from_answers=True, text=OTHER_BODY)).then("plan.proposed")
    assert [plan.status for plan in scene.task("1").plans] == ["superseded", "proposed"]


def test_it_ends_a_planning_run_that_goes_on():
    scene = given(planning)
    ask(scene)
    scene.when(RegeneratePlan(task="1", text=PLAN)).refused("WORKFLOW_REJECTION", 3)
    answer(scene)
    scene.when(RegeneratePlan(task="1", text=PLAN)).then(*PROPOSE)
    scene.as_(OTHER)


def test_there_must_be_answers_and_none_may_be_owed():
    scene = given(draft)
    scene.when(RegeneratePlan(task="1", text=PLAN)).refused("WORKFLOW_REJECTION", 3)
    ask(scene)
    scene.when(RegeneratePlan(task="1", text=PLAN)).refused("WORKFLOW_REJECTION", 3)
    scene = given(proposed)
    ask(scene)
    scene.when(RegeneratePlan(task="1", text=OTHER_BODY, allow_open_questions=True)).then("plan.proposed")


@pytest.mark.parametrize("story", [approved, implemented, cancelled])
def test_it_obeys_the_stage(story):
    scene = given(story)
    before = scene.task("1").status
    scene.when(RegeneratePlan(task="1", text=PLAN)).refused("WORKFLOW_REJECTION", 3)
    assert scene.task("1").status == before


# ---------------------------------------------------------------------------------------------- export


def test_an_exported_plan_is_the_same_plan_when_read_again():
    scene = given(proposed)
    view = scene.run(ExportPlan(task="1"))
    assert (view.plan_id, view.plan_version, view.written()) == ("plan-v1", 1, None)
    assert plan_digest(parse_plan(view.text)) == view.digest == plan_digest(parse_plan(PLAN))
    assert scene.run(ExportPlan(task="1", file="p.md")).written() == ("p.md", view.text)
    scene.run(UpsertPlan(task="1", from_answers=True, text="Only a body.\n\n---\n\nwith a rule"))
    bare = scene.run(ExportPlan(task="1"))
    assert plan_digest(parse_plan(bare.text)) == bare.digest != view.digest
    assert scene.run(ExportPlan(task="1", version=1)).text == view.text
    scene.when(ExportPlan(task="1", version=9)).refused("NOT_FOUND", 5)


# ---------------------------------------------------------------------------------------------- amend


def test_a_proposed_plan_is_amended_from_a_text_as_a_new_version():
    scene = given(proposed)
    assert AmendPlan(task="1", text=OTHER_BODY).wanted(scene.make_world()) == []
    view = scene.as_(ADA).when(AmendPlan(task="1", text=OTHER_BODY)).then("plan.proposed")
    assert (view.command, view.plan_version, view.changed, view.status) == ("plan amend", 2, True, "plan_review")
    first, second = scene.task("1").plans
    assert (first.status, second.status, second.supersedes) == ("superseded", "proposed", first.id)
    assert second.generation_reason == first.generation_reason
    scene.run(AcceptPlan(task="1", version=2, note="Good."))
    scene.when(AmendPlan(task="1", text=PLAN)).refused("WORKFLOW_REJECTION", 3)


def test_it_is_put_before_the_person_as_the_file_that_it_is():
    scene = given(proposed)
    [wanted] = AmendPlan(task="1").wanted(scene.make_world())
    assert wanted == Wanted(argv=(), document=scene.run(ExportPlan(task="1")).text)
    scene.ran = [Ran(argv=("ed",), line="ed", exit_code=0, duration_ms=0, document=OTHER_BODY, kept="x")]
    assert scene.when(AmendPlan(task="1")).then("plan.proposed").plan_digest == plan_digest(parse_plan(OTHER_BODY))


def test_what_was_left_as_it_is_or_empty_is_no_version():
    scene = given(proposed)
    view = scene.when(AmendPlan(task="1", text=scene.run(ExportPlan(task="1")).text)).then()
    assert (view.changed, view.plan_version) == (False, 1)
    scene.when(AmendPlan(task="1", text=" \n")).refused("INVALID_INPUT", 2)
    scene.when(AmendPlan(task="1", text="---\ngoal: [\n---\n")).refused_without_hint_check("INVALID_INPUT", 2)
    waived = OTHER_BODY.replace("goal:", "todos_waived_reason: None.\ngoal:")
    scene.when(AmendPlan(task="1", text=waived)).then("plan.proposed")
    scene.when(AmendPlan(task="1", text=waived.replace("None.", "None at all."))).then("plan.proposed")


def test_a_plan_that_stands_on_answers_still_does_when_it_was_amended():
    scene = given(answered)
    scene.run(RegeneratePlan(task="1", text=PLAN))
    scene.run(AmendPlan(task="1", text=OTHER_BODY))
    assert not needs_regeneration(scene.task("1"))
    answer(scene, "No")
    scene.run(AmendPlan(task="1", text=PLAN))
    assert needs_regeneration(scene.task("1"))


def test_only_a_proposed_plan_is_amended():
    scene = given(rejected)
    scene.when(AmendPlan(task="1", text=PLAN)).refused("WORKFLOW_REJECTION", 3)
    scene = given(proposed)
    scene.run(AmendPlan(task="1", text=OTHER_BODY))
    error = scene.when(AmendPlan(task="1", version=1, text=PLAN)).refused("WORKFLOW_REJECTION", 3)
    assert "superseded" in error.message
    scene.run(RejectPlan(task="1"))
    scene.run(CancelTask(task="1"))
    scene.when(AmendPlan(task="1", text=PLAN)).refused("WORKFLOW_REJECTION", 3)
