"""What a person should look at, for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer, given
from gitledger.cli.text import moment, one_line, say, truncate


def render_conflicts(view: Any, op: Any, console: Console) -> None:
    """Each conflict with its settings, the one that holds marked."""
    if not view.conflicts:
        console.line("no conflicts")
        return
    for conflict in view.conflicts:
        where = f"  ({', '.join(conflict.ledgers)})" if given(conflict.ledgers) else ""
        console.line(Styled(conflict.task_id, "bold"), "  ", one_line(conflict.title), Styled(one_line(where), "dim"))
        console.line("  ", Styled(conflict.about, "yellow"), "  ", one_line(conflict.message))
        console.table([_row(setting) for setting in conflict.settings], indent=4)
        console.fields([("others", conflict.others), ("try", conflict.command)], indent=4)


def _row(setting: Any) -> list[Cell]:
    value = truncate(one_line(say(setting.value)), 50)
    return [
        Styled("holds" if setting.holds else "", "green"),
        value,
        setting.type,
        setting.actor,
        Styled(moment(setting.at), "dim"),
        Styled(setting.event[:8], "dim"),
    ]


RENDERERS: dict[str, Renderer] = {"ConflictList": render_conflicts}
