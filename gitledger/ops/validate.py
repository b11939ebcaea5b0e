"""Validation: check every criterion of the accepted plan under a claim, and finish the task when all hold."""

from typing import Annotated, Any, Literal

from gitledger.errors import NotFound, Refused
from gitledger.model import workflow
from gitledger.model.events import CheckRecorded, CriterionWaived, RunFinished, RunResumed, RunStarted
from gitledger.model.task import Plan, Run, Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._base import Decision, StageOperation, TaskOperation, on, opt, require_text
from gitledger.ops._commands import on_task
from gitledger.ops._criteria import criteria_states, find_criterion
from gitledger.ops._facts import PROGRAM
from gitledger.ops._freshness import criteria_not_proven, criteria_proven
from gitledger.ops._lifecycle import Lifecycle, lifecycle
from gitledger.ops._person import person_wanted
from gitledger.ops._proof import EvidenceBrief, evidence_briefs, of_criterion
from gitledger.ops._stage_commands import ValidateCommand
from gitledger.ops._type_rules import required_notes
from gitledger.ops._views import View, active_stage, ref_of, refs_of
from gitledger.ops._work_views import CheckView, RunView, check_views, run_view
from gitledger.ops._world import World, next_number
from gitledger.ops.implement import RunShown, holds, release_claims, started, take_claim

_STAGE = "validating"
_STATUSES = {"pass": "pass", "fail": "fail", "warn": "warn", "not_run": "not_run", "skip": "not_run"}


class StartValidation(StageOperation, frozen=True, kw_only=True):
    """Start validating a finished implementation; this claims the task.

    A validation whose claim has run out or was broken is taken up again.
    """

    command = "validate start"
    takes_claim = True
    guards = (
        _claim_rules.not_claimed_by_other,
        guards.stage("validate start"),
        guards.accepted_plan,
        required_notes("validate start"),
    )

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        if holds(world, task, _STAGE):
            return
        run = task.running_run("validation")
        if task.status == _STAGE and run is not None:
            yield on(task, RunResumed(run=run.id, status=_STAGE))
            yield on(task, take_claim(world, task, _STAGE, run.id, "validate implementation"))
            return
        built = task.latest_run("implementation")
        code = world.code()
        started_run = yield on(
            task,
            RunStarted(
                number=next_number(task.runs),
                kind="validation",
                status=workflow.next_status(task.workflow, task.status, "validate start") or _STAGE,
                plan=task.accepted_plan,
                based_on=built.id if built else None,
                branch=code.branch,
                head=code.head,
            ),
        )
        yield on(task, take_claim(world, task, _STAGE, started_run.id, "validate implementation"))

    def show(self, world: World) -> Lifecycle:
        return started(world, self.subject(world), self.command, "validation")


_WORK = (guards.status_in(_STAGE), _claim_rules.my_claim(_STAGE), guards.running("validation"), guards.accepted_plan)


def _plan_and_run(task: Task) -> tuple[Plan, Run]:
    plan, run = task.current_plan(), task.running_run("validation")
    assert plan is not None and run is not None  # guards have spoken
    return plan, run


class RecordCheck(TaskOperation, frozen=True, kw_only=True):
    """Record how a criterion did: the latest check of a criterion counts."""

    command = "validate check"
    item_field = "criterion"
    guards = _WORK

    criterion: Annotated[str, opt("The criterion: ac-0001, ac-1 or 1.")]
    status: Annotated[Literal["pass", "fail", "warn", "not_run", "skip"], opt("How it did.")] = "pass"
    evidence: Annotated[list[str], opt("What proves it; may be given more than once.")] = []
    name: Annotated[str | None, opt("A name for the check.")] = None
    details: Annotated[str | None, opt("What was seen.", is_input=True)] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        plan, run = _plan_and_run(task)
        criterion = find_criterion(task, plan, world.within(task, self.criterion)).id
        evidence, now = [require_text(text, "--evidence") for text in self.evidence], world.trees()
        yield on(
            task,
            CheckRecorded(
                number=next_number(check for check in task.checks if check.run == run.id),
                run=run.id,
                plan=plan.id,
                criterion=criterion,
                status=_STATUSES[self.status],
                name=self.name or None,
                details=self.details or None,
                evidence=evidence,
                tree=now.tree,
                tree_all=now.tree_all,
            ),
        )

    def what(self, world: World) -> str:
        return f"{self.criterion} {self.status}"

    def show(self, world: World) -> RunView:
        return _shown_run(self.subject(world))


class WaiveCriterion(TaskOperation, frozen=True, kw_only=True):
    """Excuse a criterion, as a person and with a reason. It then counts as passed."""

    command = "validate waive"
    item_field = "criterion"
    guards = (
        *_WORK,
        person_wanted(
            "waive a criterion",
            lambda task: on_task(task, "validate", "status"),
            "A person waives it in a terminal, with validate waive.",
        ),
    )

    criterion: Annotated[str, opt("The criterion: ac-0001, ac-1 or 1.")]
    reason: Annotated[str, opt("Why it need not hold.", is_input=True)]
    actor: Annotated[str, opt("Who excuses it: only user may.")] = "user"

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        if self.actor != "user":
            raise Refused(
                "Only a user may waive a criterion.",
                hint=(PROGRAM, "validate", "check", "--task", task.id, "--criterion", self.criterion),
                task_id=task.id,
            )
        plan, run = _plan_and_run(task)
        yield on(
            task,
            CriterionWaived(
                number=next_number(check for check in task.checks if check.run == run.id),
                run=run.id,
                plan=plan.id,
                criterion=find_criterion(task, plan, world.within(task, self.criterion)).id,
                reason=require_text(self.reason, "--reason"),
            ),
        )

    def what(self, world: World) -> str:
        return f"{self.criterion} {self.reason}"

    def show(self, world: World) -> RunView:
        return _shown_run(self.subject(world))


def _shown_run(task: Task) -> RunView:
    run = task.latest_run("validation")
    assert run is not None  # the guard `running validation` has spoken
    return run_view(task, run)


class FinishValidation(TaskOperation, frozen=True, kw_only=True):
    """Finish the validation.

    `passed` makes the task done, and needs every mandatory criterion passed and every mandatory todo done;
    `failed` and `blocked` send it back.
    """

    command = "validate finish"
    guards = (
        guards.not_held,
        guards.status_in(_STAGE),
        _claim_rules.my_claim(_STAGE),
        guards.running("validation"),
        guards.checks_passed,
        criteria_proven,
        required_notes("validate passed"),
    )

    result: Annotated[Literal["passed", "failed", "blocked"], opt("How the validation ended.")]
    summary: Annotated[str, opt("What was found.", is_input=True)]
    recommendation: Annotated[str | None, opt("What to do next.", is_input=True)] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        run = task.running_run("validation")
        assert run is not None  # the guard `running validation` has spoken
        summary, now = require_text(self.summary, "--summary").strip("\n"), world.trees()
        yield on(
            task,
            RunFinished(
                run=run.id,
                result=self.result,
                summary=summary,
                tree=now.tree,
                tree_all=now.tree_all,
                recommendation=self.recommendation or None,
                status=workflow.next_status(task.workflow, task.status, f"validate {self.result}"),
                policy=world.policy.blob,
            ),
        )
        for released in release_claims(task, _STAGE):
            yield on(task, released)

    def what(self, world: World) -> str:
        return f"{self.result}: {self.summary}"

    def show(self, world: World) -> Lifecycle:
        task = self.subject(world)
        view = _shown_run(task)
        return lifecycle(world, task, self.command, run_id=view.run_id, run=view, result=self.result)


class CriterionReport(View):
    """How a criterion stands in the validation."""

    id: str
    text: str
    mandatory: bool
    latest_check_id: str | None
    latest_status: str
    satisfied: bool
    has_waiver: bool
    evidence: list[str]
    history: list[CheckView]
    blockers: list[dict[str, Any]]
    proof: list[EvidenceBrief]


class ValidationReport(View):
    """Whether the validation can finish as passed, and what is missing."""

    task_id: str
    task_slug: str
    status_stage: str
    active_stage: str | None
    run_id: str | None
    can_finish_passed: bool
    accepted_plan: dict[str, Any] | None
    implementation: dict[str, Any] | None
    criteria: list[CriterionReport]
    todos: dict[str, list[str]]
    dependencies: dict[str, list[dict[str, Any]]]
    blockers: list[dict[str, Any]]


class ValidationStatus(View):
    """The validation gate."""

    task_id: str
    result: ValidationReport
    kind: Literal["validation_status"] = "validation_status"


def validation_report(world: World, task: Task, run: Run | None = None) -> ValidationReport:
    """The gate report of a validation run (reference §6.3)."""
    run = run or task.running_run("validation") or task.latest_run("validation")
    plan, built = task.current_plan(), task.latest_run("implementation")
    blockers, todos = [*guards.validation_blockers(world, task), *criteria_not_proven(world, task)], refs_of(task.todos)
    by_ref: dict[str | None, list[dict[str, Any]]] = {}
    for blocker in blockers:
        by_ref.setdefault(blocker.ref, []).append(blocker.to_dict())
    return ValidationReport(
        task_id=task.id,
        task_slug=task.slug,
        status_stage=task.status,
        active_stage=active_stage(task, world.now),
        run_id=ref_of(task.runs, run) if run else None,
        can_finish_passed=not blockers,
        accepted_plan={"version": plan.version, "status": plan.status} if plan else None,
        implementation={
            "run_id": ref_of(task.runs, built),
            "status": built.status,
            "satisfied": built.status == "finished",
        }
        if built
        else None,
        criteria=[_criterion_report(world, task, plan, state, by_ref) for state in criteria_states(task, plan, run)],
        todos={"open_mandatory": [todos[todo.id] for todo in guards.open_mandatory_todos(task)]},
        dependencies={"blockers": [blocker.to_dict() for blocker in guards.dependency_blockers(world, task)]},
        blockers=[blocker.to_dict() for blocker in blockers],
    )


def _criterion_report(
    world: World, task: Task, plan: Any, state: Any, by_ref: dict[str | None, list[dict[str, Any]]]
) -> CriterionReport:
    latest = state.latest
    return CriterionReport(
        id=state.criterion.id,
        text=state.criterion.text,
        mandatory=state.criterion.mandatory,
        latest_check_id=ref_of(state.checks, latest) if latest else None,
        latest_status=latest.status if latest else "not_run",
        satisfied=state.is_satisfied,
        has_waiver=latest is not None and latest.waiver is not None,
        evidence=[item for check in state.checks for item in check.evidence],
        history=check_views(task, state.checks),
        blockers=by_ref.get(state.criterion.id, []),
        proof=evidence_briefs(task, of_criterion(world, task, plan, state.criterion)),
    )


class ShowValidationStatus(TaskOperation, frozen=True, kw_only=True):
    """Show which criteria hold, and what stands in the way of finishing."""

    command = "validate status"
    item_field = "run"
    writes = False

    run: Annotated[str | None, opt("The run: run-0003, or with its task: 30/run-3; left out, the latest validation run.")] = None

    def show(self, world: World) -> ValidationStatus:
        task = self.subject(world)
        run = world.item(task.runs, "run", self.run, task) if self.run else None
        return ValidationStatus(task_id=task.id, result=validation_report(world, task, run))


class ShowValidation(TaskOperation, frozen=True, kw_only=True):
    """Show a validation run: its checks and result."""

    command = "validate show"
    item_field = "run"
    writes = False

    run: Annotated[str | None, opt("The run: run-0003, or with its task: 30/run-3; left out, the latest validation run.")] = None

    def show(self, world: World) -> RunShown:
        task = self.subject(world)
        run = world.item(task.runs, "run", self.run, task) if self.run else task.latest_run("validation")
        if run is None:
            raise NotFound(
                f"{task.id} has no validation run yet.", hint=guards.next_step(task), task_id=task.id
            )
        return RunShown(task_id=task.id, run=run_view(task, run))


OPERATIONS = (
    StartValidation,
    RecordCheck,
    ValidateCommand,
    WaiveCriterion,
    FinishValidation,
    ShowValidationStatus,
    ShowValidation,
)
