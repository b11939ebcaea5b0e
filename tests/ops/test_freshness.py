"""Policy `evidence: fresh`: finishing needs proof of the source tree that is there, and captured proof outweighs words."""

import pytest

from gitledger.model.policy import Policy, TaskType
from gitledger.ops._facts import Trees
from gitledger.ops.evidence import AddEvidence
from gitledger.ops.implement import FinishImplementation
from gitledger.ops.next_action import ShowNextAction
from gitledger.ops.run import RunCommand
from gitledger.ops.todo import DoneTodo
from gitledger.ops.validate import FinishValidation, RecordCheck, ShowValidationStatus, WaiveCriterion
from gitledger.ops._stage_commands import ImplementCommand, ValidateCommand
from tests.ops.harness import given
from tests.ops.test_run import implementing, ran, validating

FRESH = Policy(evidence="fresh")
A, B = Trees(tree="a" * 40, tree_all="a" * 40), Trees(tree="b" * 40, tree_all="c" * 40)


def at(trees: Trees):
    """A step of a scene: the source tree is this one from now on."""

    def step(scene) -> None:
        scene.trees = trees

    return step


def capture(exit_code: int = 0, *, argv=("pytest", "-q"), op=RunCommand, **fields):
    """A step of a scene: a program runs on the tree of now."""

    def step(scene) -> None:
        scene.ran = [ran(exit_code, argv=argv, line=" ".join(argv), trees=scene.trees)]
        scene.run(op(task="1", argv=list(argv), **fields))
        scene.ran = []

    return step


def done(todo: str = "1"):
    return DoneTodo(task="1", todo=todo, evidence=["seen"])


def building(*steps, **story):
    """An implementation under the policy, with its one todo, after these steps."""
    scene = given(lambda scene: implementing(scene, **story)).with_policy(FRESH)
    scene.trees = A
    for step in steps:
        scene.run(step) if not callable(step) else step(scene)
    return scene


FINISH = FinishImplementation(task="1", summary="Done.")


def stale(scene, op=FINISH):
    return scene.when(op).refused("EVIDENCE_STALE", 7)


# ---------------------------------------------------------------------------------------------- implement finish


@pytest.mark.parametrize(
    "steps",
    [
        [done()],  # a word, of this tree
        [at(B), done(), at(A), done()],  # said again
        [capture(todo="1"), done()],
        [done(), at(B), capture(todo="1")],  # captured here, said elsewhere
        [capture(1, todo="1"), capture(todo="1"), done()],  # the later run of the same command counts
        [done(), at(B), capture()],  # for the whole run
        [done(), at(B), capture(op=ImplementCommand)],
        [done(), capture(1, argv=("grep", "x"))],  # a look around that found nothing
        [capture(todo="1"), done(), at(B), capture(argv=("make", "test"))],
        [done(), at(B), lambda scene: scene.run(AddEvidence(task="1", todo="1", summary="Read it.", passed=True))],
    ],
)
def test_what_is_proven_on_this_tree_may_be_finished(steps):
    building(*steps).when(FINISH).then("run.finished", "claim.released")


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ([done(), at(B)], "evidence_stale"),
        ([capture(todo="1"), done(), at(B)], "evidence_stale"),
        ([capture(todo="1"), at(B), done()], "evidence_stale"),  # captured elsewhere outweighs what was said here
        ([capture(), at(B), done()], "evidence_stale"),
        ([done(), capture(1, todo="1")], "evidence_failed"),
        ([capture(todo="1"), capture(1, todo="1"), done()], "evidence_failed"),
        ([capture(todo="1"), capture(1, argv=("ruff",), todo="1"), done()], "evidence_failed"),
        ([capture(), capture(1), at(B), done(), at(A)], "evidence_stale"),  # the whole run's later failure takes back its pass
        ([done(), lambda scene: at(Trees())(scene)], "evidence_stale"),
    ],
)
def test_what_is_not_is_refused(steps, kind):
    error = stale(building(*steps))
    [blocker] = error.details["blockers"]
    assert (blocker["kind"], blocker["ref"]) == (kind, "todo-0001")


def test_the_refusal_names_what_changed():
    scene = building(capture(todo="1"), done(), at(B))
    scene.changed = {A.tree: [f"f{number}.py" for number in range(7)], "HEAD": ["z"]}
    error = stale(scene)
    assert error.message == (
        "evidence-0001 of todo-0001 (pytest -q) belongs to another source tree;"
        " changed since: f0.py, f1.py, f2.py, f3.py, f4.py and 2 more."
    )
    assert error.details["changed"] == [f"f{number}.py" for number in range(7)]
    assert error.details["blockers"][0]["changed_since"] == "evidence"
    assert error.hint == ("gitledger", "run", "--task", "task-0001", "--todo", "todo-0001", "--", "COMMAND")


def test_where_the_tree_is_not_known_the_last_commit_has_to_do():
    scene = building(done(), at(B))
    scene.changed = {"HEAD": ["z.py"]}
    error = stale(scene)
    assert error.message == (
        "What was said of todo-0001 belongs to another source tree, which this clone does not know."
        " Changed since the last commit: z.py."
    )
    assert error.hint == ("gitledger", "todo", "done", "todo-0001", "--evidence", "...", "--task", "task-0001")


def test_every_todo_is_looked_at_and_optional_ones_are_not():
    scene = building(capture(todo="1"), done("1"), at(B), done("2"), done("3"), at(A), todos=2, optional=1)
    error = stale(scene)
    assert [blocker["ref"] for blocker in error.details["blockers"]] == ["todo-0002"]


def test_open_todos_come_first():
    building().when(FINISH).refused("IMPLEMENTATION_TODOS_INCOMPLETE", 7)


def test_without_todos_what_the_run_captured_counts():
    building(todos=0).when(FINISH).then("run.finished", "claim.released")
    error = stale(building(capture(), at(B), todos=0))
    assert error.details["blockers"][0]["ref"] == "run-0002"
    building(capture(), at(B), capture(), todos=0).when(FINISH).then("run.finished", "claim.released")


def test_without_the_policy_nothing_is_asked():
    scene = building(capture(1, todo="1"), done(), at(B)).with_policy(Policy())
    scene.when(FINISH).then("run.finished", "claim.released")
    run = scene.task("1").latest_run("implementation")
    assert (run.tree, run.tree_all) == (B.tree, B.tree_all)


def test_a_type_may_have_it_as_a_gate():
    policy = Policy(types={"strict": TaskType(gates=("evidence fresh",)), "lax": TaskType(gates=("todos done",))})

    def typed(name: str):
        def step(scene) -> None:
            scene.with_policy(policy)
            implementing(scene)
            scene.source.states[scene.task("1").uid].task.type = name
            scene.trees = A
            scene.run(done())
            scene.trees = B

        return step

    given(typed("strict")).when(FINISH).refused("EVIDENCE_STALE", 7)
    given(typed("lax")).when(FINISH).then("run.finished", "claim.released")


def test_next_action_asks_the_same_rule():
    scene = building(capture(todo="1"), done(), at(B))
    scene.changed = {A.tree: ["a.py"], "HEAD": []}
    view = scene.run(ShowNextAction(task="1"))
    assert view.action == "implement-finish"
    assert [(item["kind"], item["message"]) for item in view.blocking] == [("evidence_stale", stale(scene).message)]
    assert view.next_command == "gitledger run --task task-0001 --todo todo-0001 -- COMMAND"
    assert "changed since: a.py" in view.reason
    capture(todo="1")(scene)
    assert scene.run(ShowNextAction(task="1")).blocking == []


# ---------------------------------------------------------------------------------------------- validate finish

PASS = FinishValidation(task="1", result="passed", summary="Fine.")


def checking(*steps, **story):
    scene = given(lambda scene: validating(scene, **story)).with_policy(FRESH)
    scene.trees = A
    for step in steps:
        scene.run(step) if not callable(step) else step(scene)
    return scene


def check(status: str = "pass", criterion: str = "1"):
    return RecordCheck(task="1", criterion=criterion, status=status)


def command(exit_code: int = 0, argv=("pytest", "-q")):
    return capture(exit_code, argv=argv, op=ValidateCommand, criterion="1")


@pytest.mark.parametrize(
    "steps",
    [
        [check()],
        [command()],
        [command(1), command()],
        [at(B), check(), at(A), check()],
        [at(B), command(), at(A), command()],
        [at(B), command(), at(A), capture(criterion="1")],  # by `run --criterion`
        [at(B), command(), WaiveCriterion(task="1", criterion="1", reason="Well.")],
    ],
)
def test_a_criterion_proven_on_this_tree_passes(steps):
    checking(*steps).when(PASS).then("run.finished", "claim.released")


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ([check(), at(B)], "evidence_stale"),
        ([command(), at(B)], "evidence_stale"),
        ([command(), at(B), check()], "evidence_stale"),  # captured elsewhere outweighs what was said here
        ([command(1), check()], "evidence_failed"),
    ],
)
def test_a_criterion_proven_elsewhere_does_not(steps, kind):
    scene = checking(*steps)
    error = stale(scene, PASS)
    [blocker] = error.details["blockers"]
    assert (blocker["kind"], blocker["ref"]) == (kind, "ac-0001")
    report = scene.run(ShowValidationStatus(task="1")).result
    assert not report.can_finish_passed and report.blockers == error.details["blockers"]
    assert report.criteria[0].blockers == report.blockers and report.criteria[0].satisfied
    assert scene.run(ShowNextAction(task="1")).action == "validate-finish"
    scene.when(FinishValidation(task="1", result="failed", summary="Stale.")).then("run.finished", "claim.released")


def test_missing_checks_come_first():
    checking().when(PASS).refused("VALIDATION_INCOMPLETE", 7)


def test_the_evidence_of_an_earlier_plan_with_the_same_criterion_id_does_not_count():
    """`ac-0001` of plan v1 and of plan v2 are two criteria; the event of evidence says whose it is."""
    scene = checking(check())
    task = scene.task("1")
    other = task.plans[0]
    old = type(other)(**{name: getattr(other, name) for name in other.__struct_fields__} | {"id": "f" * 20, "version": 0})
    scene.source.states[task.uid].task.plans.insert(0, old)
    capture(1, criterion="1")(scene)
    error = stale(scene, PASS)
    assert error.details["blockers"][0]["kind"] == "evidence_failed"
    history = scene.source.history[task.uid]
    from msgspec.structs import replace

    history[-1] = replace(history[-1], data=replace(history[-1].data, plan="f" * 20))
    scene.when(PASS).then("run.finished", "claim.released")
