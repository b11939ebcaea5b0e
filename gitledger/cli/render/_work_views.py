"""Runs, checks and changes for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import actor_name
from gitledger.cli.text import moment, one_line

# command → what happened, where the answer is the whole record.
RUN_SENTENCES = {
    "implement log": "logged to {run_id}",
    "implement deviation": "recorded a deviation in {run_id}",
    "implement artifact": "recorded an artifact in {run_id}",
    "validate check": "added check to {run_id}",
    "validate waive": "waived a criterion in {run_id}",
}


def render_run(view: Any, op: Any, console: Console) -> None:
    """What was added to the run, or the whole run."""
    sentence = RUN_SENTENCES.get(op.command)
    if sentence is None or (op.command == "implement log" and not getattr(op, "message", None)):
        show_run(view, console)
        return
    console.line(sentence.replace("{run_id}", view.run_id))
    if op.command.startswith("validate") and view.checks:
        show_check(view.checks[-1], console, indent=2)


def show_run(run: Any, console: Console) -> None:
    """A run with its log, changes and checks."""
    console.line(
        Styled(run.run_id, "bold"), f"  {run.run_type}  ", console.status(run.status), f"  of {run.task_id}"
    )
    console.fields(
        [
            ("result", run.result if run.result != run.status else None),
            ("summary", run.summary),
            ("recommendation", run.recommendation),
            ("plan", run.based_on_plan),
            ("implementation", run.based_on_implementation_run),
            ("resumes", run.resumes_run_id),
            ("started", moment(run.started_at)),
            ("finished", moment(run.finished_at)),
            ("by", actor_name(run.actor)),
            ("changes", run.change_refs),
        ],
        indent=2,
    )
    if run.worklog:
        console.heading("Log")
        for line in run.worklog:
            kind = "" if line.kind == "message" else f"{line.kind}: "
            place = f"{line.path}: " if line.path else ""
            code = f" (exit {line.exit_code})" if line.exit_code is not None else ""
            console.line("  ", Styled(moment(line.timestamp), "dim"), "  ", kind, one_line(place + line.text), code)
    if run.checks:
        console.heading("Checks")
        for check in run.checks:
            show_check(check, console, indent=2)


def show_check(check: Any, console: Console, indent: int = 0) -> None:
    """A check, with its evidence or waiver under it."""
    name = f"  {one_line(check.name)}" if check.name else ""
    console.line(" " * indent, f"{check.id}  {check.criterion_id}  ", console.status(check.status), name)
    if check.waiver:
        who = actor_name(check.waiver.actor)
        console.line(" " * (indent + 2), "waived by ", who or "somebody", ": ", one_line(check.waiver.reason))
    for evidence in check.evidence:
        console.line(" " * (indent + 2), "evidence: ", one_line(evidence))
    if check.details:
        console.line(" " * (indent + 2), one_line(check.details))


def render_change(view: Any, op: Any, console: Console) -> None:
    """A recorded change."""
    console.line(f"logged change {view.change_id}")
    console.fields(
        [
            ("path", f"{view.path} ({view.kind})"),
            ("files", view.paths),
            ("summary", view.summary),
            ("command", view.command),
            ("exit", view.exit_code),
            ("commit", view.git_commit),
        ],
        indent=2,
    )
    if view.git_diff_stat:
        console.text(view.git_diff_stat)


RENDERERS: dict[str, Renderer] = {"RunView": render_run, "ChangeView": render_change}
