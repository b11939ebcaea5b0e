"""`plan command`, `implement command`, `validate command`: a program runs in the stage that goes on, and is recorded there."""

from typing import Annotated, Any, Literal

from gitledger.model.events import ChangeRecorded, CheckRecorded, RunLogged
from gitledger.model.ids import item_id
from gitledger.model.task import Criterion, Plan, Run, Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._base import Decision, on, opt
from gitledger.ops._captured import CommandOperation, captured
from gitledger.ops._criteria import find_criterion
from gitledger.ops._proof import EvidenceView, evidence_view
from gitledger.ops._views import View, ref_of
from gitledger.ops._work_views import ChangeView, CheckView, change_view, check_views
from gitledger.ops._world import World, next_number


class CommandRan(View):
    """A program ran in a stage. `stdout` and `stderr` are the ends of what it printed, at most 4 KiB each."""

    task_id: str
    exit_code: int
    passed: bool
    stdout: str
    stderr: str
    evidence: EvidenceView
    allowed_failure: bool
    change: ChangeView | None = None
    artifact_path: str | None = None

    def report_exit(self) -> int:
        """The exit code of the program, unless it was allowed to fail."""
        return 0 if self.allowed_failure else self.exit_code


class PlanningCommand(CommandRan):
    """A program ran while planning; the run's log has a line about it."""

    kind: Literal["planning_command"] = "planning_command"


class ImplementationCommand(CommandRan):
    """A program ran while implementing; it is recorded as a change."""

    kind: Literal["implementation_command"] = "implementation_command"


class ValidationCommand(CommandRan, kw_only=True):
    """A program ran while validating; it is recorded as a check of a criterion."""

    run_id: str
    check: CheckView
    kind: Literal["validation_command"] = "validation_command"


def _answer(world: World, op: CommandOperation) -> dict[str, Any]:
    task, ran = op.subject(world), world.ran[0]
    return {
        "task_id": task.id,
        "exit_code": ran.exit_code,
        "passed": ran.passed,
        "stdout": ran.stdout,
        "stderr": ran.stderr,
        "evidence": evidence_view(task, task.evidence[-1]),
        "allowed_failure": op.allow_failure,
    }


class PlanCommand(CommandOperation, frozen=True, kw_only=True):
    """Run a program while planning, and record what came of it in the run's log and as evidence.

    Its output is passed on as it comes, and its exit code becomes that of gitledger. No shell reads the arguments.
    """

    command = "plan command"
    guards = (guards.status_in("planning"), _claim_rules.my_claim("planning"), guards.running("planning"))

    def decide(self, world: World) -> Decision:
        task, ran = self.subject(world), world.ran[0]
        run = _running(task, "planning")
        text = f"Ran {ran.line} (exit {ran.exit_code})"
        yield on(task, RunLogged(run=run.id, text=text, kind="command", exit_code=ran.exit_code))
        yield on(task, captured(task, ran, kind="command", summary=self.summary, subject=run.id))

    def show(self, world: World) -> PlanningCommand:
        return PlanningCommand(**_answer(world, self))


class ImplementCommand(CommandOperation, frozen=True, kw_only=True):
    """Run a program while implementing, and record what came of it as a change and as evidence.

    Its output is passed on as it comes, and its exit code becomes that of gitledger. No shell reads the arguments.
    """

    command = "implement command"
    guards = (guards.status_in("implementing"), _claim_rules.my_claim("implementing"), guards.running("implementation"))

    def decide(self, world: World) -> Decision:
        task, ran = self.subject(world), world.ran[0]
        run = _running(task, "implementation")
        yield on(
            task,
            ChangeRecorded(
                number=next_number(task.changes),
                kind="command",
                path=".",
                summary=self.summary.strip("\n"),
                run=run.id,
                command=ran.line,
                exit_code=ran.exit_code,
                tree=ran.trees.tree,
            ),
        )
        yield on(task, captured(task, ran, kind="command", summary=self.summary, subject=run.id))

    def show(self, world: World) -> ImplementationCommand:
        task = self.subject(world)
        return ImplementationCommand(change=change_view(task, task.changes[-1]), **_answer(world, self))


class ValidateCommand(CommandOperation, frozen=True, kw_only=True):
    """Run a program, and record a check of a criterion: passed where it exits with 0, else failed; with its evidence.

    Its output is passed on as it comes, and its exit code becomes that of gitledger. No shell reads the arguments.
    """

    command = "validate command"
    item_field = "criterion"
    guards = (
        guards.status_in("validating"),
        _claim_rules.my_claim("validating"),
        guards.running("validation"),
        guards.accepted_plan,
    )

    criterion: Annotated[str, opt("The criterion: ac-0001, ac-1 or 1.")]
    name: Annotated[str | None, opt("A name for the check.")] = None

    def check(self, world: World) -> None:
        self._criterion(world)

    def _criterion(self, world: World) -> tuple[Plan, Criterion]:
        task = self.subject(world)
        plan = task.current_plan()
        assert plan is not None  # the guard `accepted plan` has spoken
        return plan, find_criterion(task, plan, world.within(task, self.criterion))

    def decide(self, world: World) -> Decision:
        task, ran = self.subject(world), world.ran[0]
        run = _running(task, "validation")
        plan, criterion = self._criterion(world)
        ref = item_id("evidence", next_number(task.evidence))
        check = yield on(
            task,
            CheckRecorded(
                number=next_number(check for check in task.checks if check.run == run.id),
                run=run.id,
                plan=plan.id,
                criterion=criterion.id,
                status="pass" if ran.passed else "fail",
                name=self.name or None,
                details=self.summary.strip("\n") or None,
                evidence=[f"{ref}: {ran.short} (exit {ran.exit_code})"],
                tree=ran.trees.tree,
                tree_all=ran.trees.tree_all,
            ),
        )
        yield on(task, captured(task, ran, kind="command", summary=self.summary, subject=check.id, plan=plan.id))

    def show(self, world: World) -> ValidationCommand:
        task = self.subject(world)
        run = _running(task, "validation")
        return ValidationCommand(
            run_id=ref_of(task.runs, run), check=check_views(task, task.checks)[-1], **_answer(world, self)
        )


def _running(task: Task, run_type: str) -> Run:
    run = task.running_run(run_type)
    assert run is not None  # the guard `running …` has spoken
    return run
