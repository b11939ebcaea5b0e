"""Claims taken, given up and listed, for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer, given
from gitledger.cli.render._views import actor_name, show_next
from gitledger.cli.text import moment, one_line


def render_claimed(view: Any, op: Any, console: Console) -> None:
    """The task that is the actor's now, what for and until when."""
    word = "claimed" if view.changed else "already yours:"
    console.line(f"{word} {view.task_id} ", console.status(view.status_stage), "  ", one_line(view.title))
    claim = view.claim
    doing = " ".join(part for part in (claim.stage, claim.run_id) if part)
    until = [moment(claim.until), *(["provisional until the next sync"] if claim.provisional else [])]
    console.fields([("for", doing or None), ("until", ", ".join(until)), ("reason", claim.reason)], indent=2)
    show_next(view.next_command, console)


def render_unclaimed(view: Any, op: Any, console: Console) -> None:
    """A claim that was given up."""
    console.line(f"gave up {view.task_id}" if view.changed else f"you hold no claim on {view.task_id}")
    console.fields([("reason", view.reason)], indent=2)
    if view.changed:
        show_next(view.next_command, console)


def render_list(view: Any, op: Any, console: Console) -> None:
    """Every open claim, with the ledger where there are several."""
    if not view.claims:
        console.line("no claims")
        return
    console.table([_row(claim) for claim in view.claims], grow=1)


def _row(claim: Any) -> list[Cell | None]:
    session = f", session {claim.holder.session_id}" if claim.holder and claim.holder.session_id else ""
    holder = (actor_name(claim.holder) or "") + (", you" if claim.mine else session)
    until = ("expired " if claim.expired else "until ") + moment(claim.until)
    notes = " ".join(part for part in (claim.stage, "(provisional)" if claim.provisional else "") if part)
    cells: list[Cell | None] = [claim.task_id, claim.title, holder, Styled(until, "red" if claim.expired else ""), notes]
    return [*cells, *([", ".join(claim.ledgers)] if given(claim.ledgers) else [])]


RENDERERS: dict[str, Renderer] = {
    "TaskClaimed": render_claimed,
    "TaskUnclaimed": render_unclaimed,
    "ClaimList": render_list,
}
