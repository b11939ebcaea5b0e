"""How work flows, for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count


def render_metrics(view: Any, op: Any, console: Console) -> None:
    """One line for each figure, the groups below."""
    weeks = ", ".join(f"{week.week[5:]}: {week.done}" for week in view.throughput)
    console.line(Styled(f"the last {count(view.days, 'day')}", "bold"))
    pairs = [
        ("done", f"{view.done}" + (f"  ({weeks})" if weeks else "")),
        ("lead time", _spread(view.lead)),
        ("cycle time", _spread(view.cycle)),
        ("under way", f"{view.under_way}" + (f", for {_spread(view.ageing)}" if view.under_way else "")),
        ("reopened", f"{view.reopened}" + _share(view.reopen_percent, "of what was done")),
        ("stale", f"{view.stale} of {view.open} open" + _share(view.stale_percent, "")),
    ]
    console.fields(pairs, indent=2)
    if view.oldest:
        console.heading("Longest under way")
        rows: list[list[Cell]] = [
            [task.id, console.status(task.status), duration(task.age_seconds), task.title] for task in view.oldest
        ]
        console.table(rows, grow=3, indent=2)
    if view.by:
        _groups(view, console)


def _groups(view: Any, console: Console) -> None:
    console.heading(f"By {view.by}")
    rows = [
        [group.name or "(none)", str(group.done), _spread(group.lead), _spread(group.cycle), str(group.under_way)]
        for group in view.groups
    ]
    console.table(rows, (view.by, "done", "lead time", "cycle time", "under way"), indent=2)
    if len(view.groups) < view.groups_total:
        console.line(Styled(f"  {len(view.groups)} of {view.groups_total}", "dim"))


def _spread(spread: Any) -> str:
    """`2h / 1d / 3d`: P50, P85 and P95."""
    if spread.p50 is None:
        return "-"
    return " / ".join(duration(value) for value in (spread.p50, spread.p85, spread.p95))


def _share(percent: int | None, of: str) -> str:
    return f"  ({percent}%{' ' + of if of else ''})" if percent is not None else ""


def duration(seconds: int) -> str:
    """`45s`, `12min`, `3.5h`, `2.0d`."""
    for size, unit in ((86400, "d"), (3600, "h")):
        if seconds >= size:
            return f"{seconds / size:.1f}{unit}"
    return f"{seconds // 60}min" if seconds >= 60 else f"{seconds}s"


RENDERERS: dict[str, Renderer] = {"Metrics": render_metrics}
