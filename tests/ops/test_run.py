"""`run` and the commands of the stages: what is refused before anything starts, and what is recorded of what ran."""

import pytest

from gitledger.errors import LedgerError
from gitledger.model.policy import Policy
from gitledger.ops._captured import MAX_ARGV, Ran, Wanted, folder_of, line_of_argv
from gitledger.ops._drive import ask_guards
from gitledger.ops._facts import Trees
from gitledger.ops._proposing import StartPlan
from gitledger.ops._stage_commands import ImplementCommand, PlanCommand, ValidateCommand
from gitledger.ops.implement import FinishImplementation, StartImplementation
from gitledger.ops.run import RunCommand
from gitledger.ops.task import CreateTask
from gitledger.ops.validate import ShowValidationStatus, StartValidation
from tests.ops.harness import ADA, BOT, OTHER, given
from tests.ops.stories import approved

TREE, TREE_ALL = "1" * 40, "2" * 40


def ran(exit_code: int = 0, **facts) -> Ran:
    usual = {"argv": ("pytest", "-q"), "line": "pytest -q", "duration_ms": 1200, "output_digest": "sha256:00", "output_tail": "tail\n"}
    return Ran(exit_code=exit_code, **{**usual, "trees": Trees(tree=TREE, tree_all=TREE_ALL), **facts})


def after(scene, *children: Ran):
    """The scene, when these programs have run."""
    scene.ran = list(children)
    return scene


def wanted(scene, op) -> list[Wanted]:
    """What would be started: guards first, as the shell does."""
    world = scene.make_world()
    ask_guards(op, world)
    return op.wanted(world)


def implementing(scene, **story):
    approved(scene, **story)
    scene.as_(BOT).run(StartImplementation(task="1"))


def validating(scene, **story):
    implementing(scene, **{"todos": 0} | story)
    scene.run(FinishImplementation(task="1", summary="done"))
    scene.as_(ADA).run(StartValidation(task="1"))


def refused(scene, op, code: str) -> LedgerError:
    with pytest.raises(LedgerError) as caught:
        wanted(scene, op)
    # Where bad input has no hint, a face names the help of the command.
    assert caught.value.code == code and (caught.value.hint or code == "INVALID_INPUT")
    return caught.value


# ---------------------------------------------------------------------------------------------- before it starts


def test_what_is_to_be_started():
    scene = given(implementing)
    assert wanted(scene, RunCommand(task="1", argv=["pytest", "-q"])) == [Wanted(argv=("pytest", "-q"))]
    one = wanted(scene, RunCommand(task="1", argv=["x"], timeout="2m", no_output=True))
    assert one == [Wanted(argv=("x",), timeout_s=120, capture="off")]


@pytest.mark.parametrize("how", ["tail", "digest", "off"])
def test_the_policy_says_what_is_kept(how):
    scene = given(implementing).with_policy(Policy(capture=how))
    assert wanted(scene, RunCommand(task="1", argv=["x"]))[0].capture == how


@pytest.mark.parametrize(
    ("op", "code"),
    [
        (RunCommand(task="7", argv=["x"]), "NOT_FOUND"),
        (RunCommand(argv=["x"]), "NO_ACTIVE_TASK"),
        (RunCommand(task="1", argv=[]), "INVALID_INPUT"),
        (RunCommand(task="1", argv=[""]), "INVALID_INPUT"),
        (RunCommand(task="1", argv=["x" * MAX_ARGV]), "INVALID_INPUT"),
        (RunCommand(task="1", argv=["x"], timeout="soon"), "INVALID_INPUT"),
        (RunCommand(task="1", argv=["x"], kind="a\nb"), "INVALID_INPUT"),
        (RunCommand(task="1", argv=["x"], todo="9"), "NOT_FOUND"),
        (RunCommand(task="1", argv=["x"], criterion="9"), "INVALID_INPUT"),
        (RunCommand(task="1", argv=["x"], todo="1", criterion="1"), "INVALID_INPUT"),
        (PlanCommand(task="1", argv=["x"]), "WORKFLOW_REJECTION"),
        (ValidateCommand(task="1", argv=["x"], criterion="1"), "WORKFLOW_REJECTION"),
    ],
)
def test_what_is_refused_starts_nothing(op, code):
    refused(given(implementing), op, code)


def test_the_stages_need_their_claim():
    scene = given(implementing)
    refused(scene.as_(OTHER), ImplementCommand(task="1", argv=["x"]), "LOCK_CONFLICT")
    refused(scene.as_(BOT).later(8000), ImplementCommand(task="1", argv=["x"]), "STALE_LOCK_REQUIRES_BREAK")


def test_a_criterion_needs_an_accepted_plan():
    refused(given(CreateTask(title="T")), RunCommand(task="1", argv=["x"], criterion="1"), "WORKFLOW_REJECTION")


# ---------------------------------------------------------------------------------------------- what is recorded


def test_run_records_evidence_for_the_run_that_goes_on():
    scene = after(given(implementing), ran())
    view = scene.when(RunCommand(task="1", argv=["pytest", "-q"], summary="All of it.")).then("evidence.recorded")
    assert (view.kind, view.exit_code, view.passed, view.report_exit()) == ("evidence_captured", 0, True, 0)
    evidence = view.evidence
    assert (evidence.id, evidence.subject, evidence.captured, evidence.command) == ("evidence-0001", "run-0002", True, "pytest -q")
    assert (evidence.argv, evidence.duration_ms, evidence.output_tail) == (["pytest", "-q"], 1200, "tail\n")
    assert (evidence.tree, evidence.tree_all) == (TREE, TREE_ALL)


def test_run_is_for_what_is_named():
    scene = after(given(implementing), ran())
    assert scene.run(RunCommand(task="1", argv=["x"], todo="1")).evidence.subject == "todo-0001"
    assert scene.run(RunCommand(task="1", argv=["x"], criterion="1")).evidence.subject == "ac-0001"
    event = scene.world.events[0]
    assert event.data.plan == scene.task("1").accepted_plan


def test_run_works_for_any_task_at_any_time():
    scene = after(given(CreateTask(title="T")), ran())
    assert scene.run(RunCommand(task="1", argv=["x"])).evidence.subject is None
    assert scene.as_(OTHER).run(RunCommand(task="1", argv=["x"])).evidence.id == "evidence-0002"


def test_the_exit_code_is_the_programs_unless_it_may_fail():
    scene = after(given(CreateTask(title="T")), ran(137))
    view = scene.run(RunCommand(task="1", argv=["x"]))
    assert (view.report_exit(), view.passed, view.evidence.passed) == (137, False, False)
    assert scene.run(RunCommand(task="1", argv=["x"], allow_failure=True)).report_exit() == 0


def test_plan_command_writes_a_line_into_the_log():
    scene = after(given(CreateTask(title="T"), StartPlan(task="1")), ran(2, stdout="out\n", stderr="err\n"))
    view = scene.when(PlanCommand(task="1", argv=["pytest", "-q"])).then("run.logged", "evidence.recorded")
    line = scene.task("1").runs[0].log[-1]
    assert (line.kind, line.text, line.exit_code) == ("command", "Ran pytest -q (exit 2)", 2)
    assert (view.kind, view.exit_code, view.stdout, view.stderr, view.change) == ("planning_command", 2, "out\n", "err\n", None)
    assert view.artifact_path is None and view.report_exit() == 2


def test_implement_command_records_a_change():
    scene = after(given(implementing), ran(1))
    view = scene.when(ImplementCommand(task="1", argv=["pytest", "-q"])).then("change.recorded", "evidence.recorded")
    change = view.change
    assert (view.kind, change.kind, change.path, change.command, change.exit_code) == (
        *("implementation_command", "command", "."),
        *("pytest -q", 1),
    )
    assert (change.tree, view.evidence.subject) == (TREE, "run-0002")


@pytest.mark.parametrize(("code", "status"), [(0, "pass"), (1, "fail"), (137, "fail")])
def test_validate_command_records_a_check(code, status):
    scene = after(given(validating), ran(code))
    op = ValidateCommand(task="1", criterion="1", argv=["pytest", "-q"], name="unit")
    view = scene.when(op).then("check.recorded", "evidence.recorded")
    assert (view.kind, view.run_id, view.check.status, view.check.criterion_id, view.check.name) == (
        *("validation_command", "run-0003"),
        *(status, "ac-0001", "unit"),
    )
    assert view.check.evidence == [f"evidence-0001: pytest -q (exit {code})"]
    assert view.evidence.subject == "ac-0001"  # by way of the check
    check = scene.task("1").checks[-1]
    assert (scene.task("1").evidence[-1].subject, check.tree, check.tree_all) == (check.id, TREE, TREE_ALL)
    report = scene.run(ShowValidationStatus(task="1")).result
    assert report.can_finish_passed == (status == "pass")
    assert [proof.id for proof in report.criteria[0].proof] == ["evidence-0001"]


# ---------------------------------------------------------------------------------------------- where


@pytest.mark.parametrize("folder", ["a", "a b/ü", "-x", "it's"])
def test_the_folder_is_told_in_the_line(folder):
    argv = ["sh", "-c", "echo 'a  b' && cd x"]
    line = line_of_argv(argv, folder)
    scene = after(given(CreateTask(title="T")), ran(argv=tuple(argv), line=line))
    scene.run(RunCommand(task="1", argv=argv))
    assert folder_of(scene.task("1").evidence[0]) == folder


def test_a_line_that_only_looks_like_it_names_no_folder():
    scene = after(given(CreateTask(title="T")), ran(argv=("cd", "a", "&&", "ls"), line="cd a '&&' ls"))
    scene.run(RunCommand(task="1", argv=["x"]))
    assert folder_of(scene.task("1").evidence[0]) is None
