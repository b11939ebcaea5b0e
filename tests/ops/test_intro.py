"""Introductions: written once for the ledger, and where the contexts of tasks begin."""

import pytest

from gitledger.ops.context import ShowContext
from gitledger.ops.intro import CreateIntro, LinkIntro, ListIntros, ShowIntro
from gitledger.ops.task import CreateTask, ShowTask
from tests.ops.harness import given

RULES = CreateIntro(title="House rules", text="Small steps.\n\nEach with a test.\n")


def test_an_introduction_is_numbered_and_has_a_slug_of_its_own():
    scene = given(RULES)
    view = scene.when(CreateIntro(title="House rules", text="Others.")).then("intro.created")
    assert (view.id, view.slug, view.title, view.body) == ("intro-0002", "house-rules-2", "House rules", "Others.")
    listed = scene.run(ListIntros())
    assert [(intro.id, intro.slug, intro.body) for intro in listed.introductions] == [
        ("intro-0001", "house-rules", None),
        ("intro-0002", "house-rules-2", None),
    ]
    assert (listed.total, listed.truncated) == (2, False)
    for reference in ("intro-0001", "1", "house-rules", view.event[:8]):
        shown = scene.run(ShowIntro(intro=reference))
        assert shown.title == "House rules"
    assert scene.run(ShowIntro(intro="1")).body == "Small steps.\n\nEach with a test."


def test_a_task_begins_with_one_introduction_and_its_contexts_show_it():
    scene = given(RULES, CreateIntro(title="The parser", text="It is recursive."), CreateTask(title="Job"))
    assert "Introduction" not in scene.run(ShowContext(task="1", for_="planner"))
    view = scene.when(LinkIntro(task="1", intro="house-rules")).then("intro.linked")
    assert (view.introduction_ref, view.intro_refs) == ("intro-0001", ["intro-0001"])
    scene.when(LinkIntro(task="1", intro="1")).then()
    text = scene.run(ShowContext(task="1", for_="planner"))
    assert "## Introduction\n\n- intro-0001: House rules\n\nSmall steps.\n\nEach with a test.\n\n## Requirements" in text
    scene.when(LinkIntro(task="1", intro="2")).then("intro.linked")
    assert scene.run(ShowTask(task="1")).task.introduction_ref == "intro-0002"
    assert scene.run(ShowContext(task="1", format="json")).introduction.body == "It is recursive."


def test_an_introduction_that_stayed_in_another_ledger_has_no_text():
    scene = given(RULES, CreateTask(title="Job"), LinkIntro(task="1", intro="1"))
    scene.source.the_book.intros = []
    ref = scene.run(ShowTask(task="1")).task.introduction_ref
    assert ref.startswith("intro.") and "(It is not in this ledger.)" in scene.run(ShowContext(task="1"))


def test_two_that_a_merge_gave_one_number_are_told_apart_by_slug_and_id():
    scene = given(RULES)
    scene.run(CreateIntro(title="Other", text="O"))
    scene.source.the_book.intros[1].number = 1
    scene.when(ShowIntro(intro="1")).refused("AMBIGUOUS", 4)
    assert scene.run(ShowIntro(intro="other")).title == "Other"
    first, second = scene.run(ListIntros()).introductions
    assert first.id != second.id and scene.run(ShowIntro(intro=second.id)).title == "Other"


@pytest.mark.parametrize(
    ("op", "code", "exit_code"),
    [
        (CreateIntro(title=" ", text="x"), "INVALID_INPUT", 2),
        (CreateIntro(title="No text"), "INVALID_INPUT", 2),
        (ShowIntro(intro="9"), "NOT_FOUND", 5),
        (LinkIntro(task="1", intro="nothing"), "NOT_FOUND", 5),
    ],
)
def test_what_is_not_there_is_refused(op, code, exit_code):
    given(CreateTask(title="Job")).when(op).refused(code, exit_code)
