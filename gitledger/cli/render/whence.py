"""Where code comes from, in one screen: commit, task, plan, who accepted it, criteria and their checks."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._commit_views import known
from gitledger.cli.render._views import actor_name, show_command
from gitledger.cli.text import moment, one_line


def render_whence(view: Any, op: Any, console: Console) -> None:
    """A commit or a line, and all that stands behind it."""
    if view.line is not None:
        console.line(Styled(f"{one_line(view.line.path)}:{view.line.number}", "bold"), "  ", one_line(view.line.text))
    if view.commit is None:
        console.line(Styled("not committed yet", "yellow"))
        return
    commit = view.commit
    where = "merged" if commit.merged else "not merged" if commit.reachable else "on no branch"
    console.line(Styled(commit.short, "yellow"), "  ", Styled(one_line(commit.subject), "bold"))
    console.line("  ", Styled(f"{one_line(commit.author)}, {moment(commit.authored_at)}, {where}", "dim"))
    for task in view.tasks:
        _show_task(task, console)
    for uid in view.ambiguous:
        console.line(Styled("ambiguous: ", "yellow"), f"its message may mean {uid}")
    if not view.tasks:
        console.line("no task is known for this commit")
    if view.command:
        show_command(view.command, console, label="to link it: ")


def _show_task(task: Any, console: Console) -> None:
    console.line()
    name = task.task_id or task.uid[:8]
    head = Styled(name if task.task_id is None or task.title is not None else f"{name} ({task.uid[:8]})", "bold")
    if task.title is None:
        console.line(head, "  ", known(task), f" by {', '.join(task.known_from)}; no ledger here has this task")
        return
    console.line(head, "  ", console.status(task.status), "  ", Styled(one_line(task.title), "bold"))
    by = f" by {', '.join(task.known_from)}" + (f" ({task.source}, {moment(task.linked_at)})" if task.source else "")
    console.fields(
        [
            ("commit", Styled(f"{task.known}{by}", known(task).style)),
            ("ledger", task.ledger),
            ("run", _run(task)),
            ("plan", _plan(task.plan)),
            ("accepted", _approval(task.plan)),
        ],
        indent=2,
    )
    if task.criteria:
        console.line("  ", Styled("criteria:", "dim"))
        console.table([_criterion(item, console) for item in task.criteria], grow=2, indent=4)
    show_command(task.command, console, label="  more: ")


def _run(task: Any) -> str | None:
    if task.run is None:
        return None
    return ", ".join(filter(None, (task.run, task.change, f"by {actor_name(task.actor)}" if task.actor else None)))


def _plan(plan: Any) -> str | None:
    return f"v{plan.version} {plan.status}: {one_line(plan.goal)}" if plan is not None else "none"


def _approval(plan: Any) -> str | None:
    if plan is None or plan.approval is None:
        return None if plan is None else "by nobody yet"
    approval = plan.approval
    said = f"by {actor_name(approval.by)} via {approval.via}, {moment(approval.at)}"
    return said + (f": {one_line(approval.note)}" if approval.note else "") + _escapes(approval)


def _escapes(approval: Any) -> str:
    if not approval.escapes:
        return ""
    return f" [{', '.join(approval.escapes)}: {one_line(approval.reason or '')}]"


def _criterion(item: Any, console: Console) -> list[Cell]:
    proof = "; ".join(map(one_line, item.evidence))
    who = f"{item.checked_by.actor_type} {item.checked_by.actor_name}" if item.checked_by else ""
    return [
        item.id,
        console.status(item.status),
        one_line(item.text),
        "" if item.mandatory else "optional",
        who,
        Styled(proof, "dim"),
    ]


# ---------------------------------------------------------------------------------------------- blame


def render_blame(view: Any, op: Any, console: Console) -> None:
    """Groups of lines, one to a line, with commit and task."""
    if not view.groups:
        console.line("no lines")
        return
    console.table(
        [row for group in view.groups for row in _group(group)],
        ("LINES", "COMMIT", "TASK", "KNOWN", "WHO", "TITLE"),
        grow=5,
    )
    if view.command:
        show_command(view.command, console, label="to link a commit: ")


def _group(group: Any) -> list[list[Cell]]:
    lines = str(group.first) if group.first == group.last else f"{group.first}-{group.last}"
    if group.commit is None:
        return [[lines, Styled("not committed yet", "yellow"), "", "", "", ""]]
    head: list[Cell] = [lines, Styled(group.short or "", "yellow")]
    if not group.tasks:
        return [[*head, Styled("none", "dim"), "", group.author or "", Styled(group.subject or "", "dim")]]
    rows: list[list[Cell]] = []
    for task in group.tasks:
        name = task.task_id or task.uid[:8]
        rows.append(
            [*(head if not rows else ["", ""]), name, known(task), task.who or group.author or "", task.title or ""]
        )
    return rows


RENDERERS: dict[str, Renderer] = {"Whence": render_whence, "Blame": render_blame}
