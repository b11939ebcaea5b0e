"""Types of tasks: their notes as gates, their lifecycles, and the gates that they name."""

import pytest

from gitledger.model.policy import NoteRule, Policy, TaskType
from gitledger.model.schemafile import OutsideTypes
from gitledger.ops.advance import AdvanceTask, ShowTransitions
from gitledger.ops.claim import ClaimTask
from gitledger.ops.implement import FinishImplementation, StartImplementation
from gitledger.ops.item import CreateItem, EditItem
from gitledger.ops.next_action import CheckCan, ShowNextAction
from gitledger.ops.note import RemoveNote, SetNote
from gitledger.ops._shelving import ArchiveTask
from gitledger.ops.task import CancelTask, CreateTask, EditTask
from gitledger.ops.todo import AddTodo
from gitledger.ops.types import CheckType, ListTypes, ShowType
from gitledger.ops.validate import FinishValidation, RecordCheck, StartValidation
from tests.ops.harness import ADA, BOT, OTHER, Scene, given
from tests.ops.stories import approved

BRIEF = NoteRule("brief", "queue", True, "What is asked,\nand by whom.")
FINDINGS = NoteRule("findings", "work", True, "What you saw.")
VERDICT = NoteRule("verdict", "review", True)
NOTES = (BRIEF, NoteRule("hint", "queue"), FINDINGS, VERDICT)


def with_type(scene: Scene, **said) -> Scene:
    """The type `bug` in the policy."""
    return scene.with_policy(Policy(types={"bug": TaskType(**{"notes": NOTES, **said})}))


def bug(**said) -> Scene:
    """A light task of the type `bug`."""
    return with_type(given(CreateItem(title="Job", type="bug")), **said)


def advance(trigger: str) -> AdvanceTask:
    return AdvanceTask(task="1", trigger=trigger)


def note(key: str, body: str = "x", **more) -> SetNote:
    return SetNote(task="1", key=key, body=body, **more)


# ---------------------------------------------------------------------------------------------- notes as gates


def test_required_notes_of_the_role_that_is_left_come_first():
    scene = bug()
    error = scene.when(advance("start")).refused("GATE_BLOCKED", 3)
    assert error.details["missing"] == [{"key": "brief", "role": "queue", "description": BRIEF.description}]
    assert error.details["guidance"] == BRIEF.description
    assert error.hint == ("gitledger", "note", "set", "brief", "--body", "TEXT", "--task", "task-0001")
    [blocker] = error.details["blockers"]
    assert blocker["message"] == "The note brief (queue) is missing: What is asked, and by whom."
    scene.when(note("brief", " \n")).then("note.set")
    scene.when(advance("start")).refused("GATE_BLOCKED")
    scene.when(note("brief", role="review")).then("note.set")  # the role that a note has itself matters to no gate
    scene.when(advance("start")).then("task.advanced")


def test_notes_of_all_roles_before_are_asked_for():
    scene = bug()
    error = scene.when(advance("complete")).refused("GATE_BLOCKED")
    assert [missing["key"] for missing in error.details["missing"]] == ["brief", "findings", "verdict"]
    scene.run(note("brief"))
    scene.run(advance("start"))
    scene.run(note("findings"))
    scene.run(RemoveNote(task="1", key="brief"))
    assert scene.when(advance("start")).refused("GATE_BLOCKED").details["missing"][0]["key"] == "brief"
    for trigger in ("hold", "resume", "cancel", "reopen"):
        scene.run(advance(trigger))


def test_dependencies_are_told_of_before_notes():
    scene = with_type(given(CreateItem(title="First"), CreateItem(title="Job", type="bug", depends_on=["1"])))
    scene.when(AdvanceTask(task="2", trigger="start")).refused("DEPENDENCY_UNSATISFIED", 3)


def test_every_report_asks_the_same_rule():
    scene = bug()
    start = scene.run(ShowTransitions(task="1", trigger="start")).transitions[0]
    assert (start.can_advance, start.code) == (False, "GATE_BLOCKED")
    step = scene.run(ShowNextAction(task="1"))
    assert step.blocking[0]["kind"] == "note_missing"
    assert step.next_command == "gitledger note set brief --body TEXT --task 1"
    check = scene.run(CheckType(task="1"))
    assert (check.type, check.matched_by, check.role, check.next, check.can_advance) == ("bug", "type", "queue", "work", False)
    assert ([missing.key for missing in check.missing], check.guidance) == (["brief"], BRIEF.description)
    scene.run(note("brief"))
    assert scene.run(ShowTransitions(task="1", trigger="start")).transitions[0].can_advance
    assert scene.run(ShowNextAction(task="1")).blocking == []
    check = scene.run(CheckType(task="1"))
    assert check.can_advance and [(item.key, item.filled) for item in check.notes][:2] == [("brief", True), ("hint", False)]


def test_staged_tasks_go_through_the_gate_too():
    scene = with_type(given(lambda scene: approved(scene, todos=0), EditTask(task="1", add_label=["bug"])))
    scene.as_(BOT)
    assert scene.when(StartImplementation(task="1")).refused("GATE_BLOCKED", 3).details["missing"][0]["key"] == "brief"
    assert scene.when(advance("start")).refused("GATE_BLOCKED", 3).details["missing"][0]["key"] == "brief"
    can = scene.run(CheckCan(task="1", action="implement"))
    assert (can.ok, [blocker["kind"] for blocker in can.blocking]) == (False, ["note_missing"])
    scene.run(note("brief"))
    scene.run(StartImplementation(task="1"))
    scene.run(FinishImplementation(task="1", summary="done"))
    assert scene.when(StartValidation(task="1")).refused("GATE_BLOCKED").details["missing"][0]["key"] == "findings"
    assert scene.run(ShowNextAction(task="1")).blocking[0]["ref"] == "findings"
    scene.run(note("findings"))
    scene.run(StartValidation(task="1"))
    blockers = scene.run(ShowTransitions(task="1", trigger="complete")).transitions[0].blocking
    assert {blocker["kind"] for blocker in blockers} == {"criterion_missing"}  # the plan's own gate comes first
    for criterion in scene.task("1").current_plan().criteria:
        scene.run(RecordCheck(task="1", criterion=criterion.id, status="pass", evidence="Seen."))
    error = scene.when(FinishValidation(task="1", result="passed", summary="Fine.")).refused("GATE_BLOCKED", 3)
    assert [missing["key"] for missing in error.details["missing"]] == ["verdict"]
    scene.run(FinishValidation(task="1", result="failed", summary="Not fine."))


# ---------------------------------------------------------------------------------------------- which type


def test_the_type_of_a_task_comes_before_its_labels_and_those_in_the_order_of_the_files():
    types = {"core": TaskType(), "bug": TaskType(notes=NOTES)}
    scene = given(CreateItem(title="Job", labels=["late", "core", "bug"])).with_policy(Policy(types=types))
    scene.outside = OutsideTypes("config.yaml", {"late": TaskType(), "bug": TaskType(lifecycle="permanent")})
    check = scene.run(CheckType(task="1"))
    assert (check.type, check.matched_by, check.file) == ("core", "label", ".gitledger.yaml")
    scene.run(EditItem(task="1", type="late"))
    check = scene.run(CheckType(task="1"))
    assert (check.type, check.matched_by, check.file) == ("late", "type", "config.yaml")
    listed = scene.run(ListTypes())
    assert [(known.name, known.file) for known in listed.types] == [
        ("core", ".gitledger.yaml"),
        ("bug", ".gitledger.yaml"),
        ("late", "config.yaml"),
    ]
    assert scene.run(ShowType(name="bug")).lifecycle == "manual"
    error = scene.when(ShowType(name="nothing")).refused("NOT_FOUND", 5)
    assert error.details == {"known": ["core", "bug", "late"]}


def test_a_task_of_no_type_is_asked_for_nothing():
    scene = with_type(given(CreateItem(title="Job", labels=["bugs"])))
    check = scene.run(CheckType(task="1"))
    assert (check.type, check.can_advance, check.missing) == (None, True, [])
    scene.when(advance("complete")).then("task.advanced")
    assert scene.run(CheckType(task="1")).next is None


def test_a_new_note_has_the_role_that_the_type_gives_it():
    assert bug().run(note("verdict")).note.role == "review"


def test_no_file_is_read_for_a_task_without_type_and_labels():
    scene = given(CreateItem(title="Job"))

    class Unreadable(Policy, frozen=True):
        @property
        def types(self):
            raise AssertionError("read")

    scene.with_policy(Unreadable())
    scene.run(advance("start"))


# ---------------------------------------------------------------------------------------------- lifecycles


def test_auto_goes_from_work_to_done_where_no_note_is_for_the_review():
    scene = bug(lifecycle="auto", notes=(BRIEF, FINDINGS))
    scene.run(note("brief"))
    scene.run(advance("start"))
    assert scene.run(ShowTransitions(task="1", trigger="start")).transitions[0].next == "done"
    assert scene.run(CheckType(task="1")).next == "done"
    scene.when(advance("start")).refused("GATE_BLOCKED")
    scene.run(note("findings"))
    assert scene.when(advance("start")).then("task.advanced").status == "done"


@pytest.mark.parametrize("said", [{"lifecycle": "auto"}, {"lifecycle": "manual", "notes": (BRIEF,)}])
def test_otherwise_there_is_a_review(said):
    scene = bug(**said)
    for key in ("brief", "findings"):
        scene.run(note(key))
    scene.run(advance("start"))
    assert scene.when(advance("start")).then("task.advanced").status == "review"


def test_what_is_permanent_is_not_given_up():
    scene = bug(lifecycle="permanent", notes=())
    error = scene.when(advance("cancel")).refused("CONFLICT", 4)
    assert error.details["field"] == "trigger" and error.hint == ("gitledger", "types", "show", "bug")
    scene.when(advance("complete")).then("task.advanced")
    staged = with_type(given(CreateTask(title="Job"), EditTask(task="1", add_label=["bug"])), lifecycle="permanent")
    staged.when(CancelTask(task="1")).refused("CONFLICT", 4)
    staged.when(advance("cancel")).refused("CONFLICT", 4)


@pytest.mark.parametrize(
    ("end", "events"),
    [
        (["complete"], ["task.advanced"]),
        (["cancel"], ["task.advanced"]),
        (["complete", "archive"], ["task.unarchived", "task.advanced"]),
    ],
)
def test_auto_reopen_takes_a_finished_task_up_again_when_a_note_is_set(end, events):
    scene = given(CreateItem(title="Whole"), CreateItem(title="Job", type="bug", parent="1"))
    with_type(scene, lifecycle="auto-reopen", notes=())
    scene.run(AdvanceTask(task="1", trigger="complete"))
    for trigger in end:
        scene.run(AdvanceTask(task="2", trigger=trigger))
    view = scene.when(SetNote(task="2", key="why", body="Because.")).then("note.set", *events)
    assert (view.reopened, view.status) == (True, "queue")
    assert scene.task("2").label is None and scene.task("1").status == "done"  # no cascade
    assert not scene.when(SetNote(task="2", key="why", body="Because.")).then().reopened


def test_another_lifecycle_does_not():
    scene = bug(notes=())
    scene.run(advance("complete"))
    assert not scene.when(note("why")).then("note.set").reopened


# ---------------------------------------------------------------------------------------------- named gates


def test_the_gates_that_a_type_names_are_the_ones_that_hold():
    scene = given(CreateItem(title="First"), CreateItem(title="Job", type="bug", depends_on=["1"]))
    with_type(scene, gates=())
    scene.when(AdvanceTask(task="2", trigger="complete")).then("task.advanced")


def test_a_light_task_can_be_made_to_need_a_claim():
    scene = bug(gates=("live claim",))
    error = scene.as_(BOT).when(advance("start")).refused("GATE_BLOCKED", 3)
    assert error.hint == ("gitledger", "claim", "task-0001")
    scene.run(ClaimTask(task="1"))
    scene.when(advance("start")).then("task.advanced")
    scene.as_(OTHER).when(advance("complete")).refused("LOCK_CONFLICT", 4)


def test_open_todos_keep_no_stage_from_ending_where_that_gate_is_open():
    scene = given(lambda scene: approved(scene, todos=0), EditTask(task="1", add_label=["bug"])).as_(BOT)
    with_type(scene, notes=())
    scene.run(StartImplementation(task="1"))
    scene.run(AddTodo(task="1", text="More"))
    scene.when(FinishImplementation(task="1", summary="x")).refused("IMPLEMENTATION_TODOS_INCOMPLETE", 7)
    with_type(scene, notes=(), gates=("dependencies",))
    assert scene.run(ShowNextAction(task="1")).action == "implement-finish"
    scene.run(FinishImplementation(task="1", summary="x"))
    scene.run(StartValidation(task="1"))
    assert scene.run(ShowNextAction(task="1")).action == "validate-finish"
    scene.run(advance("complete"))
    assert scene.task("1").status == "done"


def test_archived_and_cancelled_tasks_are_past_every_gate():
    scene = bug()
    scene.run(advance("cancel"))
    scene.as_(ADA).run(ArchiveTask(task="1"))
    assert scene.run(CheckType(task="1")).next is None
