"""What the ledger holds, where it is, and which version this is, for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer, given
from gitledger.cli.render._views import actor_name
from gitledger.cli.text import count, one_line


def render_status(view: Any, op: Any, console: Console) -> None:
    """Counts, the active task, and whether the ledger is sound."""
    branch = f", branch {view.branch}" if view.branch else ""
    console.line(Styled(f"ledger {view.ledger}", "bold"), f"  {view.ref}{branch}")
    counts = view.counts
    held = [
        count(counts[f"{name}s"], name)
        for name in ("plan", "question", "run", "change")
        if counts.get(f"{name}s")
    ]
    todos = f"{counts['todos_done']}/{counts['todos']} done" if counts.get("todos") else None
    console.fields(
        [
            ("active", _active(view.active_task)),
            ("tasks", _tally(counts.get("tasks", 0), view.by_status)),
            ("todos", todos),
            ("records", held),
            ("claims", counts.get("locks") or None),
            ("health", _health(view.health)),
        ],
        indent=2,
    )
    if given(view.tasks) and view.tasks:
        console.line()
        console.table([_task(task, console) for task in view.tasks], grow=2)


def _active(active: Any) -> str:
    if active is None:
        return "none"
    return f"{active.task_id}  {one_line(active.title)}  ({active.status}, chosen by {active.source})"


def _tally(total: int, by_status: dict[str, int]) -> str:
    parts = ", ".join(f"{many} {status}" for status, many in by_status.items())
    return f"{total} ({parts})" if parts else str(total)


def _health(health: Any) -> Styled:
    if not health.checked:
        return Styled(f"not checked ({health.command})", "dim")
    if health.healthy:
        return Styled("whole", "green")
    return Styled(f"{count(health.findings, 'finding')}: {health.command}", "red")


def _task(task: Any, console: Console) -> list[Cell]:
    return [f"{task.id} *" if task.is_active else task.id, console.status(task.status), task.title]


def render_where(view: Any, op: Any, console: Console) -> None:
    """Where commands act, and why there."""
    console.fields(
        [
            ("repository", view.repository),
            ("git folder", view.git_dir),
            ("branch", view.branch),
            ("ledger", f"{view.ledger} ({view.source}{'' if view.exists else '; not started yet'})"),
            ("ref", view.ref),
            ("tip", view.tip),
            ("active task", _active(view.active_task)),
            ("actor", actor_name(view.actor)),
        ]
    )


def render_version(view: Any, op: Any, console: Console) -> None:
    """The version, and the versions of what is written."""
    console.line(f"gitledger {view.version}")
    pairs: list[tuple[str, Any]] = [
        ("format", view.format),
        ("fold", view.fold),
        ("event", view.event),
        ("python", view.python),
    ]
    console.fields([*pairs, *(view.libraries.items() if given(view.libraries) else [])], indent=2)


RENDERERS: dict[str, Renderer] = {"Status": render_status, "Where": render_where, "Version": render_version}
