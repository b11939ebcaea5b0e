"""Exports and imports, for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, one_line


def render_exported(view: Any, op: Any, console: Console) -> None:
    """What was written where, and its digest."""
    console.line(f"wrote {one_line(view.path)}: {_counted(view.counts)}")
    console.fields([("sha256", view.archive_sha256)], indent=2)


def render_snapshot(view: Any, op: Any, console: Console) -> None:
    """Which folder was made."""
    console.line(f"wrote {one_line(view.snapshot_dir)}: {_counted(view.counts)}")


def render_imported(view: Any, op: Any, console: Console) -> None:
    """What came in, task by task."""
    would = "would import" if view.dry_run else "imported"
    if not view.events_new:
        console.line(f"nothing to import: ledger {one_line(view.ledger_ref)} has all of it")
        return
    console.line(f"{would} {count(view.events_new, 'event')} into ledger {one_line(view.ledger_ref)}")
    console.table([[task.task_id, task.outcome, one_line(task.title)] for task in view.tasks], grow=2, indent=2)
    for move in view.renumbered:
        console.line(f"  renumbered {move.old} → {move.new}  {one_line(move.title)}  ", Styled(move.uid[:8], "dim"))
    for claim in view.claims_ended:
        console.line(f"  the claim of {one_line(claim.holder)} on {claim.task_id} was ended")


def render_project(view: Any, op: Any, console: Console) -> None:
    """What was brought over from a project, task by task."""
    new = [task for task in view.tasks if task.outcome == "new"]
    if not new:
        console.line(f"nothing to import: ledger {one_line(view.ledger_ref)} has every task of the project")
        return
    would = "would bring over" if view.dry_run else "brought over"
    console.line(f"{would} {count(len(new), 'task')} into ledger {one_line(view.ledger_ref)}")
    console.table([[task.from_task_id, "→ " + task.task_id, one_line(task.title)] for task in new], grow=2, indent=2)
    held = [f"{name} {many}" for name, many in view.counts.items() if many and name != "tasks"]
    held += [f"introductions {view.introductions}", f"releases {view.releases}", f"events {view.old_events}"]
    console.line("  with: " + ", ".join(held))


def _counted(counts: Any) -> str:
    return f"{count(counts.tasks, 'task')}, {count(counts.events, 'event')}"


RENDERERS: dict[str, Renderer] = {
    "Exported": render_exported,
    "Snapshotted": render_snapshot,
    "Imported": render_imported,
    "ImportedProject": render_project,
}
