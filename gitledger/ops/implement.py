"""Implementation: carry out the accepted plan under a claim, log what changed, finish when the todos are done."""

from typing import Annotated, Literal

from gitledger.errors import NotFound, Refused
from gitledger.model import workflow
from gitledger.model.events import ClaimReleased, ClaimTaken, RunFinished, RunLogged, RunResumed, RunStarted
from gitledger.model.task import Run, Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._base import Decision, StageOperation, TaskOperation, on, opt, require_text
from gitledger.ops._changing import RecordChange, ScanChanges
from gitledger.ops._commands import line_of, on_task
from gitledger.ops._facts import PROGRAM
from gitledger.ops._freshness import todos_proven
from gitledger.ops._lifecycle import Lifecycle, lifecycle
from gitledger.ops._noting_down import RecordArtifact, RecordDeviation
from gitledger.ops._stage_commands import ImplementCommand
from gitledger.ops._type_rules import required_notes
from gitledger.ops._views import View, active_stage
from gitledger.ops._work_views import RunView, run_view
from gitledger.ops._world import World, live_claim, next_number
from gitledger.ops.todo import TodoGate, todo_gate_view

_STAGE = "implementing"


def take_claim(world: World, task: Task, stage: str, run_id: str, reason: str | None = None) -> ClaimTaken:
    """The claim of the actor for a run, in place of every other open claim on the task."""
    return ClaimTaken(
        lease_s=world.lease_s, stage=stage, run=run_id, over=[claim.id for claim in task.claims], reason=reason
    )


def release_claims(task: Task, stage: str, reason: str | None = None) -> list[ClaimReleased]:
    """The end of every open claim on the task for this stage."""
    return [ClaimReleased(claim=claim.id, reason=reason) for claim in task.claims if claim.stage == stage]


def holds(world: World, task: Task, stage: str) -> bool:
    """Whether the actor already has a live claim for a run of this stage."""
    claim = live_claim(task.claims, world.now)
    return _claim_rules.is_for_run(claim, stage) and claim.holder == world.actor.holder()


def started(world: World, task: Task, command: str, run_type: str) -> Lifecycle:
    """The answer of a command that begins or takes up a run."""
    run = task.running_run(run_type)
    view = run_view(task, run) if run else None
    return lifecycle(world, task, command, run_id=view.run_id if view else None, run=view)


class StartImplementation(StageOperation, frozen=True, kw_only=True):
    """Start implementing an accepted plan; this claims the task."""

    command = "implement start"
    takes_claim = True
    guards = (
        _claim_rules.not_claimed_by_other,
        guards.stage("implement start"),
        guards.accepted_plan,
        guards.no_running_implementation,
        guards.dependencies_met,
        required_notes("implement start"),
    )

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        code = world.code()
        run = yield on(
            task,
            RunStarted(
                number=next_number(task.runs),
                kind="implementation",
                status=workflow.next_status(task.workflow, task.status, "implement start") or _STAGE,
                plan=task.accepted_plan,
                branch=code.branch,
                head=code.head,
            ),
        )
        yield on(task, take_claim(world, task, _STAGE, run.id, "implement approved plan"))

    def show(self, world: World) -> Lifecycle:
        return started(world, self.subject(world), self.command, "implementation")


class RestartImplementation(StageOperation, frozen=True, kw_only=True):
    """Start implementing again after a failed validation; the accepted plan stays."""

    command = "implement restart"
    takes_claim = True
    guards = (
        _claim_rules.not_claimed_by_other,
        guards.stage("implement restart"),
        guards.accepted_plan,
        guards.no_running_implementation,
        guards.dependencies_met,
    )

    summary: Annotated[str, opt("What is to be mended.", is_input=True)]

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        summary = require_text(self.summary, "--summary")
        code = world.code()
        before, failed = task.latest_run("implementation"), task.latest_run("validation")
        run = yield on(
            task,
            RunStarted(
                number=next_number(task.runs),
                kind="implementation",
                status=_STAGE,
                plan=task.accepted_plan,
                based_on=failed.id if failed else None,
                resumes=before.id if before else None,
                summary=summary,
                branch=code.branch,
                head=code.head,
            ),
        )
        yield on(task, RunLogged(run=run.id, text=f"restarted: {summary}"))
        yield on(task, take_claim(world, task, _STAGE, run.id, summary))

    def show(self, world: World) -> Lifecycle:
        return started(world, self.subject(world), self.command, "implementation")


class ResumeImplementation(StageOperation, frozen=True, kw_only=True):
    """Take up an implementation run whose claim has run out, was broken or was never there."""

    command = "implement resume"
    item_field = "run"
    takes_claim = True
    guards = (
        _claim_rules.not_claimed_by_other,
        guards.stage("implement resume"),
        guards.accepted_plan,
        guards.running("implementation"),
        guards.dependencies_met,
    )

    reason: Annotated[str, opt("Why it is taken up again.")]
    run: Annotated[str | None, opt("The run: run-0002, or with its task: 30/run-2; left out, the one that is running.")] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        run = _running_run(world, task, self.run)
        reason = require_text(self.reason, "--reason")
        if holds(world, task, _STAGE):
            return
        yield on(task, RunResumed(run=run.id, status=_STAGE, reason=reason))
        yield on(task, take_claim(world, task, _STAGE, run.id, reason))

    def show(self, world: World) -> Lifecycle:
        return started(world, self.subject(world), self.command, "implementation")


def _running_run(world: World, task: Task, reference: str | None) -> Run:
    if reference is None:
        run = task.running_run("implementation")
        assert run is not None  # the guard `running implementation` has spoken
        return run
    run = world.item(task.runs, "run", reference, task)
    if run.type != "implementation" or run.status != "running":
        raise Refused(
            f"{run.ref} of {task.id} is a {run.type} run that is {run.status}; only a running implementation run resumes.",
            hint=(PROGRAM, "implement", "show", "--task", task.id),
            task_id=task.id,
        )
    return run


_WORK = (guards.status_in("implementing"), _claim_rules.my_claim(_STAGE), guards.running("implementation"))


class LogImplementation(TaskOperation, frozen=True, kw_only=True):
    """Write a line into the log of the running implementation; without --message, show the run."""

    command = "implement log"

    message: Annotated[str | None, opt("The line.", is_input=True)] = None

    def decide(self, world: World) -> Decision:
        if self.message is None:
            return
        for guard in _WORK:
            refusal = guard(world, self)
            if refusal is not None:
                raise refusal
        task = self.subject(world)
        run = task.running_run("implementation")
        assert run is not None  # the guard `running implementation` has spoken
        yield on(task, RunLogged(run=run.id, text=require_text(self.message, "--message").strip("\n")))

    def what(self, world: World) -> str:
        return self.message or ""

    def show(self, world: World) -> RunView:
        task = self.subject(world)
        return run_view(task, _run_of_type(world, task, None, "implementation"))


def _run_of_type(world: World, task: Task, reference: str | None, run_type: str) -> Run:
    """The run that is named, else the latest of its type."""
    if reference is not None:
        return world.item(task.runs, "run", reference, task)
    run = task.latest_run(run_type)
    if run is None:
        raise NotFound(
            f"{task.id} has no {run_type} run yet.", hint=guards.next_step(task), task_id=task.id
        )
    return run


class Finished(View):
    """An implementation is finished."""

    command: str
    task_id: str
    run_id: str
    status: str
    status_stage: str
    active_stage: str | None
    changed: bool
    next_command: str
    kind: Literal["task_lifecycle"] = "task_lifecycle"


class FinishImplementation(TaskOperation, frozen=True, kw_only=True):
    """Finish the implementation: every mandatory todo must be done. The claim ends."""

    command = "implement finish"
    guards = (guards.not_held, *_WORK, guards.todos_done, todos_proven)

    summary: Annotated[str, opt("What was built.", is_input=True)]

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        run = task.running_run("implementation")
        assert run is not None  # the guard `running implementation` has spoken
        summary, now = require_text(self.summary, "--summary").strip("\n"), world.trees()
        yield on(
            task,
            RunFinished(
                run=run.id,
                result="finished",
                summary=summary,
                status="implemented",
                tree=now.tree,
                tree_all=now.tree_all,
                policy=world.policy.blob,
            ),
        )
        for released in release_claims(task, _STAGE):
            yield on(task, released)

    def what(self, world: World) -> str:
        return self.summary

    def show(self, world: World) -> Finished:
        task = self.subject(world)
        return Finished(
            command=self.command,
            task_id=task.id,
            run_id=_run_of_type(world, task, None, "implementation").ref,
            status=task.status,
            status_stage=task.status,
            active_stage=active_stage(task, world.now),
            changed=world.changed,
            next_command=line_of(on_task(task, "validate", "start"), task, self),
        )


class ImplementationStatus(TaskOperation, frozen=True, kw_only=True):
    """Show whether the todos let the implementation finish."""

    command = "implement status"
    writes = False

    def show(self, world: World) -> TodoGate:
        return todo_gate_view(world, self.subject(world))


class ImplementationChecklist(TaskOperation, frozen=True, kw_only=True):
    """Show the todos as a checklist."""

    command = "implement checklist"
    writes = False

    def show(self, world: World) -> TodoGate:
        return todo_gate_view(world, self.subject(world))


class RunShown(View):
    """A run of a task."""

    task_id: str
    run: RunView
    kind: Literal["task_run"] = "task_run"


class ShowImplementation(TaskOperation, frozen=True, kw_only=True):
    """Show an implementation run: its log, changes and result."""

    command = "implement show"
    item_field = "run"
    writes = False

    run: Annotated[str | None, opt("The run: run-0002, or with its task: 30/run-2; left out, the latest implementation run.")] = None

    def show(self, world: World) -> RunShown:
        task = self.subject(world)
        run = _run_of_type(world, task, self.run, "implementation")
        return RunShown(task_id=task.id, run=run_view(task, run))


OPERATIONS = (
    StartImplementation,
    RecordChange,
    LogImplementation,
    RecordDeviation,
    RecordArtifact,
    ScanChanges,
    ImplementCommand,
    ImplementationStatus,
    ImplementationChecklist,
    ShowImplementation,
    FinishImplementation,
    RestartImplementation,
    ResumeImplementation,
)
