"""Evidence for people: on one line, whole, and as what a run has just given."""

from collections.abc import Sequence
from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import actor_name
from gitledger.cli.text import moment, one_line, truncate

_VERDICT = {True: "passed", False: "failed", None: ""}


def verdict(evidence: Any, console: Console) -> Styled:
    """`passed` or `failed`, in colour."""
    return console.status(_VERDICT[evidence.passed])


def seconds(duration_ms: int | None) -> str:
    """`1.2 s`."""
    if not duration_ms:
        return ""
    return f"{duration_ms / 1000:.1f} s" if duration_ms >= 100 else f"{duration_ms} ms"


def brief_rows(items: Sequence[Any], console: Console) -> list[list[Cell]]:
    """Evidence as rows."""
    return [
        [item.id, verdict(item, console), item.text, Styled("captured" if item.captured else "claimed", "dim")] for item in items
    ]


def show_evidence(evidence: Any, console: Console) -> None:
    """One piece of evidence, whole."""
    how = "captured" if evidence.captured else "claimed"
    console.line(Styled(evidence.id, "bold"), f"  {one_line(evidence.kind)}  ", verdict(evidence, console), f"  {how}")
    console.text(evidence.summary)
    code = evidence.exit_code
    console.fields(
        [
            ("for", evidence.subject),
            ("command", one_line(evidence.command) if evidence.command else None),
            ("exit", code),
            ("time", seconds(evidence.duration_ms)),
            ("tool", evidence.tool),
            ("artifacts", evidence.artifacts),
            ("tree", evidence.tree),
            ("with untracked", evidence.tree_all if evidence.tree_all != evidence.tree else None),
            ("output", evidence.output_digest),
            ("recorded", f"{moment(evidence.recorded_at)} by {actor_name(evidence.actor) or 'somebody'}"),
        ],
        indent=2,
    )
    if evidence.output_tail:
        console.heading("End of the output")
        console.text(evidence.output_tail)


def talk_captured(evidence: Any, console: Console, *more: str) -> None:
    """What a run has given, on stderr: its own output has stdout."""
    took = seconds(evidence.duration_ms)
    command = truncate(one_line(evidence.command or ""), 60)
    said = f"exit {evidence.exit_code}" + (f", {took}" if took else "")
    console.talk(Styled("evidence: ", "cyan"), f"{evidence.id} of {evidence.task_id}: {command} ", verdict(evidence, console), f" ({said})")
    for line in more:
        console.talk("  ", one_line(line))


def render_recorded(view: Any, op: Any, console: Console) -> None:
    """New evidence."""
    about = f" for {view.subject}" if view.subject else ""
    console.line(f"recorded {view.id} of {view.task_id}{about}: ", verdict(view, console))


RENDERERS: dict[str, Renderer] = {"EvidenceView": render_recorded}
