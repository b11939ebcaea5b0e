"""What the doctor found, for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, one_line


def render_doctor(view: Any, op: Any, console: Console) -> None:
    """The verdict and every finding, with the command that would help."""
    if view.fixed:
        console.line(f"united the folders of {count(len(view.fixed), 'task')}")
    verdict = Styled("is sound", "green") if view.healthy else Styled("needs attention", "red")
    console.line(f"ledger {view.ledger_ref} ", verdict)
    for issue in view.issues:
        style = "red" if issue.status == "error" else "yellow"
        console.line("  - ", Styled(issue.check, style), "  ", one_line(issue.message))
        console.fields([("try", issue.command)], indent=4)


RENDERERS: dict[str, Renderer] = {"LedgerDoctor": render_doctor}
