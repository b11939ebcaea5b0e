"""The active task for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import moment, one_line


# Where the choice of the active task comes from.
_SOURCES = {
    "environment": "GITLEDGER_TASK names it",
    "session": "`task activate` in this session; other sessions have their own",
    "worktree": "`task activate` in this work tree, without a session",
}


def render_active(view: Any, op: Any, console: Console) -> None:
    """The active task, or the change of it."""
    if op.command == "task activate":
        console.line(f"{'activated' if view.changed else 'already active:'} {view.task_id}  {one_line(view.title)}")
        if view.previous_task_id:
            console.line(Styled(f"before: {view.previous_task_id}", "dim"))
    elif op.command == "task deactivate":
        console.line(f"deactivated {view.task_id}")
    elif op.source:
        console.line(Styled(view.source or "", "bold"), "  ", Styled(_SOURCES.get(view.source or "", ""), "dim"))
    else:
        console.line(Styled(view.task_id, "bold"), "  ", one_line(view.title))
        console.fields(
            [
                ("status", console.status(view.status_stage)),
                ("stage", view.active_stage),
                ("chosen by", view.source),
                ("since", moment((view.state or {}).get("activated_at"))),
            ],
            indent=2,
        )


RENDERERS: dict[str, Renderer] = {"ActiveTask": render_active}
