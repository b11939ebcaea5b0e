"""What the doctor found, for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import claim_text
from gitledger.cli.text import count, one_line


def render_doctor(view: Any, op: Any, console: Console) -> None:
    """The verdict and every finding, with the command that would help."""
    for line in view.fixed:
        console.line(one_line(line))
    _verdict(f"ledger {one_line(view.ledger)} ", view, console)
    for one in view.diagnostics:
        style = "red" if one.severity == "error" else "yellow"
        console.line("  - ", Styled(one.code, style), "  ", one_line(one.message))
        console.fields([("try", one.hint)], indent=4)


def render_locks(view: Any, op: Any, console: Console) -> None:
    """Claims that have run out, and runs that nobody holds."""
    if not view.expired_locks and not view.run_lock_mismatches:
        console.line("no claim has run out, and every run is held")
    for lock in view.expired_locks:
        console.line(f"{lock.task_id} ", Styled("has run out:", "yellow"), " ", claim_text(lock))
    for one in view.run_lock_mismatches:
        said = "is held by nobody" if one.kind == "running_run_without_lock" else "is over, and still claimed"
        console.line(f"{one.task_id} {one.run_id or ''} ", Styled(said, "yellow"))
        console.fields([("try", one.next_command)], indent=4)


def render_schema(view: Any, op: Any, console: Console) -> None:
    """Which formats there are."""
    _verdict("the ledger's format ", view, console)
    console.fields([("format", view.format), ("fold", view.fold), ("events not known", view.unknown_event_types)], indent=2)
    _sentences(view.errors, console)


def render_indexes(view: Any, op: Any, console: Console) -> None:
    """How the index stands."""
    _verdict("the local index ", view, console)
    if view.missing_indexes:
        console.line("  it was not there; it is made when it is needed")
    if view.index_errors:
        console.line(f"  {count(len(view.index_errors), 'task')} differ: gitledger reindex")
    _sentences(view.event_errors, console)


def _verdict(what: str, view: Any, console: Console) -> None:
    console.line(what, Styled("is sound", "green") if view.healthy else Styled("needs attention", "red"))


def _sentences(sentences: list[str], console: Console) -> None:
    for sentence in sentences:
        console.line("  - ", one_line(sentence))


RENDERERS: dict[str, Renderer] = {
    "Doctor": render_doctor,
    "LockInspection": render_locks,
    "SchemaInspection": render_schema,
    "IndexInspection": render_indexes,
}
