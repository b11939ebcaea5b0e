"""The proof of a ledger, and its new index, for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, one_line


def render_verified(view: Any, op: Any, console: Console) -> None:
    """The verdict and every finding."""
    size = f"{count(view.entries, 'entry', 'entries')}, {count(view.tasks, 'task')}, {count(view.events, 'event')}"
    wrong = f"has {count(len(view.findings), 'finding')}"
    verdict = Styled("is whole", "green") if view.healthy else Styled(wrong, "red")
    console.line(f"ledger {view.ledger} ", verdict, f": {size}")
    for finding in view.findings:
        console.line("  - ", Styled(finding.code, "red"), "  ", one_line(finding.message))
        console.fields([("object", finding.object), ("path", finding.path), ("entry", finding.commit)], indent=4)
    for note in view.notes:
        console.line("  ", Styled("note: ", "dim"), one_line(note))


def render_reindexed(view: Any, op: Any, console: Console) -> None:
    """What the new index holds."""
    held = ", ".join(f"{one_line(name)} {many}" for name, many in view.counts.items() if many)
    console.line(f"built the index of ledger {view.ledger}: {held}")


RENDERERS: dict[str, Renderer] = {"Verified": render_verified, "Reindexed": render_reindexed}
