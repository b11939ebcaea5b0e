"""Evidence that is told, listed, verified, run again and trusted."""

import pytest

from gitledger.ops._captured import Ran
from gitledger.ops._facts import Trees
from gitledger.ops._verifying import TrustEvidence, VerifyEvidence
from gitledger.ops.evidence import AddEvidence, ListEvidence, ShowEvidence
from gitledger.ops.run import RunCommand
from gitledger.ops.task import CreateTask
from gitledger.ops.todo import AddTodo, DoneTodo, ShowTodo
from tests.ops.harness import given
from tests.ops.test_run import implementing, ran, refused, wanted

A, B = Trees(tree="a" * 40, tree_all="a" * 40), Trees(tree="b" * 40, tree_all="c" * 40)


def task(scene):
    scene.trees = A
    scene.run(CreateTask(title="T"))
    scene.run(AddTodo(task="1", text="Do it"))


def capture(scene, exit_code: int = 0, *, todo: str | None = "1", argv=("pytest", "-q"), **facts) -> None:
    scene.ran = [ran(exit_code, argv=argv, line=" ".join(argv), **{"trees": scene.trees} | facts)]
    view = scene.run(RunCommand(task="1", argv=list(argv), todo=todo))
    scene.trusted.add(view.evidence.event)
    scene.ran = []


# ---------------------------------------------------------------------------------------------- add, list, show


def test_add_says_what_was_seen():
    op = AddEvidence(task="1", summary="All green.", kind="test", command_text="pytest", exit_code=0, artifact=["log.txt"], todo="1")
    view = given(task).when(op).then("evidence.recorded")
    assert (view.id, view.kind, view.summary, view.subject) == ("evidence-0001", "test", "All green.", "todo-0001")
    assert (view.command, view.exit_code, view.passed, view.captured, view.argv) == ("pytest", 0, True, False, [])
    assert (view.artifacts, view.tree, view.tree_all) == (["log.txt"], A.tree, A.tree_all)


@pytest.mark.parametrize(
    ("fields", "passed"),
    [
        ({"passed": True}, True),
        ({"failed": True}, False),
        ({"exit_code": 0}, True),
        ({"exit_code": 3}, False),
        ({"exit_code": 3, "passed": True}, True),
        ({"exit_code": 0, "failed": True}, False),
    ],
)
def test_how_it_went(fields, passed):
    assert given(task).run(AddEvidence(task="1", summary="x", **fields)).passed is passed


@pytest.mark.parametrize(
    "fields",
    [
        {"summary": "x"},
        {"passed": True},
        {"summary": "x", "passed": True, "failed": True},
        {"summary": "x", "passed": True, "kind": " "},
        {"summary": "x", "exit_code": 256},
        {"summary": "x", "passed": True, "todo": "1", "run": "1"},
        {"passed": True, "artifact": [" "]},
    ],
)
def test_what_cannot_be_evidence(fields):
    given(task).when(AddEvidence(task="1", **fields)).refused_without_hint_check("INVALID_INPUT", 2)


def test_a_list_can_be_cut_to_a_todo_or_a_criterion():
    scene = given(implementing)
    scene.run(AddEvidence(task="1", summary="x", passed=True))
    scene.run(AddEvidence(task="1", summary="y", passed=True, todo="1"))
    scene.run(AddEvidence(task="1", summary="z", passed=True, criterion="1"))
    listed = scene.run(ListEvidence(task="1"))
    assert [(item.id, item.subject) for item in listed.evidence] == [
        *(("evidence-0001", "run-0002"), ("evidence-0002", "todo-0001"), ("evidence-0003", "ac-0001"))
    ]
    assert (listed.total, listed.truncated) == (3, False)
    assert [item.id for item in scene.run(ListEvidence(task="1", todo="1")).evidence] == ["evidence-0002"]
    assert [item.id for item in scene.run(ListEvidence(task="1", criterion="ac-1")).evidence] == ["evidence-0003"]


@pytest.mark.parametrize("reference", ["evidence-0001", "evidence-1", "1", "task-0001/evidence-1"])
def test_evidence_is_named_like_other_items(reference):
    scene = given(task, capture)
    view = scene.run(ShowEvidence(task=None if "/" in reference else "1", evidence=reference))
    assert (view.evidence.id, view.trusted) == ("evidence-0001", True)
    assert scene.run(ShowEvidence(task="1", evidence=view.evidence.event[:8])).evidence.id == "evidence-0001"
    scene.when(ShowEvidence(task="1", evidence="evidence-0009")).refused("NOT_FOUND", 5)


def test_a_todo_shows_its_evidence():
    scene = given(task, capture)
    scene.run(AddEvidence(task="1", summary="Read it.", passed=True, todo="1"))
    shown = scene.run(ShowTodo(task="1", todo="1")).evidence
    assert [(item.id, item.text, item.captured) for item in shown] == [
        *(("evidence-0001", "pytest -q", True), ("evidence-0002", "Read it.", False))
    ]


def test_todo_done_keeps_the_tree_and_says_it_again_of_another():
    scene = given(task)
    scene.when(DoneTodo(task="1", todo="1", evidence=["seen"])).then("todo.done")
    assert (scene.task("1").todos[0].tree, scene.task("1").todos[0].tree_all) == (A.tree, A.tree_all)
    scene.when(DoneTodo(task="1", todo="1", evidence=["seen"])).then()
    scene.trees = B
    scene.when(DoneTodo(task="1", todo="1")).then()
    scene.when(DoneTodo(task="1", todo="1", evidence=["seen"])).then("todo.done")
    assert scene.task("1").todos[0].tree == B.tree and scene.task("1").todos[0].evidence == ["seen"]


# ---------------------------------------------------------------------------------------------- verify


def states(view) -> list[str]:
    return [item.state for item in view.evidence]


def test_evidence_holds_on_its_own_tree_only():
    scene = given(task, capture)
    view = scene.run(VerifyEvidence(task="1"))
    assert (states(view), view.holds, view.report_exit()) == (["fresh"], True, 0)
    scene.trees, scene.changed = B, {A.tree: ["a.py", "b.py"], "HEAD": ["z"]}
    view = scene.run(VerifyEvidence(task="1"))
    assert (states(view), view.holds, view.report_exit()) == (["stale"], False, 7)
    assert (view.evidence[0].changed, view.evidence[0].changed_since) == (["a.py", "b.py"], "evidence")
    assert (view.tree, view.tree_all) == (B.tree, B.tree_all)


def test_without_its_tree_what_changed_since_the_last_commit_is_told():
    scene = given(task, capture)
    scene.trees, scene.changed = B, {"HEAD": ["z.py"]}
    [item] = scene.run(VerifyEvidence(task="1")).evidence
    assert (item.state, item.changed, item.changed_since) == ("stale", ["z.py"], "HEAD")


@pytest.mark.parametrize("now", [Trees(tree="a" * 40), Trees(tree="x", tree_all="a" * 40), Trees(tree="a" * 40, tree_all="y")])
def test_either_tree_will_do(now):
    scene = given(task, capture)
    scene.trees = now
    assert states(scene.run(VerifyEvidence(task="1"))) == ["fresh"]


def test_unknown_trees_prove_nothing():
    scene = given(task, lambda scene: capture(scene, trees=Trees()))
    assert states(scene.run(VerifyEvidence(task="1"))) == ["unknown"]
    scene.trees = Trees()
    assert states(scene.run(VerifyEvidence(task="1"))) == ["unknown"]


def test_what_failed_does_not_hold():
    view = given(task, lambda scene: capture(scene, 1)).run(VerifyEvidence(task="1"))
    assert (states(view), view.report_exit()) == (["failed"], 7)


def test_the_latest_of_a_command_counts():
    scene = given(task, lambda scene: capture(scene, 1), capture)
    view = scene.run(VerifyEvidence(task="1"))
    assert (states(view), view.holds) == (["superseded", "fresh"], True)
    assert states(scene.run(VerifyEvidence(task="1", evidence=["1"]))) == ["failed"]
    capture(scene, todo=None)  # for something else
    assert states(scene.run(VerifyEvidence(task="1"))) == ["superseded", "fresh", "fresh"]


def test_no_evidence_is_nothing_wrong():
    view = given(task).run(VerifyEvidence(task="1"))
    assert (view.total, view.holds) == (0, True)


# ---------------------------------------------------------------------------------------------- again


def test_a_rerun_takes_what_does_not_hold():
    scene = given(task, capture, lambda scene: capture(scene, 1, argv=("make", "x")))
    scene.run(AddEvidence(task="1", summary="Seen.", passed=True))
    op = VerifyEvidence(task="1", rerun=True)
    assert [one.argv for one in wanted(scene, op)] == [("make", "x")]
    scene.trees = B
    again = wanted(scene, op)
    assert [(one.argv, one.folder, one.capture) for one in again] == [
        *((("pytest", "-q"), ".", "tail"), (("make", "x"), ".", "tail"))
    ]
    assert op.asks(scene.make_world()) and not VerifyEvidence(rerun=True, yes=True).asks(scene.make_world())
    assert wanted(scene, VerifyEvidence(task="1")) == []


def test_what_came_of_a_rerun_is_new_evidence_for_the_same():
    scene = given(task, capture)
    scene.trees = B
    op = VerifyEvidence(task="1", rerun=True, yes=True)
    [one] = wanted(scene, op)
    scene.ran = [ran(argv=one.argv, of=one.of, trees=B)]
    view = scene.when(op).then("evidence.recorded")
    assert (states(view), view.holds) == (["superseded", "fresh"], True)
    assert (view.evidence[0].became, view.evidence[1].id, view.evidence[1].subject) == ("evidence-0002", "evidence-0002", "todo-0001")
    record = scene.task("1").evidence
    assert (record[1].kind, record[1].subject, record[1].tree) == (record[0].kind, record[0].subject, B.tree)


def test_a_rerun_of_what_is_named():
    scene = given(task, capture, lambda scene: capture(scene, argv=("make",)))
    op = VerifyEvidence(task="1", evidence=["2", "evidence-0002"], rerun=True, timeout="5")
    [one] = wanted(scene, op)
    assert (one.argv, one.timeout_s) == (("make",), 5)
    scene.ran = [Ran(argv=("make",), line="make", exit_code=1, duration_ms=1, trees=A, of=one.of)]
    view = scene.run(op)
    assert [(item.id, item.state) for item in view.evidence] == [("evidence-0002", "superseded"), ("evidence-0003", "failed")]
    assert view.report_exit() == 7


def test_evidence_for_a_criterion_keeps_its_plan():
    scene = given(implementing)
    scene.trees = A
    scene.ran = [ran(trees=A)]
    made = scene.run(RunCommand(task="1", argv=["pytest", "-q"], criterion="1")).evidence
    scene.trusted.add(made.event)
    scene.ran = [ran(trees=A, of=made.event)]
    scene.run(VerifyEvidence(task="1", evidence=["1"], rerun=True, yes=True))
    assert scene.world.events[0].data.plan == scene.task("1").accepted_plan


def test_what_others_recorded_is_not_run():
    scene = given(task, capture)
    scene.trusted.clear()
    scene.trees = B
    error = refused(scene, VerifyEvidence(task="1", rerun=True, yes=True), "NOT_TRUSTED")
    assert error.exit_code == 3 and error.details["argv"] == ["pytest", "-q"] and list(error.blocking_refs) == ["evidence-0001"]
    view = scene.run(TrustEvidence(task="1", evidence="1"))
    assert (view.id, view.argv, view.already) == ("evidence-0001", ["pytest", "-q"], False)
    assert scene.world.trusted_now == [scene.task("1").evidence[0].id]


def test_what_is_run_is_what_the_event_says():
    """A record can be another's word (`task.imported` sets it verbatim), also under an id that is trusted here."""
    scene = given(task, capture)
    scene.trees = B
    record = scene.source.states[scene.task("1").uid].task.evidence[0]
    record.argv, record.command = ["rm", "-rf", "x"], "rm -rf x"
    assert wanted(scene, VerifyEvidence(task="1", rerun=True))[0].argv == ("pytest", "-q")
    assert scene.run(TrustEvidence(task="1", evidence="1")).argv == ["pytest", "-q"]
    record.id = "f" * 20
    scene.trusted.add(record.id)
    refused(scene, VerifyEvidence(task="1", rerun=True), "NOT_TRUSTED")
    scene.when(TrustEvidence(task="1", evidence="1")).refused("INVALID_INPUT", 2)


def test_what_was_only_told_is_not_run():
    scene = given(task)
    scene.run(AddEvidence(task="1", command_text="rm -rf x", exit_code=0))
    refused(scene, VerifyEvidence(task="1", evidence=["1"], rerun=True, yes=True), "INVALID_INPUT")
    scene.when(TrustEvidence(task="1", evidence="1")).refused("INVALID_INPUT", 2)
    assert wanted(scene, VerifyEvidence(task="1", rerun=True, yes=True)) == []


def test_what_held_a_secret_is_not_run():
    scene = given(task, lambda scene: capture(scene, argv=("curl", "--token", "***")))
    refused(scene, VerifyEvidence(task="1", evidence=["1"], rerun=True, yes=True), "MASKED")


def test_where_nothing_was_kept_nothing_is_kept_again():
    scene = given(task, lambda scene: capture(scene, output_digest=None, output_tail=None))
    assert wanted(scene, VerifyEvidence(task="1", evidence=["1"], rerun=True))[0].capture == "off"


def test_a_plain_verify_reads():
    assert VerifyEvidence().reads_only() and not VerifyEvidence(rerun=True).reads_only()
