"""Validation for people: which criteria hold, and what stands in the way."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import box, show_blockers
from gitledger.cli.text import one_line


def render_status(view: Any, op: Any, console: Console) -> None:
    """The gate report."""
    report = view.result
    console.line(Styled(report.task_id, "bold"), "  ", report.task_slug, "  ", console.status(report.status_stage))
    plan, built = report.accepted_plan, report.implementation
    console.fields(
        [
            ("run", report.run_id or "none yet"),
            ("plan", f"v{plan['version']} {plan['status']}" if plan else "none accepted"),
            ("implementation", f"{built['run_id']} {built['status']}" if built else "none yet"),
        ],
        indent=2,
    )
    if report.criteria:
        console.heading("Criteria")
        console.table([_criterion(criterion, console) for criterion in report.criteria], grow=2, indent=2)
        _evidence(report.criteria, console)
    console.line()
    if report.can_finish_passed:
        console.line(Styled("nothing stands in the way of finishing as passed", "green"))
        return
    console.line(Styled("before it can finish as passed:", "yellow"))
    show_blockers(report.blockers, console)


def _criterion(criterion: Any, console: Console) -> list[Cell]:
    status = "waived" if criterion.has_waiver else criterion.latest_status
    need = "" if criterion.mandatory else "optional"
    return [
        f"{box(criterion.satisfied)} {criterion.id}",
        console.status(status),
        criterion.text,
        Styled(need, "dim"),
    ]


def _evidence(criteria: list[Any], console: Console) -> None:
    for criterion in criteria:
        for evidence in criterion.evidence:
            console.line("      ", Styled(f"{criterion.id}: {one_line(evidence)}", "dim"))
        # What a check names itself is told already.
        told = " ".join(criterion.evidence)
        for proof in criterion.proof:
            if proof.id not in told:
                said = f"{criterion.id}: {proof.id}: {one_line(proof.text)}"
                console.line("      ", Styled(said, "dim"))


RENDERERS: dict[str, Renderer] = {"ValidationStatus": render_status}
