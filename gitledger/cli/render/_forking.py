"""What became of a ledger's ref, for people."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, one_line


def render_forked(view: Any, op: Any, console: Console) -> None:
    """A ledger was begun from another."""
    how = " (without tasks)" if view.empty else ""
    console.line(f"forked ledger {view.ledger_parent_ref} -> {view.ledger_ref}{how}")
    if view.branch is not None:
        console.line(f"branch {view.branch} works in {view.ledger_ref} now (before: {view.previous_ledger_ref})")
    console.fields([("active", view.active_task_id), ("next task", view.next_task_id)], indent=2)


def render_switched(view: Any, op: Any, console: Console) -> None:
    """A branch works in another ledger."""
    if view.fetched_from:
        console.line(f"began ledger {view.ledger_ref} where {view.fetched_from}'s was when last fetched")
    elif view.created:
        console.line(f"forked ledger {view.previous_ledger_ref} -> {view.ledger_ref}")
    word = "works in" if view.changed else "already works in"
    console.line(f"branch {view.branch} {word} {view.ledger_ref}" + (" now" if view.changed else ""))
    console.fields([("active", view.active_task_id)], indent=2)


def render_renamed(view: Any, op: Any, console: Console) -> None:
    """A ledger has another name."""
    if not view.changed:
        console.line(f"ledger {view.ledger_ref} has that name already")
        return
    console.line(f"renamed ledger {view.previous_ledger_ref} -> {view.ledger_ref}")
    console.fields([("settings", view.settings)], indent=2)


def render_deleted(view: Any, op: Any, console: Console) -> None:
    """A ledger was deleted, or closed on the way there."""
    if not view.deleted:
        console.line(f"closed ledger {view.ledger_ref}; it is still here")
        console.fields([("next", view.next_command)], indent=2)
        return
    lost = f", with {count(view.unshared_events, 'event')} that nobody else has" if view.unshared_events else ""
    console.line(f"deleted ledger {view.ledger_ref}{lost}")
    console.line(f"its last entry stays as {view.trash_ref}")


def render_openness(view: Any, op: Any, console: Console) -> None:
    """Whether the ledger takes writes."""
    if view.closed:
        word = "closed" if view.changed else "was closed already:"
        console.line(f"{word} ledger {view.ledger_ref}: {one_line(view.reason or '')}")
    else:
        console.line(f"{'reopened' if view.changed else 'open already:'} ledger {view.ledger_ref}")


RENDERERS: dict[str, Renderer] = {
    "LedgerForkedView": render_forked,
    "LedgerSwitched": render_switched,
    "LedgerRenamed": render_renamed,
    "LedgerDeleted": render_deleted,
    "LedgerOpenness": render_openness,
}
