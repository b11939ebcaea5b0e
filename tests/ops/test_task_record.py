"""`task record`: work that was done already, in one entry."""

import pytest

from gitledger.errors import InvalidInput
from gitledger.ops._task_record import RecordTask
from gitledger.ops.task import ShowTask
from gitledger.ops.validate import ShowValidation
from tests.ops.harness import BOT, given

DEPLOYED = RecordTask(
    title="Deploy to production",
    summary="Deployed v0.4.1 to prod",
    changes=["infra/deploy.sh:run:Updated prod config: twice", "infra/hosts"],
    evidence=["Monitoring shows no errors"],
    labels=["ops"],
    owner="ada",
)


def test_work_that_is_done_is_a_task_that_is_done_with_runs_changes_and_evidence():
    scene = given()
    view = scene.when(DEPLOYED).then(
        "task.created",
        "run.started",
        *("change.recorded", "change.recorded"),
        "run.finished",
        *("run.started", "evidence.recorded", "run.finished"),
        "task.recorded",
    )
    assert (view.task_id, view.slug, view.status, view.task_type) == ("task-0001", "deploy-to-production", "done", "recorded")
    assert (view.implementation_run_id, view.validation_run_id) == ("run-0001", "run-0002")
    assert (view.change_ids, view.evidence) == (["change-0001", "change-0002"], ["Monitoring shows no errors"])
    shown = scene.run(ShowTask(task="1"))
    assert (shown.task.summary, shown.task.labels, shown.task.owner) == ("Deployed v0.4.1 to prod", ["ops"], "ada")
    assert shown.task.body == "Deploy to production"
    assert [(change.path, change.kind, change.summary) for change in shown.changes] == [
        ("infra/deploy.sh", "run", "Updated prod config: twice"),
        ("infra/hosts", "edit", ""),
    ]
    assert [(run.run_type, run.status, run.result) for run in shown.runs] == [
        ("implementation", "finished", None),
        ("validation", "finished", "passed"),
    ]
    assert scene.run(ShowValidation(task="1")).run.evidence == ["Monitoring shows no errors"]
    assert shown.lock is None and scene.active is None and shown.task.conflicts == []


def test_who_did_it_is_who_is_named():
    scene = given().as_(BOT)
    scene.run(RecordTask(title="Test by hand", evidence=["It works."]))
    assert scene.run(ShowTask(task="1")).task.recorded_by.actor_name == "bot"


def test_without_changes_and_evidence_it_says_why():
    empty = RecordTask(title="Manual API testing", allow_empty_record=True, reason="Exploratory testing")
    view = given().when(empty).then("task.created", "run.started", "run.finished", "task.recorded")
    assert (view.validation_run_id, view.change_ids, view.evidence) == (None, [], [])
    assert view.status == "done"


@pytest.mark.parametrize(
    "op",
    [
        RecordTask(title="Nothing"),
        RecordTask(title="Nothing", allow_empty_record=True),
        RecordTask(title="Nothing", allow_empty_record=True, reason=" "),
        RecordTask(title="Nothing", reason="No flag."),
        RecordTask(title="Nowhere", changes=[":run:Updated"]),
        RecordTask(title="Blank", evidence=[" "]),
        RecordTask(title="Blank", summary=" ", evidence=["x"]),
        RecordTask(title="Blank", description=" ", evidence=["x"]),
        RecordTask(title=" ", evidence=["x"]),
    ],
    ids=str,
)
def test_what_says_nothing_is_not_recorded(op):
    error = given().when(op).refused_without_hint_check("INVALID_INPUT", 2)
    assert isinstance(error, InvalidInput)
