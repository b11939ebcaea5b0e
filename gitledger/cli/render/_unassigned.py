"""Commits that belong to no task, for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, moment


def render_list(view: Any, op: Any, console: Console) -> None:
    """The commits, and how to say of them what they belong to."""
    if view.ok:
        console.line(f"of {count(view.checked, 'commit')}, none belongs to no task")
        return
    console.line(f"{count(view.total, 'commit')} of {view.checked} belong{'s' if view.total == 1 else ''} to no task:")
    console.table([_row(commit) for commit in view.commits], grow=1)
    if view.truncated:
        console.line(f"the newest {len(view.commits)}; --limit 0 shows all")
    console.line("next: gitledger commits link COMMIT --task TASK")


def _row(commit: Any) -> list[Cell]:
    return [commit.short, commit.subject, commit.author, Styled(moment(commit.at), "dim")]


RENDERERS: dict[str, Renderer] = {"UnassignedCommits": render_list}
