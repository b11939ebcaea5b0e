"""Tasks for people: one with all that hangs on it, and their events."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import (
    actor_name,
    change_row,
    claim_text,
    commit_row,
    link_row,
    plan_row,
    run_row,
    show_questions,
    show_todos,
)
from gitledger.cli.text import count, moment, one_line, say


def render_task(view: Any, op: Any, console: Console) -> None:
    """A task that was created or edited."""
    verb = {"task create": "created", "task edit": "edited"}.get(op.command, op.command)
    console.line(f"{verb} task {view.slug} ({view.id})")
    if op.command == "task edit":
        console.fields(_about(view, console), indent=2)


# ---------------------------------------------------------------------------------------------- one task


def render_shown(view: Any, op: Any, console: Console) -> None:
    """Everything about a task, the nearest first."""
    task = view.task
    console.line(Styled(task.id, "bold"), "  ", Styled(one_line(task.title), "bold"))
    parent = view.parent_task
    pairs = [
        *_about(task, console),
        ("claim", claim_text(view.lock) if view.lock else None),
        ("parent", f"{parent.id} {parent.title} ({task.parent_relation or 'part of'})" if parent else None),
        ("waits for" if task.workflow == "light" else "requires", task.requirements),
        ("introduction", task.introduction_ref),
        ("closed", _closed(task)),
    ]
    console.fields(pairs, indent=2)
    if task.body and task.body.strip() != task.title:
        console.line()
        console.text(task.body)
    _sections(view, console)


def _about(task: Any, console: Console) -> list[tuple[str, Any]]:
    stage = f", {task.active_stage} going on" if task.active_stage else ""
    status: Any = console.status(task.status) if not stage else task.status + stage
    return [
        ("status", Styled("blocked", "red") if task.role == "blocked" else status),
        ("slug", task.slug),
        ("uid", task.uid),
        ("priority", task.priority),
        ("labels", task.labels),
        ("type", task.type),
        ("complexity", task.complexity),
        ("due", moment(task.due) if task.due else None),
        ("schedule", task.schedule),
        ("next run", moment(task.next_run_at) if task.next_run_at else None),
        ("on hold", (task.hold.reason or "yes") if task.hold and task.role == "blocked" else None),
        ("properties", ", ".join(f"{key}={say(value)}" for key, value in task.properties.items()) or None),
        ("owner", task.owner),
        ("plan", f"v{task.accepted_plan_version} accepted" if task.accepted_plan_version else None),
        ("created", _by(task.created_at, task.creator)),
        ("updated", moment(task.updated_at)),
        ("conflicts", task.conflicts),
    ]


def _by(at: str | None, actor: Any) -> str:
    name = actor_name(actor)
    return f"{moment(at)} by {name}" if name else moment(at)


def _closed(task: Any) -> str | None:
    if not task.closed_at:
        return None
    return _by(task.closed_at, task.closed_by) + (f": {task.closure_note}" if task.closure_note else "")


def _sections(view: Any, console: Console) -> None:
    todos = view.task.todos
    if todos:
        console.heading(f"Todos ({sum(todo.done for todo in todos)}/{len(todos)} done)")
        show_todos(todos, console, indent=2)
    if view.questions:
        console.heading("Questions")
        show_questions(view.questions, console, indent=2)
    _table("Plans", [plan_row(plan, console) for plan in view.plans], 2, console)
    _table("Runs", [run_row(run, console) for run in view.runs], 3, console)
    _table("Changes", [change_row(change) for change in view.changes], 3, console)
    _table("Commits", [commit_row(commit) for commit in view.commits], 1, console)
    _table("Links", [link_row(link) for link in view.task.file_links], 2, console)
    _table("Parts", [_neighbour(task, console) for task in view.children], 2, console)
    _table("Follow-ups", [_neighbour(task, console) for task in view.follow_up_tasks], 2, console)
    _table("Required by", [_neighbour(task, console) for task in view.dependents], 2, console)
    if view.task.notes:
        console.heading("Notes")
        for note in view.task.notes:
            console.line("  - ", one_line(note))


def _table(title: str, rows: list[list[Cell]], grow: int, console: Console) -> None:
    if rows:
        console.heading(title)
        console.table(rows, grow=grow, indent=2)


def _neighbour(task: Any, console: Console) -> list[Cell]:
    return [task.id, console.status(task.status), task.title]


# ---------------------------------------------------------------------------------------------- events


def render_events(view: Any, op: Any, console: Console) -> None:
    """Events, oldest first, one to a line."""
    if not view.items:
        console.line("no events")
        return
    many = len({event.task_id for event in view.items}) > 1
    rows = [event_cells(event) for event in view.items]
    for row, event in zip(rows, view.items, strict=True):
        row.insert(1, (event.task_id or "book") if many else "")
    console.table(rows, grow=4)
    if view.truncated:
        console.line(Styled(f"the last {len(view.items)} of {count(view.total, 'event')}", "dim"))


def event_cells(event: Any) -> list[Cell]:
    """When, what, by whom, and the most telling of it."""
    return [Styled(moment(event.ts), "dim"), event.event, event.actor.actor_name if event.actor else "", gist(event.data)]


_TELLING = ("title", "text", "message", "summary", "note", "reason", "evidence", "result", "path", "name", "add_labels")


def gist(data: dict[str, Any]) -> str:
    """The most telling text of an event's data."""
    if data.get("fields") and isinstance(data["fields"], dict):
        return ", ".join(data["fields"])
    found = (data[key] for key in _TELLING if isinstance(data.get(key), (str, list)) and data[key])
    return say(next(found, ""))


RENDERERS: dict[str, Renderer] = {
    "TaskView": render_task,
    "TaskShown": render_shown,
    "EventList": render_events,
}
