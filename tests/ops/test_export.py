"""Bringing a project of taskledger over, as a decision: what is recorded in which order, and what is left as it is."""

from gitledger.model.taskledgerfile import OldBundle, OldEvent, OldIntro, OldProject, OldRelease, OldRequirement, OldRun, OldTask
from gitledger.ops._importing_project import ImportProject
from gitledger.ops._old_names import number_of, time_of, uid_of
from gitledger.ops.task import CreateTask
from tests.ops.harness import given

EVENT = {"event_id": "e1", "ts": "2026-01-01T10:00:00+01:00", "event": "task.created", "task_id": "task-0001"}


def bundle(task_id: str, **fields) -> OldBundle:
    task = OldTask(id=task_id, slug=f"slug-{number_of(task_id)}", title=f"Title of {task_id}", created_at="2026-01-01T09:00:00+00:00")
    return OldBundle(task=task, description="Text.", **fields)


def project(*tasks: OldBundle, **fields) -> OldProject:
    return OldProject(uuid="u", ledger="main", tasks=list(tasks), **fields)


def bring(*tasks: OldBundle, **fields) -> ImportProject:
    return ImportProject(project=project(*tasks, **fields), source="p")


def test_events_come_first_and_the_record_last_so_that_its_times_hold():
    one = bundle("task-0001", events=[OldEvent(**EVENT, line=EVENT)], texts={"task.md": "---"})
    scene = given(CreateTask(title="Here", slug="here"))
    view = scene.when(bring(one)).then("x.taskledger.event", "x.taskledger.files", "task.imported")
    assert [(task.task_id, task.outcome, task.renumbered) for task in view.tasks] == [("task-0002", "new", True)]
    task = scene.task("slug-1")
    assert (task.uid, task.created_at, task.updated_at) == (uid_of("u", "main", "task-0001"), "2026-01-01T09:00:00.000000Z", "")
    assert scene.world.events[0].at == "2026-01-01T09:00:00.000000Z"  # when it happened there
    assert scene.when(bring(one)).then().tasks[0].outcome == "unchanged"


def test_tasks_refer_to_one_another_by_uid():
    one = bundle("task-0001")
    two = bundle("task-0002", requirements=[OldRequirement(required_task_id="task-0001"), OldRequirement(required_task_id="task-0009")])
    two.task.parent_task_id, two.task.parent_relation = "task-0001", "follow_up"
    scene = given(CreateTask(title="Here", slug="here"))
    scene.run(bring(one, two))
    found = scene.task("slug-2")
    assert found.parent == scene.task("slug-1").uid and found.number == 2
    assert [dependency.on for dependency in found.dependencies] == [found.parent, uid_of("u", "main", "task-0009")]


def test_a_run_that_was_under_way_gives_the_status():
    for kind, before, during in (("planning", "draft", "planning"), ("validation", "implemented", "validating"), ("planning", "done", "done")):
        one = bundle("task-0001", runs=[OldRun(run_id="run-0001", run_type=kind, status="running")])
        one.task.status_stage = before
        scene = given(CreateTask(title="Here", slug="here"))
        scene.run(bring(one))
        assert scene.task("slug-1").status == during


def test_introductions_and_releases_are_there_once():
    intro = (OldIntro(id="intro-0007", slug="rules", title="Rules", created_at="2026-01-01T09:00:00+00:00"), "Be kind.\n")
    release = OldRelease(version="1.0", boundary_task_id="task-0001", created_at="2026-01-02T09:00:00+00:00")
    one = bundle("task-0001")
    one.task.introduction_ref = "intro-0007"
    scene = given(CreateTask(title="Here", slug="here"))
    scene.when(bring(one, intros=[intro], releases=[release])).then("intro.created", "task.imported", "release.tagged")
    book = scene.source.book()
    assert (book.intros[0].number, book.releases[0].at) == (7, "2026-01-02T09:00:00.000000Z")
    assert scene.task("slug-1").introduction == book.intros[0].id and book.releases[0].boundary == scene.task("slug-1").uid
    two = bundle("task-0002")
    two.task.introduction_ref = "intro-0007"
    scene.when(bring(one, two, intros=[intro], releases=[release])).then("task.imported")
    assert scene.task("slug-2").introduction == book.intros[0].id


def test_times_and_numbers_of_theirs():
    assert time_of("2026-01-01T10:00:00.5+01:00") == "2026-01-01T09:00:00.500000Z"
    assert time_of("2026-01-01T10:00:00") == "2026-01-01T10:00:00.000000Z"
    assert time_of("soon") is None and time_of(None) is None
    assert [number_of(name) for name in ("todo-0003", "plan-v12", "x", "run-" + "9" * 20)] == [3, 12, 0, 0]
