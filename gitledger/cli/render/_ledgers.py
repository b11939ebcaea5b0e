"""The ledgers of a repository for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count


def render_list(view: Any, op: Any, console: Console) -> None:
    """The ledgers, the current one marked."""
    if not view.ledgers:
        console.line("no ledgers")
    else:
        console.table([_row(line) for line in view.ledgers], _HEADERS)
    for name in view.remote_ledgers:
        console.line(Styled(f"only on the remote: {name}", "dim"))


_HEADERS = ("LEDGER", "TASKS", "ACTIVE", "PARENT", "TIP", "")


def _row(line: Any) -> list[Cell]:
    return [
        Styled(f"{line.ref} *", "bold") if line.is_current else line.ref,
        str(line.task_count),
        line.active_task_id or "",
        f"{line.parent}{_apart(line, ', ')}" if line.parent else "",
        Styled(line.tip[:10], "yellow"),
        Styled("closed", "red") if line.closed_reason is not None else "",
    ]


def _apart(view: Any, before: str) -> str:
    """`, 2 ahead, 1 behind`."""
    parts = [f"{many} {word}" for many, word in ((view.ahead, "ahead"), (view.behind, "behind")) if many]
    return before + ", ".join(parts) if parts else ""


def render_status(view: Any, op: Any, console: Console) -> None:
    """Where the ledger stands."""
    console.line(Styled(view.ledger_ref, "bold"), f" ({view.ledger_dir}), {count(view.task_count, 'task')}")
    console.fields(
        [
            ("chosen by", view.source),
            ("branch", view.branch),
            ("tip", view.tip[:10]),
            ("parent", f"{view.ledger_parent_ref}{_apart(view, ': ')}" if view.ledger_parent_ref else None),
            ("active", view.active_task_id),
            ("next task", view.next_task_id),
            ("remotes", view.remotes),
            ("closed", Styled(view.closed_reason, "red") if view.closed_reason is not None else None),
        ],
        indent=2,
    )


RENDERERS: dict[str, Renderer] = {"LedgerList": render_list, "LedgerStatus": render_status}
