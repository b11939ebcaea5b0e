"""Introductions for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import moment


def render_intro(view: Any, op: Any, console: Console) -> None:
    """Which introduction it is; its text where that was asked for."""
    if op.command == "intro create":
        console.line(f"created {view.id} ", Styled(view.title, "bold"))
        return
    console.line(Styled(f"{view.id} {view.title}", "bold"))
    console.text(view.body or "(It is empty.)")


def render_list(view: Any, op: Any, console: Console) -> None:
    """Each introduction on a line."""
    if not view.introductions:
        console.line("this ledger has no introductions")
        return
    rows = [[intro.id, intro.title, Styled(intro.slug, "dim"), Styled(moment(intro.created_at), "dim")] for intro in view.introductions]
    console.table(rows, grow=1)


def render_linked(view: Any, op: Any, console: Console) -> None:
    """What the task begins with now."""
    console.line(f"{view.id} begins with {view.introduction_ref}")


RENDERERS: dict[str, Renderer] = {"IntroView": render_intro, "IntroList": render_list, "TaskView": render_linked}
