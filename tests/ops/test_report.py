"""`task report` and `task dossier`: which sections there are, and what stands in them."""

import re

import pytest

from gitledger.ops._dossier import ShowDossier
from gitledger.ops._report import ReportTask
from gitledger.ops._report_sections import PRESETS, SECTIONS
from gitledger.ops._task_record import RecordTask
from gitledger.ops.context import ShowContext
from gitledger.ops.task import CreateTask, EditTask
from tests.ops.harness import given
from tests.ops.test_context import failed

NAMES = list(SECTIONS)


def headings(view):
    return re.findall(r"(?m)^## (.*)$", view.content)


def report(scene, **options):
    return scene.run(ReportTask(task="1", **options))


def test_each_preset_has_its_sections_and_full_lacks_the_events_alone():
    scene = given(failed)
    for preset, names in PRESETS.items():
        view = report(scene, preset=preset)
        assert set(view.sections) == set(names) and view.sections == [name for name in NAMES if name in names]
        assert headings(view) == [SECTIONS[name][0] for name in view.sections]
    assert report(scene).sections == [name for name in NAMES if name != "events"]
    assert report(scene, preset="archive").sections == NAMES


def test_sections_are_chosen_added_and_left_out_and_keep_their_order():
    scene = given(failed)
    assert report(scene, section=["todos,plans"]).sections == ["plans", "todos"]
    assert report(scene, section=["todos"], include=["summary"]).sections == ["summary", "todos"]
    left = report(scene, preset="summary", without=["next-action", "description"]).sections
    assert left == ["summary", "acceptance-criteria", "todos"]
    assert report(scene, section=["todos"], without=["todos"]).content.count("##") == 0


@pytest.mark.parametrize("options", [{"preset": "all"}, {"section": ["todo"]}, {"without": ["x"]}, {"events_limit": -1}])
def test_what_is_no_section_is_said_to_be_none(options):
    given(failed).when(ReportTask(task="1", **options)).refused("INVALID_INPUT", 2)


def test_a_report_says_what_was_planned_done_and_found():
    content = report(given(failed), preset="archive").content
    assert content.startswith("# Task task-0001 — ")
    for said in (
        "| Status | failed_validation |",
        "| Accepted plan | plan-v1 |",
        "- plan-v1 (accepted): ",
        "digest: sha256:",
        "- [x] todo-0001",
        "- todo-0001: pytest -q",
        "- change-0001 edit src/parser.py: Return early.",
        "run-0003 failed: Bad.",
        "  - recommendation: Look at the loop.",
        "- action: implement-restart",
        "plan.approved by ada (plan accept)",
    ):
        assert said in content, said


def test_events_are_limited_from_the_end():
    scene = given(failed)
    lines = report(scene, section=["events"], events_limit=2).content.splitlines()[4:]
    assert len(lines) == 3 and re.fullmatch(r"- and \d+ before these", lines[0])
    assert "run.finished" in lines[1] and "claim.released" in lines[2]
    assert len(report(scene, section=["events"], events_limit=0).content.splitlines()) > 10


def test_empty_sections_are_left_out_on_request():
    scene = given(CreateTask(title="Bare"))
    assert len(headings(report(scene))) == len(NAMES) - 1
    assert headings(report(scene, include_empty=False)) == ["Summary", "Description", "Next Action"]
    scene = given(failed)
    assert {"Todos", "Validation", "Current Run / Lock State"} <= set(headings(report(scene, include_empty=False)))


def test_text_of_others_makes_no_heading_and_no_table_cell():
    scene = given(CreateTask(title="Bare"), EditTask(task="1", owner="a | b\n## Summary"))
    content = report(scene, section=["summary"]).content
    assert "| Owner | a \\| b ## Summary |" in content
    assert re.findall(r"(?m)^#+ .*$", content) == ["# Task task-0001 — Bare", "## Summary"]


def test_the_evidence_of_recorded_work_is_told():
    scene = given(RecordTask(title="Deploy", evidence=["Monitoring shows no errors"]))
    assert "Monitoring shows no errors" in report(scene).content
    assert "Monitoring shows no errors" in scene.run(ShowDossier(task="1"))


@pytest.mark.parametrize("shape", ["markdown", "json"])
def test_the_dossier_is_the_full_context(shape):
    scene = given(failed)
    assert scene.run(ShowDossier(task="1", format=shape)) == scene.run(ShowContext(task="1", format=shape))
    scene.when(ShowDossier(task="9")).refused("NOT_FOUND", 5)
