"""Questions: asked, answered, dismissed, and what they mean for the plan."""

import pytest
from msgspec import to_builtins

from gitledger.ops.plan import RejectPlan, StartPlan, UpsertPlan
from gitledger.ops.question import (
    AddQuestion,
    AddQuestions,
    AnswerQuestion,
    AnswerQuestions,
    DismissQuestion,
    ListAnswers,
    ListOpenQuestions,
    ListQuestions,
    ShowQuestionStatus,
)
from gitledger.ops.task import CancelTask, CreateTask
from tests.ops.harness import ADA, BOT, given
from tests.ops.stories import approved, planned

PLAN = "---\ngoal: A parser\n---\nBody.\n"


def asked(scene):
    """A draft with one required and one optional question."""
    scene.run(CreateTask(title="Job"))
    scene.run(AddQuestion(task="1", text="Which parser?", required_for_plan=True))
    scene.run(AddQuestion(task="1", text="Which colour?"))


def refs(view):
    return [question.id for question in view.questions]


def test_a_question_is_asked_in_the_name_of_the_actor():
    scene = given(CreateTask(title="Job")).as_(BOT)
    view = scene.when(AddQuestion(task="1", text=" Why?\n", required_for_plan=True)).then("question.added")
    assert (view.id, view.question, view.status, view.required_for_plan) == ("q-0001", "Why?", "open", True)
    assert (view.plan_version, view.answer, view.asked_by_actor.actor_name) == (None, None, "bot")
    assert scene.run(AddQuestion(task="1", text="How?")).id == "q-0002"


def test_a_question_remembers_the_plan_it_was_asked_about():
    scene = given(planned, UpsertPlan(task="1", text=PLAN))
    assert scene.run(AddQuestion(task="1", text="Why?")).plan_version == 1


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_question_is_refused(text):
    given(CreateTask(title="Job")).when(AddQuestion(task="1", text=text)).refused("INVALID_INPUT", 2)


def approved_and_cancelled(scene):
    approved(scene)
    scene.run(CancelTask(task="1"))


@pytest.mark.parametrize("story", [approved, approved_and_cancelled])
@pytest.mark.parametrize(
    "op",
    [
        AddQuestion(task="1", text="Why?"),
        AddQuestions(task="1", text="Why?"),
        AnswerQuestion(task="1", question="1", text="Yes"),
        AnswerQuestions(task="1", text="q-1: Yes"),
        DismissQuestion(task="1", question="1"),
    ],
)
def test_questions_belong_to_planning(story, op):
    given(story).when(op).refused("WORKFLOW_REJECTION", 3)


# ---------------------------------------------------------------------------------------------- many at once


def test_many_questions_are_one_entry():
    scene = given(CreateTask(title="Job"))
    view = scene.when(AddQuestions(task="1", text="One?\nTwo?\n", required_for_plan=True)).then(
        "question.added", "question.added"
    )
    assert view.added_question_ids == [item.id for item in view.added] == ["q-0001", "q-0002"]
    assert (view.task_id, view.kind, view.added[1].required_for_plan) == ("task-0001", "question_add_many", True)


def test_yaml_says_for_each_question_whether_the_plan_needs_it():
    yaml = "questions:\n  - One?\n  - {text: Two?, required_for_plan: no}\n"
    view = given(CreateTask(title="Job")).run(AddQuestions(task="1", yaml=yaml, required_for_plan=True))
    assert [item.required_for_plan for item in view.added] == [True, False]


def test_the_same_question_twice_has_to_be_meant():
    scene = given(CreateTask(title="Job"))
    scene.when(AddQuestions(task="1", text="Why so?\nwhy  SO?")).refused("INVALID_INPUT", 2)
    scene.when(AddQuestions(task="1", text="Why so?\nwhy  SO?", allow_duplicates=True)).then(
        "question.added", "question.added"
    )


@pytest.mark.parametrize("given_", [{}, {"text": "a?", "yaml": "- b?"}, {"text": "a?\n\nb?"}, {"yaml": "[1]"}])
def test_unreadable_questions_add_none(given_):
    given(CreateTask(title="Job")).when(AddQuestions(task="1", **given_)).refused("INVALID_INPUT", 2)


def test_many_answers_are_one_entry():
    scene = given(asked).as_(BOT)
    view = scene.when(AnswerQuestions(task="1", text="q-0001: Use a: b\n2: yes")).then(
        "question.answered", "question.answered"
    )
    assert view.answered_question_ids == ["q-0001", "q-0002"]
    assert [item.answer for item in view.answered] == ["Use a: b", "yes"]
    assert {item.answer_source for item in view.answered} == {"harness"}
    assert (view.required_open, view.plan_regeneration_needed) == (0, True)
    assert view.next_action == "gitledger plan upsert --from-answers --file plan.md --task 1"


@pytest.mark.parametrize(
    ("text", "code", "exit_code"),
    [
        ("q-0001: Yes\nq-0009: No", "NOT_FOUND", 5),
        ("q-0001: Yes\nq-1: No", "INVALID_INPUT", 2),
        ("", "INVALID_INPUT", 2),
    ],
)
def test_answers_are_recorded_all_or_none(text, code, exit_code):
    scene = given(asked)
    scene.when(AnswerQuestions(task="1", text=text)).refused(code, exit_code)
    assert scene.task("1").questions[0].status == "open"


def test_one_question_under_two_names_is_answered_twice():
    scene = given(asked)
    key = scene.task("1").questions[0].id
    scene.when(AnswerQuestions(task="1", text=f"q-0001: Yes\nq-0001.{key[:6]}: No")).refused("INVALID_INPUT", 2)


# ---------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize("reference", ["q-0001", "q-1", "1", "Q-1"])
def test_an_answer_speaks_for_the_user(reference):
    scene = given(asked).as_(BOT)
    view = scene.when(AnswerQuestion(task="1", question=reference, text=" PLY \n")).then("question.answered")
    assert (view.status, view.answer, view.answered_by, view.answer_source) == ("answered", "PLY", "user", "user")
    assert view.answered_by_actor.actor_type == "user" and view.answered_at is not None


def test_an_agent_says_that_it_answered():
    view = given(asked).as_(BOT).run(AnswerQuestion(task="1", question="1", text="PLY", actor="agent"))
    assert (view.answered_by, view.answered_by_actor.actor_name) == ("agent", "bot")


def test_the_same_answer_again_changes_nothing_another_one_does():
    scene = given(asked, AnswerQuestion(task="1", question="1", text="PLY"))
    scene.when(AnswerQuestion(task="1", question="1", text="PLY")).then()
    scene.when(AnswerQuestions(task="1", text="q-1: PLY")).then()
    assert scene.when(AnswerQuestion(task="1", question="1", text="Lark")).then("question.answered").answer == "Lark"
    scene.when(AnswerQuestion(task="1", question="1", text="Lark", actor="agent")).then("question.answered")


def test_an_unknown_question_or_an_empty_answer_is_refused():
    scene = given(asked)
    scene.when(AnswerQuestion(task="1", question="q-0007", text="Yes")).refused("NOT_FOUND", 5)
    scene.when(AnswerQuestion(task="1", question="1", text="  ")).refused("INVALID_INPUT", 2)
    scene.when(DismissQuestion(task="1", question="7")).refused("NOT_FOUND", 5)


def test_a_dismissed_question_is_no_longer_open():
    scene = given(asked)
    assert scene.when(DismissQuestion(task="1", question="1")).then("question.dismissed").status == "dismissed"
    scene.when(DismissQuestion(task="1", question="1")).then()
    status = scene.run(ShowQuestionStatus(task="1"))
    assert (status.required_open, status.plan_regeneration_needed) == (0, False)
    assert scene.run(AnswerQuestion(task="1", question="1", text="After all")).status == "answered"


def test_who_answers_need_not_hold_the_task():
    scene = given(asked).as_(BOT)
    scene.run(StartPlan(task="1"))
    scene.as_(ADA).when(AnswerQuestion(task="1", question="1", text="PLY")).then("question.answered")


# ---------------------------------------------------------------------------------------------- reading


def test_listings_show_what_was_asked_for():
    scene = given(asked, AnswerQuestion(task="1", question="2", text="Blue"), AddQuestion(task="1", text="So?"))
    scene.run(DismissQuestion(task="1", question="3"))
    assert refs(scene.run(ListQuestions(task="1"))) == ["q-0001", "q-0002", "q-0003"]
    assert refs(scene.run(ListQuestions(task="1", status=["answered, dismissed"]))) == ["q-0002", "q-0003"]
    assert refs(scene.run(ListQuestions(task="1", status=["open", "answered"]))) == ["q-0001", "q-0002"]
    listed = scene.run(ListOpenQuestions(task="1"))
    assert (refs(listed), listed.total, listed.truncated, listed.kind) == (["q-0001"], 1, False, "task_questions")
    scene.when(ListQuestions(task="1", status=["new"])).refused("INVALID_INPUT", 2)


def test_answers_are_listed_as_markdown_too():
    scene = given(asked, AnswerQuestions(task="1", text="q-1: PLY\nq-2: Blue"))
    view = scene.run(ListAnswers(task="1"))
    assert refs(view) == ["q-0001", "q-0002"]
    assert view.content == "## q-0001: Which parser?\n\nPLY\n\n## q-0002: Which colour?\n\nBlue\n"
    assert scene.run(ListOpenQuestions(task="1")).questions == []


def test_the_status_has_the_keys_of_the_reference():
    assert to_builtins(given(asked).run(ShowQuestionStatus(task="1"))) == {
        "task_id": "task-0001",
        "required_open": 1,
        "required_open_questions": ["q-0001"],
        "answered": 0,
        "answered_since_latest_plan": [],
        "plan_regeneration_needed": False,
        "next_action": "gitledger question answer q-0001 --text ANSWER --task 1",
        "template_command": "gitledger plan template --from-answers --file plan.md --task 1",
        "required_plan_fields": ["goal", "acceptance_criteria", "todos"],
        "recommended_plan_fields": ["files", "test_commands", "expected_outputs"],
        "kind": "question_status",
    }


def test_commands_do_not_name_the_active_task():
    scene = given(asked)
    scene.active = scene.task("1").uid
    status = scene.run(ShowQuestionStatus())
    assert status.next_action == "gitledger question answer q-0001 --text ANSWER"
    assert status.template_command == "gitledger plan template --from-answers --file plan.md"


def test_the_status_follows_the_task():
    scene = given(asked)

    def status():
        view = scene.run(ShowQuestionStatus(task="1"))
        return view.next_action.removeprefix("gitledger ").removesuffix(" --task 1"), view.answered_since_latest_plan

    scene.run(DismissQuestion(task="1", question="1"))
    assert status() == ("plan start", [])
    scene.run(StartPlan(task="1"))
    assert status() == ("plan upsert --file plan.md", [])
    scene.run(AnswerQuestion(task="1", question="2", text="Blue"))
    assert status() == ("plan upsert --file plan.md", [])  # nobody needs this answer for the plan
    scene.later(60).run(AnswerQuestion(task="1", question="1", text="PLY"))
    assert status() == ("plan upsert --from-answers --file plan.md", ["q-0001", "q-0002"])
    scene.later(60).run(UpsertPlan(task="1", text=PLAN))
    assert status() == ("plan show --version 1", [])
    scene.later(60).run(AnswerQuestion(task="1", question="1", text="Lark"))
    assert status() == ("plan upsert --from-answers --file plan.md", ["q-0001"])
    scene.run(UpsertPlan(task="1", text=PLAN))
    scene.run(RejectPlan(task="1"))
    assert status() == ("plan revise", [])
