"""Planning: the run and its claim, versions, staleness, and what `plan template`, `lint`, `list` and `show` say."""

import pytest

from gitledger.model.planfile import parse_plan, plan_digest
from gitledger.ops.plan import (
    AcceptPlan,
    LintPlan,
    ListPlans,
    ProposePlan,
    RejectPlan,
    RevisePlan,
    ShowPlan,
    StartPlan,
    TemplatePlan,
    UpsertPlan,
)
from gitledger.ops.question import AddQuestion, AnswerQuestion, DismissQuestion
from gitledger.ops.task import CancelTask, CreateTask
from tests.ops.harness import ADA, BOT, OTHER, given
from tests.ops.stories import approved

PLAN = """\
---
goal: Accept empty input
files: [src/parser.py]
test_commands: [pytest -q]
expected_outputs: [exit 0]
acceptance_criteria: [parse of nothing gives nothing]
todos:
  - text: Edit src/parser.py to accept empty input
    validation_hint: pytest -q passes
---

Return early.
"""
START = ("run.started", "claim.taken")
RESUME = ("run.resumed", "claim.taken")
PROPOSE = ("plan.proposed", "run.finished", "claim.released")


def draft(scene):
    """A draft, and the bot to work on it."""
    scene.run(CreateTask(title="Job"))
    scene.as_(BOT)


def planning(scene):
    """A task that the bot is planning."""
    draft(scene)
    scene.run(StartPlan(task="1"))


def proposed(scene):
    """A task with a good plan in review."""
    planning(scene)
    scene.run(ProposePlan(task="1", text=PLAN))


def rejected(scene):
    """A task whose only plan was rejected."""
    proposed(scene)
    scene.run(RejectPlan(task="1", reason="Too small"))


def cancelled(scene):
    draft(scene)
    scene.run(CancelTask(task="1"))


def ask(scene, *, required=True):
    scene.run(AddQuestion(task="1", text="Why?", required_for_plan=required))


def answer(scene, text="Yes"):
    scene.later(1).run(AnswerQuestion(task="1", question="1", text=text))


# ---------------------------------------------------------------------------------------------- starting


def test_starting_claims_the_task_for_a_planning_run():
    scene = given(draft)
    view = scene.when(StartPlan(task="1")).then(*START)
    assert (view.command, view.status, view.active_stage, view.changed) == ("plan start", "planning", "planning", True)
    assert (view.run_id, view.run.run_type, view.run.status) == ("run-0001", "planning", "running")
    assert (view.lock.stage, view.lock.run_id, view.lock.holder.actor_name) == ("planning", "run-0001", "bot")
    assert (scene.task("1").runs[0].branch, scene.task("1").runs[0].head) == ("main", "1" * 40)


def test_starting_again_is_no_news_for_who_is_at_it():
    scene = given(planning)
    view = scene.when(StartPlan(task="1")).then()
    assert (view.changed, view.run_id, view.lock.holder.actor_name) == (False, "run-0001", "bot")


def test_a_live_claim_of_another_is_in_the_way():
    scene = given(planning).as_(OTHER)
    error = scene.when(StartPlan(task="1")).refused("LOCK_CONFLICT", 4)
    assert error.blocking_refs == ("run-0001",) and "bot" in error.message


@pytest.mark.parametrize("actor", [BOT, OTHER])
def test_planning_that_nobody_is_at_any_more_is_taken_up_again(actor):
    scene = given(planning).later(7200).as_(actor)
    view = scene.when(StartPlan(task="1")).then(*RESUME)
    assert (view.run_id, view.lock.holder.actor_name) == ("run-0001", actor.name)
    assert len(scene.task("1").claims) == 1 and len(scene.task("1").runs) == 1


def test_a_plan_in_review_is_planned_again():
    scene = given(proposed)
    assert scene.when(StartPlan(task="1")).then(*START).run_id == "run-0002"
    assert scene.task("1").status == "planning"
    scene = given(rejected)
    assert scene.when(RevisePlan(task="1")).then(*START).command == "plan revise"
    scene.when(RevisePlan(task="1")).then()
    scene.as_(ADA).when(RevisePlan(task="1")).refused("LOCK_CONFLICT", 4)


@pytest.mark.parametrize("story", [approved, cancelled])
@pytest.mark.parametrize("op", [StartPlan(task="1"), RevisePlan(task="1")])
def test_later_stages_are_not_planned_again(story, op):
    given(story).when(op).refused("WORKFLOW_REJECTION", 3)


def test_a_draft_has_nothing_to_revise():
    given(draft).when(RevisePlan(task="1")).refused("WORKFLOW_REJECTION", 3)


# ---------------------------------------------------------------------------------------------- proposing


def test_proposing_ends_the_run_and_its_claim():
    scene = given(planning)
    view = scene.when(ProposePlan(task="1", text=PLAN)).then(*PROPOSE)
    assert (view.status, view.active_stage, view.lock, view.plan_version) == ("plan_review", None, None, 1)
    assert (view.plan_body_chars, view.plan_body_lines, view.warnings) == (13, 1, [])
    assert view.plan_digest == plan_digest(parse_plan(PLAN))
    assert view.next_command == "gitledger plan lint --version 1 --task 1"
    task = scene.task("1")
    (plan,), (run,) = task.plans, task.runs
    assert (run.status, run.summary, plan.run) == ("finished", "Return early.", run.id)
    assert (plan.goal, plan.files, plan.generation_reason, plan.status) == (
        "Accept empty input", ["src/parser.py"], "initial", "proposed"
    )
    assert [item.text for item in plan.criteria] == ["parse of nothing gives nothing"]
    assert [(item.id, item.validation_hint) for item in plan.todos] == [("plan-todo-0001", "pytest -q passes")]
    assert (plan.questions, plan.answers_hash, plan.supersedes) == ([], None, None)


@pytest.mark.parametrize(
    ("story", "code", "exit_code", "hint"),
    [
        (draft, "WORKFLOW_REJECTION", 3, "plan start"),
        (proposed, "WORKFLOW_REJECTION", 3, "plan revise"),
        (approved, "WORKFLOW_REJECTION", 3, "implement start"),
        (lambda s: (planning(s), s.as_(OTHER)), "LOCK_CONFLICT", 4, "lock show"),
        (lambda s: (planning(s), s.later(7200)), "STALE_LOCK_REQUIRES_BREAK", 4, "plan start"),
    ],
)
@pytest.mark.parametrize("kind", [ProposePlan, UpsertPlan])
def test_without_a_planning_run_of_ones_own_nothing_is_proposed(story, code, exit_code, hint, kind):
    error = given(story).when(kind(task="1", text=PLAN)).refused(code, exit_code)
    assert error.hint_text.startswith(f"gitledger {hint}")


@pytest.mark.parametrize("kind", [ProposePlan, UpsertPlan])
@pytest.mark.parametrize("text", ["", " \n", "---\ngoal: g\n", "---\nfiles: a\n---\n"])
def test_a_text_that_is_no_plan_is_refused(kind, text):
    given(planning).when(kind(task="1", text=text)).refused("INVALID_INPUT", 2)


def test_what_is_odd_about_a_plan_is_a_warning():
    scene = given(planning)
    view = scene.run(ProposePlan(task="1", text="---\ngoal: g\ngaol: x\n---\n"))
    assert len(view.warnings) == 2 and "no body" in view.warnings[0] and "`gaol`" in view.warnings[1]
    assert (view.plan_body_chars, view.plan_body_lines) == (0, 0)


def test_criteria_may_stand_beside_the_text():
    scene = given(planning, ProposePlan(task="1", text="Just do it", criterion=["It is done", "It is fast"]))
    assert [(item.id, item.text) for item in scene.task("1").plans[0].criteria] == [
        ("ac-0001", "It is done"), ("ac-0002", "It is fast")
    ]


def test_a_new_version_supersedes_the_proposed_one():
    scene = given(proposed, RevisePlan(task="1"), ProposePlan(task="1", text=PLAN))
    first, second = scene.task("1").plans
    assert (first.status, second.status, second.version, second.supersedes) == ("superseded", "proposed", 2, first.id)
    view = scene.run(ShowPlan(task="1"))
    assert (view.plan.supersedes, view.plan.supersedes_plan_id) == (1, "plan-v1")


def test_a_rejected_version_stays_rejected():
    scene = given(rejected, RevisePlan(task="1"), ProposePlan(task="1", text=PLAN))
    first, second = scene.task("1").plans
    assert (first.status, second.status, second.supersedes) == ("rejected", "proposed", None)


# ---------------------------------------------------------------------------------------------- upsert


def test_upsert_proposes_where_there_are_no_answers():
    scene = given(planning)
    view = scene.when(UpsertPlan(task="1", text=PLAN)).then(*PROPOSE)
    assert (view.operation, view.command) == ("proposed", "plan upsert")


def test_open_required_questions_are_in_the_way_of_upsert():
    scene = given(planning, ask)
    error = scene.when(UpsertPlan(task="1", text=PLAN)).refused("WORKFLOW_REJECTION", 3)
    assert error.details["blockers"][0]["question_ids"] == ["q-0001"]
    assert error.hint_text.startswith("gitledger question answer q-0001")
    scene.when(UpsertPlan(task="1", text=PLAN, allow_open_questions=True)).then(*PROPOSE)


def test_an_optional_or_dismissed_question_is_not():
    given(planning, lambda s: ask(s, required=False)).when(UpsertPlan(task="1", text=PLAN)).then(*PROPOSE)
    scene = given(planning, ask, DismissQuestion(task="1", question="1"))
    assert scene.when(UpsertPlan(task="1", text=PLAN)).then(*PROPOSE).operation == "proposed"


@pytest.mark.parametrize("flag", [True, False])
def test_upsert_makes_a_plan_from_new_answers(flag):
    scene = given(planning, ask, answer)
    view = scene.when(UpsertPlan(task="1", text=PLAN, from_answers=flag)).then(*PROPOSE)
    assert (view.operation, view.status, view.warnings) == ("regenerated", "plan_review", [])
    plan = scene.run(ShowPlan(task="1")).plan
    assert (plan.generation_reason, plan.based_on_question_ids) == ("after_questions", ["q-0001"])
    assert plan.based_on_answer_hash.startswith("sha256:")


def test_answers_are_planned_from_without_a_planning_run():
    scene = given(draft, ask, answer)
    scene.when(UpsertPlan(task="1", text=PLAN)).then("plan.proposed")
    answer(scene, "No")
    scene.when(UpsertPlan(task="1", text=PLAN)).then("plan.proposed")
    assert [plan.status for plan in scene.task("1").plans] == ["superseded", "proposed"]


def test_a_dead_claim_is_not_in_the_way_of_planning_from_answers_a_live_one_is():
    scene = given(planning, ask, answer).as_(OTHER)
    scene.when(UpsertPlan(task="1", text=PLAN)).refused("LOCK_CONFLICT", 4)
    scene.later(7200).when(UpsertPlan(task="1", text=PLAN)).then(*PROPOSE)
    assert scene.task("1").claims == [] and scene.task("1").running_run() is None


def test_from_answers_needs_answers_or_an_earlier_plan():
    error = given(planning).when(UpsertPlan(task="1", text=PLAN, from_answers=True)).refused("WORKFLOW_REJECTION", 3)
    assert "--from-answers" not in error.hint_text
    given(proposed).when(UpsertPlan(task="1", text=PLAN, from_answers=True)).then("plan.proposed")


@pytest.mark.parametrize("story", [approved, cancelled])
def test_upsert_does_not_drag_later_stages_back(story):
    given(story).when(UpsertPlan(task="1", text=PLAN, from_answers=True)).refused("WORKFLOW_REJECTION", 3)


def test_a_plan_proposed_past_the_answers_says_so():
    scene = given(planning, ask, answer)
    (warning,) = scene.run(ProposePlan(task="1", text=PLAN)).warnings
    assert "--from-answers" in warning


# ---------------------------------------------------------------------------------------------- rejecting


def test_rejecting_leads_to_a_new_plan():
    scene = given(proposed).as_(ADA)
    view = scene.when(RejectPlan(task="1", reason=" Too small ")).then("plan.rejected")
    assert (view.status, view.plan_version, view.reason) == ("plan_review", 1, "Too small")
    assert view.next_command == "gitledger plan revise --task 1"
    view = scene.when(RejectPlan(task="1", reason="Again")).then()
    assert (view.changed, view.reason) == (False, "Too small")
    scene.when(AcceptPlan(task="1", version=1, note="ok")).refused("WORKFLOW_REJECTION", 3)


@pytest.mark.parametrize(
    ("story", "code"),
    [(draft, "WORKFLOW_REJECTION"), (planning, "WORKFLOW_REJECTION"), (approved, "WORKFLOW_REJECTION")],
)
def test_only_a_plan_in_review_is_rejected(story, code):
    given(story).when(RejectPlan(task="1")).refused(code, 3)


# ---------------------------------------------------------------------------------------------- reading


def test_the_template_is_shown_or_written():
    view = given(draft).run(TemplatePlan(task="1"))
    assert (view.written(), view.output_path, view.from_answers) == (None, None, False)
    assert view.template.startswith("---\ngoal:")
    assert view.required_plan_fields == ["goal", "acceptance_criteria", "todos"]
    view = given(draft).run(TemplatePlan(task="1", file="p.md"))
    assert view.written() == ("p.md", view.template)
    assert view.next_command == "gitledger plan upsert --file p.md --task 1"


def test_the_template_lists_answers_when_asked():
    scene = given(draft, ask, answer)
    view = scene.run(TemplatePlan(task="1", from_answers=True))
    assert (view.answered_question_ids, view.template.endswith("- q-0001: Yes\n")) == (["q-0001"], True)
    assert "--from-answers" in view.next_command
    view = scene.run(TemplatePlan(task="1"))
    assert (view.answered_question_ids, "q-0001" in view.template) == ([], False)


def test_the_untouched_template_fails_lint():
    scene = given(planning, lambda s: s.run(ProposePlan(task="1", text=s.run(TemplatePlan(task="1")).template)))
    view = scene.run(LintPlan(task="1"))
    assert (view.passed, view.report_exit(), view.summary["errors"] > 0) == (False, 7, True)
    assert {issue.code for issue in view.issues} == {"placeholder"}


def test_lint_reports_on_the_latest_or_a_named_version():
    scene = given(planning, ProposePlan(task="1", text="Body."), RevisePlan(task="1"), ProposePlan(task="1", text=PLAN))
    view = scene.run(LintPlan(task="1"))
    assert (view.plan_id, view.plan_version, view.passed, view.report_exit()) == ("plan-v2", 2, True, 0)
    view = scene.run(LintPlan(task="1", version=1))
    assert [issue.code for issue in view.issues if issue.severity == "error"] == [
        "missing_goal", "missing_acceptance_criteria", "missing_todos"
    ]
    assert (view.summary["errors"], view.report_exit()) == (3, 7)


def test_strict_takes_warnings_for_errors():
    scene = given(planning, ProposePlan(task="1", text=PLAN.replace("files: [src/parser.py]\n", "")))
    view = scene.run(LintPlan(task="1"))
    assert (view.passed, view.summary) == (True, {"errors": 0, "warnings": 1})
    view = scene.run(LintPlan(task="1", strict=True))
    assert (view.strict, view.passed, view.summary, view.report_exit()) == (
        True, False, {"errors": 1, "warnings": 0}, 7
    )


def test_versions_are_listed_and_shown():
    scene = given(rejected, RevisePlan(task="1"), ProposePlan(task="1", text=PLAN + "More.\n"))
    listed = scene.run(ListPlans(task="1"))
    assert [(plan.plan_id, plan.status, plan.body) for plan in listed.plans] == [
        ("plan-v1", "rejected", None), ("plan-v2", "proposed", None)
    ]
    assert (listed.total, listed.truncated) == (2, False)
    for version in (2, "2", "v2", "plan-v2", None, scene.task("1").plans[1].id[:8]):
        assert scene.run(ShowPlan(task="1", version=version)).plan.body == "Return early.\nMore."
    assert scene.run(ShowPlan(task="1", version=1)).plan.rejected_reason == "Too small"


@pytest.mark.parametrize("op", [ShowPlan(task="1"), LintPlan(task="1"), ShowPlan(task="1", version=3)])
def test_a_plan_that_is_not_there_is_not_found(op):
    given(draft).when(op).refused("NOT_FOUND", 5)
