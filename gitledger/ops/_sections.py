"""The sections that say what a task is and what a worker of a role has to do: functions to Markdown lines."""

from gitledger.ops._commands import line_of, on_task
from gitledger.ops._page import NONE, Lines, Section, Subject, Verbatim, listed, one_line
from gitledger.ops._views import active_stage, ref_of, refs_of


def _worker_role(subject: Subject) -> Lines:
    todo = subject.todo
    return [
        f"- role: {subject.role.name}",
        f"- lifecycle_mode: {subject.role.mode}",
        f"- scope: {subject.scope}",
        f"- focused_todo: {ref_of(subject.task.todos, todo) if todo else 'none'}",
        f"- focused_run: {ref_of(subject.task.runs, subject.run) if subject.run else 'none'}",
    ]


def _worker_contract(subject: Subject) -> Lines:
    return ["You must:", *listed(subject.role.must), "", "You must not:", *listed(subject.role.must_not)]


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
        *([f"- on hold: {task.hold.reason.strip()}"] if task.hold else []),
    ]


def _parent(subject: Subject) -> Lines:
    if subject.task.parent is None:
        return NONE
    row = subject.world.row(subject.task.parent)
    if row is None:
        return [f"- {subject.task.parent} (not in this ledger)"]
    relation = f", {subject.task.relation}" if subject.task.relation else ""
    return [f"- {row.id} ({row.status}{relation}): {one_line(row.title)}"]


def _follow_ups(subject: Subject) -> Lines:
    rows = subject.world.source.dependents(subject.task.uid)
    return listed(f"{row.id} ({row.status}): {row.title}" for row in rows if row.parent == subject.task.uid)


def _description(subject: Subject) -> Lines:
    return [Verbatim(subject.world.description(subject.task) or "- none")]


def _requirements(subject: Subject) -> Lines:
    from gitledger.ops.require import RequirementView, requirement_view, requirements_of

    def said(item: RequirementView) -> str:
        state = f"{item.status or 'not in this ledger'}, {'met' if item.satisfied else 'not met'}"
        waived = f", waived: {one_line(item.waiver.reason)}" if item.waiver else ""
        title = f": {item.required_task_title}" if item.required_task_title else ""
        return f"{item.required_task_id} ({state}{waived}){title}"

    dependencies = requirements_of(subject.task)
    return listed(said(requirement_view(subject.world, subject.task, dep)) for dep in dependencies)


def _introduction(subject: Subject) -> Lines:
    from gitledger.ops._intros import introduction_of

    intro = introduction_of(subject.world, subject.task)
    if intro is None:
        return NONE
    return [f"- {intro.id}: {one_line(intro.title)}", "", Verbatim(intro.body or "(It is empty.)")]


def _linked_files(subject: Subject) -> Lines:
    from gitledger.ops._file_links import FileLinkView, link_views

    def said(link: FileLinkView) -> str:
        required = ", required for validation" if link.required_for_validation else ""
        label = f": {one_line(link.label)}" if link.label else ""
        return f"{'' if link.target_type == 'url' else '@'}{link.path} ({link.kind}{required}){label}"

    return listed(said(link) for link in link_views(subject.task))


def _plans(subject: Subject) -> Lines:
    plans = sorted(subject.task.plans, key=lambda plan: plan.version)
    return listed(
        f"v{plan.version} {plan.status}" + (f": {plan.rejected_reason}" if plan.rejected_reason else "")
        for plan in plans
    )


def _questions(subject: Subject) -> Lines:
    questions, refs = subject.task.questions, refs_of(subject.task.questions)
    is_open = [question for question in questions if question.status == "open"]
    answered = [question for question in questions if question.status == "answered"]
    asked = (
        f"{refs[question.id]}{' (required)' if question.required else ''}: {question.text}"
        for question in is_open
    )
    return [
        *("### Open", "", *listed(asked), ""),
        *("### Answered", "", *listed(f"{question.text} -> {question.answer}" for question in answered)),
    ]


def _output(subject: Subject) -> Lines:
    return listed(subject.role.output)


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


def _guardrails(subject: Subject) -> Lines:
    return listed(subject.role.guardrails)


SECTIONS: dict[str, Section] = {
    "Worker Role": _worker_role,
    "Worker Contract": _worker_contract,
    "Task": _task,
    "Parent Task": _parent,
    "Follow-up Tasks": _follow_ups,
    "Description": _description,
    "Introduction": _introduction,
    "Requirements": _requirements,
    "Linked Files": _linked_files,
    "Existing Plans": _plans,
    "Questions": _questions,
    "Required Output": _output,
    "Required Commands": _commands,
    "Guardrails": _guardrails,
}
