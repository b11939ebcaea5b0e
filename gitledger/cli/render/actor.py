"""Who you are, for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import actor_name


def render_identity(view: Any, op: Any, console: Console) -> None:
    """The actor, and what detection went by."""
    actor = view.actor
    console.line(Styled(actor_name(actor) or "nobody", "bold"))
    about = [] if actor is None else [
        ("type", actor.actor_type),
        ("name", actor.actor_name),
        ("role", actor.role),
        ("session", actor.session_id),
        ("person", actor.person),
        ("host", actor.host),
    ]
    console.fields([*about, ("harness", _harness(view.harness)), ("detected", _seen(view.detected))], indent=2)


def _harness(harness: Any) -> str:
    return harness.name if harness.name == harness.kind else f"{harness.name} ({harness.kind})"


def _seen(detected: Any) -> list[str]:
    seen = {
        detected.harness: detected.harness is not None,
        "continuous integration": detected.is_ci,
        "terminal": detected.has_terminal,
    }
    return [word for word, is_there in seen.items() if is_there]


def render_stored(view: Any, op: Any, console: Console) -> None:
    """What holds from now on, and by which setting."""
    thing = actor_name(view.actor) if op.command == "actor set" else _harness(view.harness)
    console.line(f"{op.command.partition(' ')[0]}: {thing}")
    console.fields([("git setting", f"{view.setting} = {view.value}")], indent=2)


def render_cleared(view: Any, op: Any, console: Console) -> None:
    """What is gone."""
    noun = op.command.partition(" ")[0]
    console.line(f"cleared the {noun} of this repository" if view.cleared else f"no {noun} was set for this repository")


RENDERERS: dict[str, Renderer] = {
    "Identity": render_identity,
    "StoredActor": render_stored,
    "StoredHarness": render_stored,
    "ClearedActor": render_cleared,
    "ClearedHarness": render_cleared,
}
