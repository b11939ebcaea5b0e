"""The steps of the staged workflow for people: what happened, and how it goes on."""

from typing import Any

from gitledger.cli.console import Console
from gitledger.cli.render import Renderer, given
from gitledger.cli.render._views import claim_text, show_next

# command → what happened. Fields of the view stand in braces.
STEPS = {
    "plan start": "started planning {task_id}",
    "plan propose": "proposed plan v{plan_version} for {task_id}",
    "plan upsert": "proposed plan v{plan_version} for {task_id}",
    "plan regenerate": "regenerated plan v{plan_version} for {task_id}",
    "plan amend": "amended plan v{plan_version} of {task_id}",
    "plan approve": "accepted plan v{plan_version} for {task_id}",
    "plan accept": "accepted plan v{plan_version} for {task_id}",
    "plan reject": "rejected plan v{plan_version} of {task_id}",
    "plan revise": "started planning {task_id} again",
    "implement start": "started implementation {run_id} of {task_id}",
    "implement restart": "restarted implementation {run_id} of {task_id}",
    "implement resume": "resumed implementation {run_id} of {task_id}",
    "implement finish": "finished implementation {run_id} of {task_id}",
    "validate start": "started validation {run_id} of {task_id}",
    "validate finish": "finished validation {run_id} of {task_id}: {result}",
    "task cancel": "cancelled {task_id}",
    "task uncancel": "uncancelled {task_id}",
    "task close": "closed {task_id}",
    "task hold": "put {task_id} on hold",
    "task resume": "resumed {task_id}",
}


def render_lifecycle(view: Any, op: Any, console: Console) -> None:
    """One sentence, the status it led to, and the command to go on with."""
    sentence = STEPS.get(view.command, view.command + " {task_id}")
    if view.command == "plan upsert" and view.operation == "regenerated":
        sentence = STEPS["plan regenerate"]
    words = {name: getattr(view, name) for name in view.__struct_fields__ if given(getattr(view, name))}
    if view.changed:
        arrow = [] if view.status in sentence else [" → ", console.status(view.status)]
        console.line(_filled(sentence, words), *arrow)
    else:
        console.line(f"{view.task_id} is ", console.status(view.status), " already; nothing changed")
    console.fields(
        [
            ("reason", words.get("reason")),
            ("todos", _materialized(words)),
            ("claim", claim_text(view.lock) if view.lock else None),
        ],
        indent=2,
    )
    show_next(words.get("next_command") or _as_command(words.get("next_action")), console)


def _filled(sentence: str, words: dict[str, Any]) -> str:
    for name, value in words.items():
        sentence = sentence.replace("{" + name + "}", str(value))
    return sentence


def _materialized(words: dict[str, Any]) -> str | None:
    if "materialized_todos" not in words:
        return None
    mandatory = f", {words['mandatory_todos']} mandatory" if "mandatory_todos" in words else ""
    return f"{words['materialized_todos']} from the plan{mandatory}"


def _as_command(text: Any) -> str | None:
    return text if given(text) and text.startswith("gitledger ") else None


RENDERERS: dict[str, Renderer] = {"Lifecycle": render_lifecycle}
