"""The sections of a report on a task, by the names that people ask for them: functions to Markdown lines."""

from collections.abc import Callable, Sequence

from gitledger.model.task import Row, Task
from gitledger.ops import _sections, _work_sections
from gitledger.ops._commands import line_of
from gitledger.ops._page import NONE, Lines, Section, Subject, listed, one_line
from gitledger.ops._proof import brief_line, of_todo
from gitledger.ops._steps import step_of
from gitledger.ops._views import active_stage, ref_of, refs_of

_HEADINGS = {**_sections.SECTIONS, **_work_sections.SECTIONS}


def _summary(subject: Subject) -> Lines:
    """What there is to know at a glance, as a table."""
    task, plan = subject.task, subject.task.current_plan()
    todos = task.live_todos()
    facts = {
        "Status": f"{task.status}, on hold: {task.hold.reason}" if task.hold else task.status,
        "Active stage": active_stage(task, subject.world.now) or "none",
        "Type": task.kind,
        "Priority": task.priority or "unset",
        "Owner": task.owner or "unassigned",
        "Labels": ", ".join(task.labels) or "none",
        "Created": task.created_at,
        "Updated": task.updated_at,
        "Accepted plan": ref_of(task.plans, plan) if plan else "none",
        "Todos": f"{sum(todo.is_done for todo in todos)}/{len(todos)} done",
        **({"Closed": task.closed_at} if task.closed_at else {}),
        "Uid": task.uid,
    }
    rows = [f"| {name} | {_cell(value)} |" for name, value in facts.items()]
    told = [text for text in (task.summary, task.closure_note) if text and text.strip()]
    return ["| Field | Value |", "| --- | --- |", *rows, *(line for text in told for line in ("", one_line(text)))]


def _cell(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|")


def _relationships(subject: Subject) -> Lines:
    task = subject.task
    parent = subject.world.row(task.parent) if task.parent else None
    rows = subject.world.source.dependents(task.uid)
    under = [row for row in rows if row.parent == task.uid]
    return [
        *_related("Parent task", [parent] if parent else []),
        *_related("Follow-up tasks", [row for row in under if row.relation == "follow_up"]),
        *_related("Parts", [row for row in under if row.relation != "follow_up"]),
        *_related("Required by", [row for row in rows if row.parent != task.uid]),
    ]


def _related(name: str, rows: Sequence[Row]) -> Lines:
    said = "; ".join(f"{row.id} ({row.status}) {one_line(row.title)}" for row in rows)
    return [f"- {name}: {said or 'none'}"]


def _plans(subject: Subject) -> Lines:
    """Every version, with what was accepted, by whom, and by what digest."""
    task, refs = subject.task, refs_of(subject.task.plans)
    lines: Lines = []
    for plan in sorted(task.plans, key=lambda plan: plan.version):
        lines.append(f"- {refs[plan.id]} ({plan.status}): {one_line(plan.goal) or 'no goal'}")
        lines.append(f"  - digest: {plan.digest}")
        if plan.approval is not None:
            lines.append(f"  - accepted: {plan.approval.at} by {one_line(plan.approval.by.name)}: {one_line(plan.approval.note)}")
        if plan.rejected_reason:
            lines.append(f"  - rejected: {one_line(plan.rejected_reason)}")
    return lines or NONE


def _todos(subject: Subject) -> Lines:
    """The checklist, with what proves each."""
    task, refs = subject.task, refs_of(subject.task.todos)
    lines = _HEADINGS["Todo Checklist"](subject)
    proof = [
        f"- {refs[todo.id]}: {one_line(text)}"
        for todo in task.live_todos()
        for text in (*todo.evidence, *(brief_line(task, item) for item in of_todo(task, todo)))
    ]
    return [*lines, "", "### Evidence", "", *proof] if proof else lines


def _changes(subject: Subject) -> Lines:
    """What was changed, with its size, and the commits."""
    refs = refs_of(subject.task.changes)
    lines = [
        f"- {refs[change.id]} {change.kind} {one_line(change.path)}"
        + (f": {one_line(change.summary)}" if change.summary else "")
        + (f" ({one_line(change.diff_stat.splitlines()[-1])})" if change.diff_stat else "")
        for change in subject.task.changes
    ]
    commits = _HEADINGS["Commits"](subject)
    return [*(lines or NONE), *([] if commits == NONE else ["", "### Commits", "", *commits])]


def _validation(subject: Subject) -> Lines:
    history = _HEADINGS["Previous Validation History"](subject)
    return [*_HEADINGS["Validation Status"](subject), "", "### History", "", *history]


def _next_action(subject: Subject) -> Lines:
    step = step_of(subject.world, subject.task, subject.op)
    commands = (f"{command.label}: `{line_of(command.argv, subject.task, subject.op)}`" for command in step.ordered())
    return [f"- action: {step.action}", f"- reason: {one_line(step.sentence())}", *(f"- {said}" for said in commands)]


def event_lines(subject: Subject, limit: int) -> Lines:
    """The last events of the task, oldest first (0: all); those before them are counted."""
    events = subject.world.source.events(subject.task.uid)
    shown = events[-limit:] if limit else events
    before = [f"- and {len(events) - len(shown)} before these"] if len(shown) < len(events) else []
    return [*before, *listed(f"{event.at} {event.type} by {one_line(event.actor.name)} ({event.op})" for event in shown)]


# name → heading and lines, in the order of a report; `events` are added by who knows how many.
SECTIONS: dict[str, tuple[str, Section]] = {
    "summary": ("Summary", _summary),
    "description": ("Description", _HEADINGS["Description"]),
    "relationships": ("Relationships", _relationships),
    "requirements": ("Requirements", _HEADINGS["Requirements"]),
    "files": ("Linked Files", _HEADINGS["Linked Files"]),
    "questions": ("Questions", _HEADINGS["Questions"]),
    "plans": ("Plans", _plans),
    "accepted-plan": ("Accepted Plan", _HEADINGS["Accepted Plan"]),
    "acceptance-criteria": ("Acceptance Criteria", _HEADINGS["Acceptance Criteria"]),
    "todos": ("Todos", _todos),
    "implementation": ("Implementation", _HEADINGS["Implementation Summary"]),
    "changes": ("Code Changes", _changes),
    "validation": ("Validation", _validation),
    "locks": ("Current Run / Lock State", _HEADINGS["Current Run / Lock State"]),
    "events": ("Events", lambda subject: event_lines(subject, 0)),
    "next-action": ("Next Action", _next_action),
}

_ALL = tuple(SECTIONS)
_ABOUT = ("summary", "description", "relationships", "requirements", "files")

PRESETS: dict[str, tuple[str, ...]] = {
    "summary": ("summary", "description", "acceptance-criteria", "todos", "next-action"),
    "planning": (*_ABOUT, "questions", "plans", "accepted-plan", "acceptance-criteria", "next-action"),
    "implementation": (
        *("summary", "description", "requirements", "files", "accepted-plan", "acceptance-criteria", "todos"),
        *("implementation", "changes", "locks", "next-action"),
    ),
    "validation": (
        *("summary", "accepted-plan", "acceptance-criteria", "todos", "implementation", "changes", "validation"),
        "next-action",
    ),
    "full": tuple(name for name in _ALL if name != "events"),
    "archive": _ALL,
}

# Sections that say `none` in more than one line: whether there is anything to say.
HOLDS: dict[str, Callable[[Task], bool]] = {
    "questions": lambda task: bool(task.questions),
    "todos": lambda task: bool(task.live_todos()),
    "validation": lambda task: any(run.type == "validation" for run in task.runs),
    "locks": lambda task: bool(task.claims) or task.latest_run("implementation") is not None,
}


def is_empty(name: str, lines: Lines, task: Task) -> bool:
    """Whether a section has nothing to say of the task."""
    if name in HOLDS:
        return not HOLDS[name](task)
    if name == "relationships":
        return all(line.endswith(": none") for line in lines)
    return lines == NONE
