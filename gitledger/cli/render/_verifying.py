"""Whether evidence still holds, for people, and whose commands may be run again."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, one_line

_STATES = {"fresh": "green", "failed": "red", "stale": "yellow", "unknown": "yellow", "superseded": "dim"}
_SHOWN = 10


def render_verification(view: Any, op: Any, console: Console) -> None:
    """How each piece stands, and the verdict."""
    if not view.evidence:
        console.line(f"{view.task_id} has no evidence")
        return
    console.table([_verified(item) for item in view.evidence], grow=3)
    for item in view.evidence:
        if item.state == "stale":
            console.line(f"{item.id}: ", _changed(item))
    if view.holds:
        console.line(Styled("all of it holds on the source tree of now", "green"))
    else:
        wrong = sum(item.state not in ("fresh", "superseded") for item in view.evidence)
        console.line(Styled(f"{count(wrong, 'piece')} of evidence {'does' if wrong == 1 else 'do'} not hold on the source tree of now", "yellow"))


def _verified(item: Any) -> list[Cell | None]:
    state = Styled(item.state, _STATES[item.state])
    became = f"→ {item.became}" if item.became else None
    return [item.id, item.subject, state, item.text, Styled("captured" if item.captured else "claimed", "dim"), became]


def _changed(item: Any) -> str:
    since = "changed since" if item.changed_since == "evidence" else "its source tree is not known in this clone; changed since the last commit"
    more = len(item.changed) - _SHOWN
    paths = ", ".join(map(one_line, item.changed[:_SHOWN])) or "nothing"
    return f"{since}: {paths}" + (f" and {more} more" if more > 0 else "")


def render_trusted(view: Any, op: Any, console: Console) -> None:
    """The command that may be run again."""
    console.line(f"{view.id} of {view.task_id} is {'trusted already' if view.already else 'trusted in this clone'}")
    console.line("  $ ", Styled(one_line(view.command or " ".join(view.argv)), "cyan"))


RENDERERS: dict[str, Renderer] = {"Verification": render_verification, "Trusted": render_trusted}
