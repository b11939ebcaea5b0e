"""Deviations and artifacts of a running implementation."""

import pytest

from gitledger.ops.implement import FinishImplementation, RecordArtifact, RecordDeviation, ShowImplementation, StartImplementation
from tests.ops.harness import BOT, OTHER, given
from tests.ops.stories import approved


def working(scene):
    approved(scene, todos=0)
    scene.as_(BOT).run(StartImplementation(task="1"))


def test_a_deviation_stands_in_the_log_and_among_the_deviations():
    scene = given(working)
    view = scene.when(RecordDeviation(task="1", message="Wrote it in C.\n")).then("run.logged")
    assert (view.run_id, view.deviations_from_plan, view.artifact_refs) == ("run-0002", ["Wrote it in C."], [])
    assert [(line.kind, line.text, line.path) for line in view.worklog] == [("deviation", "Wrote it in C.", None)]


def test_an_artifact_stands_in_the_log_and_among_the_artifacts():
    scene = given(working, RecordDeviation(task="1", message="Otherwise"))
    view = scene.when(RecordArtifact(task="1", path="out/report.txt", summary="The report")).then("run.logged")
    assert (view.artifact_refs, view.deviations_from_plan) == (["out/report.txt: The report"], ["Otherwise"])
    line = scene.run(ShowImplementation(task="1")).run.worklog[-1]
    assert (line.kind, line.text, line.path) == ("artifact", "The report", "out/report.txt")


@pytest.mark.parametrize(
    "op",
    [
        RecordDeviation(task="1", message=" "),
        RecordArtifact(task="1", path=" ", summary="s"),
        RecordArtifact(task="1", path="p", summary="\n"),
    ],
)
def test_a_note_says_something(op):
    given(working).when(op).refused_without_hint_check("INVALID_INPUT", 2)


@pytest.mark.parametrize("op", [RecordDeviation(task="1", message="m"), RecordArtifact(task="1", path="p", summary="s")])
def test_only_the_holder_of_a_running_implementation_takes_notes(op):
    given(approved).when(op).refused("WORKFLOW_REJECTION", 3)
    given(working).as_(OTHER).when(op).refused("LOCK_CONFLICT", 4)
    given(working).later(7201).when(op).refused("STALE_LOCK_REQUIRES_BREAK", 4)
    given(working, FinishImplementation(task="1", summary="s")).when(op).refused("WORKFLOW_REJECTION", 3)
