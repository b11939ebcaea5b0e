"""The rules, each a named object with one definition: run refuses by them, `can` and `next-action` report them."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from gitledger.errors import Conflict, LedgerError, Refused, ValidationFailed
from gitledger.model import workflow
from gitledger.model.readiness import goes_on_without, is_dropped, needed_rank, reached_rank
from gitledger.model.task import Dependency, Row, Task, Todo
from gitledger.ops._commands import on_task
from gitledger.ops._criteria import criteria_states
from gitledger.ops._facts import PROGRAM, Blocker
from gitledger.ops._types import has_gate
from gitledger.ops._views import ref_of, refs_of, task_ref
from gitledger.ops._world import World

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


def gate(name: str, find: Find, refuse: Refuse) -> Rule:
    """A rule that a task's type can name or leave out (`gates:` of the policy)."""

    def find_held(world: World, task: Task, op: Any) -> list[Blocker]:
        found = find(world, task, op)
        return found if found and has_gate(world, task, name) else []

    return Rule(name, find_held, refuse)


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


# ---------------------------------------------------------------------------------------------- runs


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
dependencies_met = gate(
    "dependencies",
    lambda world, task, op: dependency_blockers(world, task),
    lambda task, blockers: refusal(Refused, task, blockers),
)


# ---------------------------------------------------------------------------------------------- todos and checks


def open_mandatory_todos(task: Task) -> list[Todo]:
    """The todos that block finishing, whoever added them and whenever; optional ones never do."""
    return [todo for todo in task.live_todos() if todo.mandatory and not todo.is_done]


def todo_blockers(world: World, task: Task) -> list[Blocker]:
    """The open mandatory todos as blockers, where they are any."""
    blockers, refs = [], refs_of(task.todos)
    todos = open_mandatory_todos(task)
    for todo in todos if todos and has_gate(world, task, "todos done") else ():
        ref = refs[todo.id]
        help = on_task(task, "todo", "done", ref, "--evidence", "...")
        if task.status == "validating":  # no todo can be marked done now: the work goes back
            help = on_task(task, "validate", "finish", "--result", "failed", "--summary", "SUMMARY")
        blockers.append(Blocker("todo_open", f"Todo {ref} is not done.", ref=ref, command=help))
    return blockers


def todo_gate(task: Task, blockers: list[Blocker]) -> dict[str, Any]:
    """The todo gate as a report (reference `todo_gate_report`) of these blockers."""
    todos, refs = task.live_todos(), refs_of(task.todos)
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
        **{key: value for key, value in todo_gate(task, blockers).items() if key != "blockers"},
    )


# Every mandatory todo is done.
todos_done = Rule("todos done", lambda world, task, op: todo_blockers(world, task), _refuse_todos)


def _find_lacking_files(world: World, task: Task, op: Any) -> list[Blocker]:
    required = [link.path for link in task.files if link.required]
    show = on_task(task, "file", "list")
    return [
        Blocker("file_missing", f"The file {path} is required for validation and is not there.", ref=path, command=show)
        for path in (world.lacking(required) if required else ())
    ]


# Every file that was linked as required for validation lies in the source tree.
files_there = Rule(
    "required files", _find_lacking_files, lambda task, blockers: refusal(ValidationFailed, task, blockers)
)


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
    states = [state for state in criteria_states(task, plan, run) if state.criterion.mandatory and not state.is_satisfied]
    for state in states if states and has_gate(world, task, "checks passed") else ():
        failed = state.latest is not None and state.latest.status == "fail"
        ref = state.criterion.id
        check = on_task(task, "validate", "check", "--criterion", ref, "--status", "pass", "--evidence", "...")
        message = f"Mandatory criterion {ref} {'failed its latest check' if failed else 'has no passing check'}."
        blockers.append(Blocker("criterion_fail" if failed else "criterion_missing", message, ref=ref, command=check))
    blockers += todo_blockers(world, task)
    for blocker in dependencies_met.find(world, task, None):
        blockers.append(Blocker("dependency_blocker", blocker.message, ref=blocker.ref, command=blocker.command))
    return [*blockers, *files_there.find(world, task, None)]


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
        missing_files=refs("file_missing"),
    )


# Every mandatory criterion has passed, every mandatory todo is done, dependencies hold: those of it that are gates of the task.
checks_passed = Rule("checks passed", _find_unproven, _refuse_unproven)
