"""The dashboard of a task on a terminal."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer, render
from gitledger.cli.render._views import claim_text, plan_row, progress_text, run_row, show_questions, show_todos
from gitledger.cli.render.task import event_cells
from gitledger.cli.text import count, one_line

_EVENTS = 8


def render_dashboard(view: Any, op: Any, console: Console) -> None:
    """What matters now first: the next step, then what is open, then what was."""
    task = view.task
    console.line(Styled(task.id, "bold"), "  ", Styled(one_line(task.title), "bold"))
    report = view.validation
    held = sum(criterion.satisfied for criterion in report.criteria)
    console.fields(
        [
            ("priority", task.priority),
            ("owner", task.owner),
            ("labels", task.labels),
            ("claim", claim_text(view.lock) if view.lock else None),
            ("todos", progress_text(view.todos) if view.todos.total else None),
            ("criteria", f"{held}/{len(report.criteria)} hold" if report.criteria else None),
            ("changes", len(view.changes) or None),
            ("files", [link.path for link in view.files.items]),
        ],
        indent=2,
    )
    console.heading("Next")
    render(view.next_action, op, console)
    _open(view, console)
    _past(view, console)


def _open(view: Any, console: Console) -> None:
    """What is still to be done or answered."""
    if view.todos.items:
        console.heading("Todos")
        show_todos(view.todos.items, console, indent=2)
    if view.questions.items:
        console.heading(f"Questions ({view.questions.open} open)")
        show_questions(view.questions.items, console, indent=2)
    if view.validation.criteria:
        console.heading("Criteria")
        rows = [[item.id, console.status(item.latest_status), item.text] for item in view.validation.criteria]
        console.table(rows, grow=2, indent=2)


def _past(view: Any, console: Console) -> None:
    """Plans, runs, and the last events."""
    if view.plans:
        console.heading("Plans")
        console.table([plan_row(plan, console) for plan in view.plans], grow=2, indent=2)
    if view.runs:
        console.heading("Runs")
        console.table([run_row(run, console) for run in view.runs], grow=3, indent=2)
    last = view.events[-_EVENTS:]
    console.heading(f"Last {count(len(last), 'event')}")
    console.table([event_cells(event) for event in last], grow=3, indent=2)


RENDERERS: dict[str, Renderer] = {"Dashboard": render_dashboard}
