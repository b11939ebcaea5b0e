"""Plans for people: versions, one in full, the template, and what lint found."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import actor_name, plan_row, show_next
from gitledger.cli.text import count, moment, one_line


def render_template(view: Any, op: Any, console: Console) -> None:
    """The template itself, or where it was written."""
    if view.output_path is None:
        console.text(view.template)
        return
    console.line(f"wrote plan template to {view.output_path}")
    show_next(view.next_command, console)


def render_lint(view: Any, op: Any, console: Console) -> None:
    """The verdict, and every finding with what to do about it."""
    verdict = Styled("passes", "green") if view.passed else Styled("fails", "red")
    strictly = " strictly" if view.strict else ""
    found = ", ".join(count(view.summary.get(f"{kind}s", 0), kind) for kind in ("error", "warning"))
    console.line(f"{view.plan_id} of {view.task_id} ", verdict, f" lint{strictly}: {found}")
    for issue in view.issues:
        place = f" {issue.location}:" if issue.location else ""
        console.line("  ", console.status(issue.severity), ":", place, " ", one_line(issue.message))
        if issue.hint:
            console.line("    ", Styled(one_line(issue.hint), "dim"))


def render_list(view: Any, op: Any, console: Console) -> None:
    """The versions of a plan, each with its digest."""
    if not view.plans:
        console.line(f"{view.task_id} has no plan")
        return
    rows: list[list[Cell]] = [
        [*plan_row(plan, console), plan.digest[:_DIGEST], Styled(moment(plan.created_at), "dim")] for plan in view.plans
    ]
    console.table(rows, grow=2)


# `sha256:` and enough to tell versions apart; `plan show` has it whole.
_DIGEST = len("sha256:") + 12


def render_shown(view: Any, op: Any, console: Console) -> None:
    """A plan in full: what it wants, what will be done, and its body."""
    plan = view.plan
    console.line(Styled(f"{plan.task_id}  plan v{plan.version}", "bold"), "  ", console.status(plan.status))
    console.fields(
        [
            ("goal", plan.goal),
            ("proposed", f"{moment(plan.created_at)} by {actor_name(plan.created_by)}"),
            ("accepted", _accepted(plan)),
            ("rejected", plan.rejected_reason),
            ("supersedes", f"v{plan.supersedes}" if plan.supersedes else None),
            ("answers", plan.question_refs),
            ("files", plan.files),
            ("no todos", plan.todos_waived_reason),
            ("digest", plan.digest),
        ],
        indent=2,
    )
    _numbered("Criteria", plan.criteria, console)
    _numbered("Todos", plan.todos, console)
    _listed("Test commands", plan.test_commands, console)
    _listed("Expected outputs", plan.expected_outputs, console)
    if plan.body:
        console.line()
        console.text(plan.body)


def _accepted(plan: Any) -> str | None:
    if not plan.approved_at:
        return None
    note = f": {plan.approval_note}" if plan.approval_note else ""
    return f"{moment(plan.approved_at)} by {actor_name(plan.approved_by)}{note}"


def _numbered(title: str, items: list[Any], console: Console) -> None:
    if not items:
        return
    console.heading(title)
    for item in items:
        optional = [] if item.mandatory else [Styled("  optional", "dim")]
        console.line("  ", item.id, "  ", one_line(item.text), *optional)
        if getattr(item, "validation_hint", None):
            console.line("    ", Styled(one_line(item.validation_hint), "dim"))


def _listed(title: str, texts: list[str], console: Console) -> None:
    if texts:
        console.heading(title)
        for text in texts:
            console.line("  - ", one_line(text))


RENDERERS: dict[str, Renderer] = {
    "PlanTemplate": render_template,
    "PlanLint": render_lint,
    "PlanList": render_list,
    "PlanShown": render_shown,
}
