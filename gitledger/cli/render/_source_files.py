"""Places in files, for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, one_line


def render_matches(view: Any, op: Any, console: Console) -> None:
    """A place a line, as grep prints it."""
    if not view.matches:
        console.line("nothing found")
    for match in view.matches:
        console.line(*_place(match))
    if view.truncated:
        rest = f" of {count(view.total, 'place')}" if view.total is not None else ", and there are more"
        console.line(Styled(f"{len(view.matches)}{rest}", "dim"))


def _place(match: Any) -> list[Cell]:
    place: list[Cell] = [Styled(one_line(match.path), "bold")]
    if match.line is not None:
        place.append(Styled(f":{match.line}", "dim"))
    if match.symbol is not None:
        return [*place, "  ", Styled(one_line(match.symbol_kind or ""), "cyan"), " ", one_line(match.symbol)]
    return [*place, ": ", one_line(match.text)] if match.text is not None else place


RENDERERS: dict[str, Renderer] = {"FileMatches": render_matches}
