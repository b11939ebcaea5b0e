"""A handoff for people: that it was made, and what became of it."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import show_command, show_json
from gitledger.cli.text import one_line


def render_created(view: Any, op: Any, console: Console) -> None:
    """Which handoff it is, and how it is claimed."""
    console.line(f"created {view.handoff_id} of {view.task_id} ({view.context_for})")
    show_command(f"gitledger handoff claim {view.handoff_id} --task {view.task_id}", console, label="claim it: ")


def render_step(view: Any, op: Any, console: Console) -> None:
    """What became of it; with `--format json` all of it."""
    if op.command == "handoff show":
        show_json(view, console)
        return
    console.line(f"{view.status} {view.handoff_id} of {view.task_id}")
    if op.command != "handoff claim":
        return
    if view.lock_policy == "transfer":
        console.line(f"you hold {view.task_id} now" + (f", with {view.claim_run_id}" if view.claim_run_id else ""))
    if view.next_action:
        console.line("next: ", one_line(view.next_action))
    show_command(f"gitledger handoff show {view.handoff_id} --task {view.task_id} --format markdown", console, label="read it: ")


RENDERERS: dict[str, Renderer] = {"HandoffBrief": render_created, "HandoffView": render_step}
