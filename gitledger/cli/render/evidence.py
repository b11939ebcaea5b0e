"""Evidence for people: listed and shown."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._proof import show_evidence, verdict
from gitledger.cli.text import moment


def render_list(view: Any, op: Any, console: Console) -> None:
    """The evidence of a task."""
    if not view.evidence:
        console.line(f"{view.task_id} has no evidence")
        return
    console.table([_row(item, console) for item in view.evidence], grow=3)


def _row(item: Any, console: Console) -> list[Cell | None]:
    text = item.summary or item.command or ", ".join(item.artifacts)
    how = "captured" if item.captured else "claimed"
    return [item.id, item.subject, verdict(item, console), text, Styled(how, "dim"), Styled(moment(item.recorded_at), "dim")]


def render_shown(view: Any, op: Any, console: Console) -> None:
    """One piece of evidence; a command that others recorded is told as such."""
    show_evidence(view.evidence, console)
    if view.evidence.captured and not view.trusted:
        console.line(Styled("recorded in another clone; not to be run again before somebody here trusts it", "dim"))


RENDERERS: dict[str, Renderer] = {"EvidenceList": render_list, "EvidenceShown": render_shown}
