"""The rules, each a named object with one definition: run refuses by them, `can` and `next-action` report them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from gitledger.errors import Conflict, LedgerError, Refused, ValidationFailed
from gitledger.model import ids, workflow
from gitledger.model.readiness import goes_on_without, is_dropped, needed_rank, reached_rank
from gitledger.model.task import Claim, Criterion, Dependency, Plan, Row, Run, Task, Todo
from gitledger.ops._base import PROGRAM, Blocker, World, claim_until, live_claim
from gitledger.ops._commands import on_task
from gitledger.ops._views import ref_of, refs_of, run_ref, task_ref

Find = Callable[[World, Task, Any], list[Blocker]]
Refuse = Callable[[Task, list[Blocker]], LedgerError]


class Rule(Struct, frozen=True):
    """A rule about a task: `find` says what is in the way, `refuse` makes the refusal of it."""

    name: str
    find: Find
    refuse: Refuse

    def __call__(self, world: World, op: Any) -> LedgerError | None:
        """The refusal, or None when the rule is satisfied."""
        task = op.subject(world)
        blockers = self.find(world, task, op)
        return self.refuse(task, blockers) if blockers else None


def blockers_of(world: World, op: Any) -> list[Blocker]:
    """Everything that is in the way of `op`, from all its guards."""
    task = op.subject(world)
    return [blocker for guard in op.guards if isinstance(guard, Rule) for blocker in guard.find(world, task, op)]


def refusal(
    kind: type[LedgerError],
    task: Task,
    blockers: list[Blocker],
    /,
    message: str | None = None,
    code: str | None = None,
    remediation: Sequence[str] = (),
    **extra: Any,
) -> LedgerError:
    """A refusal that lists its blockers and hints at the first command that would help."""
    hint = next((blocker.command for blocker in blockers if blocker.command), (PROGRAM, "next-action", "--task", task.id))
    return kind(
        message or blockers[0].message,
        code=code,
        hint=hint,
        remediation=remediation,
        task_id=task.id,
        blocking_refs=[blocker.ref for blocker in blockers if blocker.ref],
        details={"blockers": [blocker.to_dict() for blocker in blockers], **extra},
    )


# ---------------------------------------------------------------------------------------------- stage


def next_step(task: Task) -> tuple[str, ...]:
    """The command with which work on the task goes on from its status."""
    step = {
        "draft": ("plan", "start"),
        "planning": ("plan", "template"),
        "plan_review": ("plan", "show"),
        "approved": ("implement", "start"),
        "implementing": ("implement", "checklist"),
        "implemented": ("validate", "start"),
        "validating": ("validate", "status"),
        "failed_validation": ("implement", "restart", "--summary", "SUMMARY"),
    }.get(task.status, ("task", "show"))
    return on_task(task, *step)


def find_hold(world: World, task: Task, op: Any) -> list[Blocker]:
    """The hold on the task, which `resume` lifts; it means nothing for one that is done or cancelled."""
    if task.hold is None or task.status in ("done", "cancelled"):
        return []
    why = f": {task.hold.reason}" if task.hold.reason else ""
    return [Blocker("hold", f"{task.id} is on hold{why}.", ref=task.id, command=on_task(task, "resume"))]


# Nobody has put the task on hold.
not_held = Rule("not held", find_hold, lambda task, blockers: refusal(Refused, task, blockers))


def stage(trigger: str) -> Rule:
    """The workflow table allows `trigger` from the status of the task."""

    def find(world: World, task: Task, op: Any) -> list[Blocker]:
        if trigger != "cancel" and task.hold is not None:
            return find_hold(world, task, op)
        if workflow.next_status(task.workflow, task.status, trigger) is not None:
            return []
        if task.workflow not in workflow.STATUSES:
            return [Blocker("stage", f"{task.id} follows the unknown workflow {task.workflow!r}.", ref=task.id)]
        allowed = _listed(workflow.sources(task.workflow, trigger))
        message = f"`{trigger}` needs a task that is {allowed}; {task.id} is {task.status}."
        return [Blocker("stage", message, ref=task.id, command=next_step(task))]

    return Rule(f"stage {trigger}", find, lambda task, blockers: refusal(Refused, task, blockers))


def _listed(words: Sequence[str]) -> str:
    """`draft, planning or approved`."""
    return " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def status_in(*statuses: str) -> Rule:
    """The task has one of these statuses."""

    def find(world: World, task: Task, op: Any) -> list[Blocker]:
        if task.status in statuses:
            return []
        message = f"{task.id} is {task.status}; this needs a task that is {_listed(statuses)}."
        return [Blocker("stage", message, ref=task.id, command=next_step(task))]

    return Rule(f"status in {' '.join(statuses)}", find, lambda task, blockers: refusal(Refused, task, blockers))


# ---------------------------------------------------------------------------------------------- claims


def claimed_by_other(world: World, task: Task) -> Claim | None:
    """The live claim of somebody else on the task, or None."""
    claim = live_claim(task.claims, world.now)
    return claim if claim is not None and claim.holder != world.actor.holder() else None


def claimed_elsewhere(world: World, task: Task) -> tuple[str, Row, Claim] | None:
    """A live claim of somebody else on the same task in another ledger of the repository: ledger, row, claim."""
    for ledger, row in world.elsewhere(task.uid):
        claim = live_claim(row.claims, world.now)
        if claim is not None and claim.holder != world.actor.holder() and not _is_left_behind(world, task, claim):
            return ledger, row, claim
    return None


def _is_left_behind(world: World, task: Task, claim: Claim) -> bool:
    """Whether a claim of another ledger is the copy that a fork took along of one that this ledger has seen end.

    A holder who has gone on writing there since then still counts.
    """
    if any(known.id == claim.id for known in task.claims):
        return False
    ends = [event.at for event in world.source.events(task.uid) if claim.id in _ended_by(event)]
    return bool(ends) and ids.later(claim.until, -claim.lease_s) <= max(ends)


def _ended_by(event: Any) -> Sequence[str]:
    if event.type in ("claim.released", "claim.broken"):
        return (event.data.claim,)
    return event.data.over if event.type == "claim.taken" else ()


def is_for_run(claim: Claim | None, stage_name: str) -> bool:
    """Whether the claim was taken with a run of this stage; one that `claim` took lets nobody write to a run yet."""
    return claim is not None and claim.stage == stage_name and claim.run is not None


def _find_foreign_claim(world: World, task: Task, op: Any) -> list[Blocker]:
    claim = claimed_by_other(world, task)
    if claim is not None:
        run = run_ref(task, claim.run)
        lost = told_loss(world, task)
        message = _claimed(world, task.id, claim, run=run) + (f" {lost}" if lost else "")
        return [_claim_blocker(world.ledger, claim, message, run or claim.id, on_task(task, "lock", "show"), world.now)]
    if not getattr(op, "takes_claim", False):
        return []
    found = claimed_elsewhere(world, task)
    if found is None:
        return []
    ledger, row, claim = found
    show = (PROGRAM, "--ledger", ledger, "lock", "show", "--task", row.id)
    message = _claimed(world, row.id, claim, where=f" in ledger {ledger}")
    return [_claim_blocker(ledger, claim, message, claim.id, show, world.now)]


def _claimed(world: World, task_id: str, claim: Claim, *, run: str | None = None, where: str = "") -> str:
    who = f"{claim.actor.type} {claim.actor.name}"
    if (claim.actor.type, claim.actor.name) == (world.actor.type, world.actor.name):
        who += f" in session {claim.actor.session}" if claim.actor.session else " in another place"
    what = f" for {claim.stage}" if claim.stage else ""
    named = f" ({run})" if run else ""
    return f"{task_id} is claimed{where} by {who}{what}{named} until {claim_until(claim, world.now)}."


def _claim_blocker(ledger: str, claim: Claim, message: str, ref: str, command: tuple[str, ...], now: str) -> Blocker:
    holder = {
        "actor_type": claim.actor.type,
        "actor_name": claim.actor.name,
        "role": claim.actor.role,
        "harness": claim.actor.harness,
        "session_id": claim.actor.session,
    }
    facts = {"holder": holder, "since": claim.at, "until": claim_until(claim, now), "ledger": ledger}
    return Blocker("lock", message, ref=ref, command=command, details=facts)


def refuse_claimed(task: Task, blockers: list[Blocker]) -> LedgerError:
    """The refusal that names who holds the task, since when and until when."""
    return refusal(Conflict, task, blockers, code="LOCK_CONFLICT", **blockers[0].details)


# Nobody else works on the task now, in this ledger, nor (for what takes a claim) in another one of the repository.
not_claimed_by_other = Rule("not claimed by another", _find_foreign_claim, refuse_claimed)


def told_loss(world: World, task: Task) -> str | None:
    """What happened to the actor's claim, where a sync ended it because another's stood, and they have not written since."""
    holder = world.actor.holder()
    events = world.recent_events(task.uid)
    taken = {event.id for event in events if event.type == "claim.taken" and event.actor.holder() == holder}
    for event in reversed(events):
        if event.type == "claim.released" and event.op == "sync" and event.data.claim in taken:
            return f"A sync ended your claim at {event.at}: {event.data.reason or 'another one came first'}."
        if event.actor.holder() == holder:
            return None
    return None


def warn_of_losses(world: World, tasks: Iterable[Task]) -> None:
    """Tell the actor which of their claims on these tasks a sync has ended. Events are read only where somebody else's claim is live."""
    holder = world.actor.holder()
    for task in tasks:
        if any(claim.holder != holder and claim_until(claim, world.now) > world.now for claim in task.claims):
            lost = told_loss(world, task)
            if lost is not None:
                world.warnings.append(f"{task.id}: {lost}")


def my_claim(stage_name: str) -> Rule:
    """The actor holds a live claim for this stage: an expired one, or none, does not do."""
    resume = {
        "planning": ("plan", "start"),
        "implementing": ("implement", "resume", "--reason", "REASON"),
        "validating": ("validate", "start"),
    }[stage_name]

    def find(world: World, task: Task, op: Any) -> list[Blocker]:
        foreign = _find_foreign_claim(world, task, op)
        if foreign:
            return foreign
        if is_for_run(live_claim(task.claims, world.now), stage_name):
            return []
        lost = next((claim for claim in task.claims if is_for_run(claim, stage_name)), None)
        if lost is not None:
            message = f"The claim on {task.id} for {stage_name} ran out at {lost.until}."
            return [Blocker("lock_expired", message, ref=run_ref(task, lost.run), command=on_task(task, *resume))]
        lost = told_loss(world, task)
        message = f"Nobody holds {task.id} for {stage_name}." + (f" {lost}" if lost else "")
        return [Blocker("lock_missing", message, ref=task.id, command=on_task(task, *resume))]

    def refuse(task: Task, blockers: list[Blocker]) -> LedgerError:
        expired = blockers[0].kind == "lock_expired"
        code = "STALE_LOCK_REQUIRES_BREAK" if expired else "LOCK_CONFLICT"
        return refusal(Conflict, task, blockers, code=code, **blockers[0].details)

    return Rule(f"my claim for {stage_name}", find, refuse)


def running(run_type: str) -> Rule:
    """A run of this type is going on."""

    def find(world: World, task: Task, op: Any) -> list[Blocker]:
        if task.running_run(run_type) is not None:
            return []
        return [Blocker("run", f"{task.id} has no running {run_type} run.", ref=task.id, command=next_step(task))]

    return Rule(f"running {run_type}", find, lambda task, blockers: refusal(Refused, task, blockers))


def _find_running_implementation(world: World, task: Task, op: Any) -> list[Blocker]:
    run = task.running_run("implementation")
    if run is None:
        return []
    ref = ref_of(task.runs, run)
    resume = on_task(task, "implement", "resume", "--reason", "REASON")
    return [Blocker("running_run", f"{ref} of {task.id} is still running.", ref=ref, command=resume)]


# No implementation run is left running (after a cancelled task was taken up again, say).
no_running_implementation = Rule(
    "no running implementation",
    _find_running_implementation,
    lambda task, blockers: refusal(Conflict, task, blockers, code="RUNNING_RUN_CONFLICT"),
)


# ---------------------------------------------------------------------------------------------- plan and dependencies


def _find_no_accepted_plan(world: World, task: Task, op: Any) -> list[Blocker]:
    if task.current_plan() is not None:
        return []
    if task.accepted_plan is not None:
        message = f"Two plans of {task.id} were accepted at the same time; accept one of them again."
    else:
        message = f"{task.id} has no accepted plan."
    return [Blocker("approval", message, ref=task.id, command=on_task(task, "plan", "list"))]


# A person has accepted exactly one plan.
accepted_plan = Rule(
    "accepted plan",
    _find_no_accepted_plan,
    lambda task, blockers: refusal(Refused, task, blockers),
)


def dependency_blocker(world: World, task: Task, dep: Dependency) -> Blocker | None:
    """Why the dependency is in the way; None where it is met or waived, or of a kind that blocks nothing."""
    if dep.type != "blocks" or dep.waiver is not None:
        return None
    blocking = world.standing(dep.on)
    if blocking is not None and is_satisfied(blocking, dep.unblock_at, task.workflow):
        return None
    name = task_ref(world, dep.on) or dep.on
    state = blocking.status if blocking is not None else "not in this ledger"
    command = (PROGRAM, "task", "show", name) if blocking is not None else on_task(task, "require", "list")
    return Blocker("dependency", f"{task.id} needs {name} to be {dep.unblock_at}; it is {state}.", ref=name, command=command)


def dependency_blockers(world: World, task: Task) -> list[Blocker]:
    """The tasks that must come first and have not: a waived one is satisfied, an unknown or cancelled one is not."""
    found = (dependency_blocker(world, task, dep) for dep in task.dependencies)
    return [blocker for blocker in found if blocker is not None]


def is_satisfied(blocking: Row, unblock_at: str, workflow_name: str) -> bool:
    """Whether a task of this workflow need not wait for `blocking` any longer."""
    if is_dropped(blocking.status, blocking.is_deleted):
        return goes_on_without(workflow_name)
    return reached_rank(blocking.role, blocking.status) >= needed_rank(unblock_at)


# What the task depends on is far enough, or was waived by a person.
dependencies_met = Rule(
    "dependencies",
    lambda world, task, op: dependency_blockers(world, task),
    lambda task, blockers: refusal(Refused, task, blockers),
)


# ---------------------------------------------------------------------------------------------- todos and checks


def open_mandatory_todos(task: Task) -> list[Todo]:
    """The todos that block finishing, whoever added them and whenever; optional ones never do."""
    return [todo for todo in task.live_todos() if todo.mandatory and not todo.is_done]


def todo_blockers(task: Task) -> list[Blocker]:
    """The open mandatory todos as blockers."""
    blockers, refs = [], refs_of(task.todos)
    for todo in open_mandatory_todos(task):
        ref = refs[todo.id]
        help = on_task(task, "todo", "done", ref, "--evidence", "...")
        if task.status == "validating":  # no todo can be marked done now: the work goes back
            help = on_task(task, "validate", "finish", "--result", "failed", "--summary", "SUMMARY")
        blockers.append(Blocker("todo_open", f"Todo {ref} is not done.", ref=ref, command=help))
    return blockers


def todo_gate(task: Task) -> dict[str, Any]:
    """The todo gate as a report (reference `todo_gate_report`)."""
    todos, blockers, refs = task.live_todos(), todo_blockers(task), refs_of(task.todos)
    return {
        "kind": "todo_gate_report",
        "task_id": task.id,
        "total": len(todos),
        "done": sum(todo.is_done for todo in todos),
        "open_todos": [refs[todo.id] for todo in todos if not todo.is_done],
        "blockers": [blocker.to_dict() for blocker in blockers],
        "can_finish_implementation": not blockers,
    }


def _refuse_todos(task: Task, blockers: list[Blocker]) -> LedgerError:
    open_count = len(blockers)
    return refusal(
        ValidationFailed,
        task,
        blockers,
        message=f"Cannot finish: {open_count} mandatory {'todo is' if open_count == 1 else 'todos are'} not done.",
        code="IMPLEMENTATION_TODOS_INCOMPLETE",
        **{key: value for key, value in todo_gate(task).items() if key != "blockers"},
    )


# Every mandatory todo is done.
todos_done = Rule("todos done", lambda world, task, op: todo_blockers(task), _refuse_todos)


class CriterionState(Struct, frozen=True):
    """How a criterion stands: its latest check in the current validation, and whether that satisfies it."""

    criterion: Criterion
    checks: list[Any]
    latest: Any
    is_satisfied: bool


def criteria_states(task: Task, plan: Plan | None, run: Run | None) -> list[CriterionState]:
    """The state of each criterion of the accepted plan in the validation run."""
    if plan is None:
        return []
    states = []
    for criterion in plan.criteria:
        checks = [
            check
            for check in task.checks
            if run is not None and check.run == run.id and check.plan == plan.id and check.criterion == criterion.id
        ]
        latest = checks[-1] if checks else None
        states.append(CriterionState(criterion, checks, latest, latest is not None and latest.status == "pass"))
    return states


def validation_blockers(world: World, task: Task) -> list[Blocker]:
    """What stands between the task and `validate finish --result passed` (reference §6.3)."""
    plan, run = task.current_plan(), task.running_run("validation") or task.latest_run("validation")
    blockers = [] if plan else _find_no_accepted_plan(world, task, None)
    blockers = [Blocker("no_accepted_plan", b.message, ref=b.ref, command=b.command) for b in blockers]
    built = task.latest_run("implementation")
    if built is None or built.status != "finished":
        blockers.append(
            Blocker("no_finished_implementation", f"{task.id} has no finished implementation run.", command=next_step(task))
        )
    for state in criteria_states(task, plan, run):
        if state.is_satisfied or not state.criterion.mandatory:
            continue
        failed = state.latest is not None and state.latest.status == "fail"
        ref = state.criterion.id
        check = on_task(task, "validate", "check", "--criterion", ref, "--status", "pass", "--evidence", "...")
        message = f"Mandatory criterion {ref} {'failed its latest check' if failed else 'has no passing check'}."
        blockers.append(Blocker("criterion_fail" if failed else "criterion_missing", message, ref=ref, command=check))
    blockers += todo_blockers(task)
    for blocker in dependency_blockers(world, task):
        blockers.append(Blocker("dependency_blocker", blocker.message, ref=blocker.ref, command=blocker.command))
    return blockers


def _find_unproven(world: World, task: Task, op: Any) -> list[Blocker]:
    return validation_blockers(world, task) if getattr(op, "result", "passed") == "passed" else []


def _refuse_unproven(task: Task, blockers: list[Blocker]) -> LedgerError:
    def refs(kind: str) -> list[str | None]:
        return [blocker.ref for blocker in blockers if blocker.kind == kind]

    return refusal(
        ValidationFailed,
        task,
        blockers,
        message=f"Cannot mark the validation of {task.id} passed: {len(blockers)} mandatory "
        f"{'gate is' if len(blockers) == 1 else 'gates are'} incomplete.",
        code="VALIDATION_INCOMPLETE",
        missing_criteria=refs("criterion_missing"),
        failing_criteria=refs("criterion_fail"),
        open_mandatory_todos=refs("todo_open"),
        dependency_blockers=refs("dependency_blocker"),
    )


# Every mandatory criterion has passed, every mandatory todo is done, dependencies hold.
checks_passed = Rule("checks passed", _find_unproven, _refuse_unproven)
