"""The sections of a worker's context: each a function from the task to Markdown lines, under its heading."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from gitledger.model.task import Plan, Run, Task, Todo
from gitledger.ops import guards
from gitledger.ops._base import TaskOperation, World, claim_until, live_claim
from gitledger.ops._contexts import CAUTION, Role
from gitledger.ops._step import line_of, on_task
from gitledger.ops._steps import criteria_of, done_argv
from gitledger.ops._views import active_stage, ref_of, run_ref

NONE = ["- none"]


class Subject(Struct, frozen=True):
    """What a context is about: the task, for which role, on which todo, and who asked (`op`)."""

    world: World
    task: Task
    role: Role
    todo: Todo | None
    op: TaskOperation


Lines = list[str]
Section = Callable[[Subject], Lines]

# heading → its section.
SECTIONS: dict[str, Section] = {}


def _section(heading: str) -> Callable[[Section], Section]:
    def register(function: Section) -> Section:
        SECTIONS[heading] = function
        return function

    return register


def render(subject: Subject) -> str:
    """The whole context as Markdown."""
    blocks = [f"# {subject.role.title}: {one_line(subject.task.title)}", f"> {CAUTION}"]
    for heading in headings(subject):
        lines = SECTIONS[heading](subject)
        if lines != NONE or heading not in subject.role.if_any:
            blocks.append("\n".join([f"## {heading}", "", *lines]))
    return "\n\n".join(blocks) + "\n"


def headings(subject: Subject) -> list[str]:
    """The headings of the role; with a focused todo, that in place of the checklist."""
    found: list[str] = []
    for heading in subject.role.sections:
        if subject.todo is not None and heading in ("Todo Checklist", "Todo Completion Summary"):
            found += ["Focused Todo", "Other Todo Summary"]
        else:
            found.append(heading)
    return found


# ---------------------------------------------------------------------------------------------- text of others


def one_line(text: str) -> str:
    """Text of others where one line is due: it cannot begin a line, so it can be no heading."""
    return " ".join(text.split())


def hung(text: str) -> str:
    """Text of others as one item of a list: its further lines stand under the first."""
    return "\n  ".join(text.strip().splitlines())


def listed(items: Iterable[str]) -> Lines:
    """A list of such items; `- none` where there are none."""
    return [f"- {hung(item)}" for item in items] or NONE


# ---------------------------------------------------------------------------------------------- for every role


@_section("Worker Role")
def _worker_role(subject: Subject) -> Lines:
    todo = subject.todo
    return [
        f"- role: {subject.role.name}",
        f"- lifecycle_mode: {subject.role.mode}",
        f"- scope: {'todo' if todo else 'task'}",
        f"- focused_todo: {ref_of(subject.task.todos, todo) if todo else 'none'}",
        "- focused_run: none",
    ]


@_section("Worker Contract")
def _worker_contract(subject: Subject) -> Lines:
    return ["You must:", *listed(subject.role.must), "", "You must not:", *listed(subject.role.must_not)]


@_section("Task")
def _task(subject: Subject) -> Lines:
    task = subject.task
    return [
        f"- id: {task.id}",
        f"- slug: {one_line(task.slug)}",
        f"- status_stage: {task.status}",
        f"- active_stage: {active_stage(task, subject.world.now) or 'none'}",
        f"- priority: {task.priority or 'unset'}",
        f"- labels: {', '.join(map(one_line, task.labels)) or 'none'}",
        f"- owner: {one_line(task.owner) if task.owner else 'unassigned'}",
        *([f"- on hold: {hung(task.hold.reason)}"] if task.hold else []),
    ]


@_section("Parent Task")
def _parent(subject: Subject) -> Lines:
    if subject.task.parent is None:
        return NONE
    row = subject.world.row(subject.task.parent)
    if row is None:
        return [f"- {subject.task.parent} (not in this ledger)"]
    relation = f", {subject.task.relation}" if subject.task.relation else ""
    return [f"- {row.id} ({row.status}{relation}): {one_line(row.title)}"]


@_section("Follow-up Tasks")
def _follow_ups(subject: Subject) -> Lines:
    rows = subject.world.source.dependents(subject.task.uid)
    return listed(f"{row.id} ({row.status}): {row.title}" for row in rows if row.parent == subject.task.uid)


@_section("Description")
def _description(subject: Subject) -> Lines:
    return [subject.world.description(subject.task) or "- none"]


@_section("Requirements")
def _requirements(subject: Subject) -> Lines:
    from gitledger.ops.require import RequirementView, requirement_view, requirements_of

    def said(item: RequirementView) -> str:
        state = f"{item.status or 'not in this ledger'}, {'met' if item.satisfied else 'not met'}"
        waived = f", waived: {one_line(item.waiver.reason)}" if item.waiver else ""
        title = f": {item.required_task_title}" if item.required_task_title else ""
        return f"{item.required_task_id} ({state}{waived}){title}"

    dependencies = requirements_of(subject.task)
    return listed(said(requirement_view(subject.world, subject.task, dep)) for dep in dependencies)


@_section("Linked Files")
def _linked_files(subject: Subject) -> Lines:
    return NONE


@_section("Existing Plans")
def _plans(subject: Subject) -> Lines:
    plans = sorted(subject.task.plans, key=lambda plan: plan.version)
    return listed(
        f"v{plan.version} {plan.status}" + (f": {plan.rejected_reason}" if plan.rejected_reason else "")
        for plan in plans
    )


@_section("Questions")
def _questions(subject: Subject) -> Lines:
    questions = subject.task.questions
    is_open = [question for question in questions if question.status == "open"]
    answered = [question for question in questions if question.status == "answered"]
    asked = (
        f"{ref_of(questions, question)}{' (required)' if question.required else ''}: {question.text}"
        for question in is_open
    )
    return [
        *("### Open", "", *listed(asked), ""),
        *("### Answered", "", *listed(f"{question.text} -> {question.answer}" for question in answered)),
    ]


@_section("Required Output")
def _output(subject: Subject) -> Lines:
    return listed(subject.role.output)


@_section("Required Commands")
def _commands(subject: Subject) -> Lines:
    """What proves the work, from the accepted plan; for the planner, the commands of planning."""
    if subject.role.mode == "planning":
        return listed(planning_commands(subject))
    plan = subject.task.current_plan()
    return listed(plan.test_commands if plan else ())


def planning_commands(subject: Subject) -> Lines:
    """The way from a task to a proposed plan."""
    is_answered = any(question.status == "answered" for question in subject.task.questions)
    answers = ("--from-answers",) if is_answered else ()
    steps = (
        ("plan", "start"),
        ("question", "add", "--required-for-plan", "--text", "QUESTION"),
        ("plan", "template", *answers, "--file", "plan.md"),
        ("plan", "upsert", *answers, "--file", "plan.md"),
        ("plan", "lint"),
    )
    return [line_of(on_task(subject.task, *step), subject.task, subject.op) for step in steps]


@_section("Guardrails")
def _guardrails(subject: Subject) -> Lines:
    return listed(subject.role.guardrails)


# ---------------------------------------------------------------------------------------------- plan and todos


@_section("Accepted Plan")
def _accepted_plan(subject: Subject) -> Lines:
    task, plan = subject.task, subject.task.current_plan()
    if plan is not None:
        return [*_plan_facts(task, plan), "", subject.world.plan_body(task, plan) or "(The plan has no body.)"]
    if task.accepted_plan is not None:
        return ["- none: two plans were accepted at the same time; the user has to accept one of them again"]
    return NONE


def _plan_facts(task: Task, plan: Plan) -> Lines:
    facts = {
        "goal": plan.goal,
        "files": ", ".join(map(one_line, plan.files)),
        "expected outputs": "; ".join(map(one_line, plan.expected_outputs)),
    }
    version = f"- version: {ref_of(task.plans, plan)}"
    return [version, *(f"- {name}: {hung(text)}" for name, text in facts.items() if text)]


@_section("Acceptance Criteria")
def _criteria(subject: Subject) -> Lines:
    plan = subject.task.current_plan()
    return listed(
        f"{criterion.id}{'' if criterion.mandatory else ' (optional)'}: {criterion.text}"
        for criterion in (plan.criteria if plan else ())
    )


@_section("Todo Checklist")
def _checklist(subject: Subject) -> Lines:
    task, todos = subject.task, subject.task.live_todos()
    lines = [
        f"- [{'x' if todo.is_done else ' '}] {ref_of(task.todos, todo)}"
        f"{'' if todo.mandatory else ' (optional)'}: {hung(todo.text)}"
        for todo in todos
    ]
    return [f"Progress: {sum(todo.is_done for todo in todos)}/{len(todos)} done", "", *(lines or NONE)]


@_section("Focused Todo")
def _focused_todo(subject: Subject) -> Lines:
    todo, task = subject.todo, subject.task
    if todo is None:
        return NONE
    return [
        f"- id: {ref_of(task.todos, todo)}",
        f"- text: {hung(todo.text)}",
        f"- status: {todo.status}",
        f"- mandatory: {'yes' if todo.mandatory else 'no'}",
        f"- validation_hint: {hung(todo.validation_hint) if todo.validation_hint else 'none'}",
        *(f"- evidence: {hung(evidence)}" for evidence in todo.evidence),
        *([] if todo.is_done else [f"- done_command: {line_of(done_argv(task, todo), task, subject.op)}"]),
    ]


@_section("Other Todo Summary")
def _other_todos(subject: Subject) -> Lines:
    focused = subject.todo
    return _todo_counts(todo for todo in subject.task.live_todos() if focused is None or todo.id != focused.id)


@_section("Todo Completion Summary")
def _todo_summary(subject: Subject) -> Lines:
    return _todo_counts(subject.task.live_todos())


def _todo_counts(todos: Iterable[Todo]) -> Lines:
    states = [todo.is_done for todo in todos]
    return [f"- total: {len(states)}", f"- done: {sum(states)}", f"- open: {len(states) - sum(states)}"]


# ---------------------------------------------------------------------------------------------- work and its proof


@_section("Current Run / Lock State")
def _run_and_lock(subject: Subject) -> Lines:
    task, now = subject.task, subject.world.now
    run = task.latest_run("implementation")
    claim = live_claim(task.claims, now)
    lock = "none"
    if claim is not None:
        what = " ".join(filter(None, (claim.stage, run_ref(task, claim.run)))) or "the task"
        lock = f"{what}, held by {claim.actor.type} {one_line(claim.actor.name)} until {claim_until(claim, now)}"
    return [
        f"- implementation run: {f'{ref_of(task.runs, run)} {run.status}' if run else 'none'}",
        f"- lock: {lock}",
    ]


@_section("Implementation Summary")
def _implementation(subject: Subject) -> Lines:
    run = subject.task.latest_run("implementation")
    if run is None:
        return NONE
    deviations = [line.text for line in run.log if line.kind == "deviation"]
    told = [f"Deviation: {hung(text)}" for text in deviations]
    return [run.summary or f"- none yet: {ref_of(subject.task.runs, run)} is {run.status}", *told]


@_section("Code Changes")
def _changes(subject: Subject) -> Lines:
    return listed(
        f"@{change.path}" + (f": {change.summary}" if change.summary else "") for change in subject.task.changes
    )


@_section("Validation Status")
def _validation_status(subject: Subject) -> Lines:
    blockers = guards.validation_blockers(subject.world, subject.task)
    criteria = (
        f"{state.criterion.id} ({'mandatory' if state.criterion.mandatory else 'optional'}): "
        f"{state.latest.status if state.latest else 'not_run'} [{'satisfied' if state.is_satisfied else 'pending'}]"
        for state in criteria_of(subject.task)
    )
    return [
        *(f"**Can Finish Passed:** {'no' if blockers else 'yes'}", ""),
        *("### Acceptance Criteria", "", *listed(criteria), ""),
        *("### Blocking Issues", "", *listed(f"[{blocker.kind}] {blocker.message}" for blocker in blockers)),
    ]


@_section("Previous Validation History")
def _validation_history(subject: Subject) -> Lines:
    return [line for run in validations(subject.task) for line in _validation(subject.task, run)] or NONE


def validations(task: Task) -> list[Run]:
    """The validation runs that have ended, in order."""
    ended = [run for run in task.runs if run.type == "validation" and run.status != "running"]
    return sorted(ended, key=lambda run: run.number)


def _validation(task: Task, run: Run) -> Lines:
    """A validation, what it recommended, and the checks that did not pass."""
    lines = [f"- {ref_of(task.runs, run)} {run.result or run.status}" + (f": {hung(run.summary)}" if run.summary else "")]
    if run.recommendation:
        lines.append(f"  - recommendation: {hung(run.recommendation)}")
    latest = {check.criterion: check for check in task.checks if check.run == run.id}
    for check in latest.values():
        if check.status != "pass":
            about = "; ".join(map(one_line, filter(None, (check.details, *check.evidence))))
            lines.append(f"  - {check.criterion} {check.status}" + (f": {about}" if about else ""))
    return lines
