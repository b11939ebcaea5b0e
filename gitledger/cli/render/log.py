"""Entries for people: one to a line, newest first, as `git log --oneline` shows commits."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, moment


def render_log(view: Any, op: Any, console: Console) -> None:
    """The entries."""
    if not view.entries:
        console.line("no entries")
        return
    console.table([_row(entry) for entry in view.entries], grow=3)
    if view.truncated:
        console.line(Styled(f"the newest {count(len(view.entries), 'entry', 'entries')}; --limit 0 shows all", "dim"))


def _row(entry: Any) -> list[Cell]:
    who = (entry.actor or entry.author).partition(":")[2] or entry.actor or entry.author
    return [Styled(entry.commit[:10], "yellow"), Styled(moment(entry.time), "dim"), who, entry.subject]


RENDERERS: dict[str, Renderer] = {"Log": render_log}
