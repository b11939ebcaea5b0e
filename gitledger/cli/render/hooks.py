"""The hooks, for people: where they are, what runs before them, and what is in the way."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import one_line

_MANAGERS = {
    "husky": "husky takes care of the hooks here",
    "lefthook": "lefthook takes care of the hooks here",
    "pre-commit": "pre-commit takes care of the hooks here",
    "core.hooksPath": "core.hooksPath leads git to a folder that is not this repository's own",
}
_STYLES = {"ok": "green", "managed": "green", "absent": "dim", "outdated": "yellow", "broken": "red"}


def render_installed(view: Any, op: Any, console: Console) -> None:
    """What was put where; where that is not enough, what to add to which files."""
    for hook in view.hooks:
        before = f"  after {one_line(hook.chained)}" if hook.chained else ""
        console.line(f"{hook.status.replace('_', ' ')} {hook.hook}", before)
    if view.hooks:
        console.line(f"hooks in {one_line(view.folder)}")
    if view.manager is not None and view.snippet is None:
        console.line(f"{_MANAGERS[view.manager]}, and what is there calls them")
    if view.snippet is not None:
        console.line(Styled(f"{_MANAGERS[view.manager]}, so that git does not find them yet.", "yellow"))
        console.line(f"add to {', '.join(view.snippet.files)}:")
        console.line()
        console.text(view.snippet.text)
        console.line()
        console.line("then look: gitledger hooks status")
    if not view.shows_notes:
        console.line("to see the task of each commit in git log: gitledger hooks install --show-notes")


def render_uninstalled(view: Any, op: Any, console: Console) -> None:
    """What was taken away."""
    for hook in view.hooks:
        what = {"restored": "put back what was there before", "removed": "removed"}.get(hook.status, "left as it is")
        console.line(f"{what}: {one_line(hook.path)}")
    if not view.hooks:
        console.line("no hook of gitledger is installed here; nothing changed")


def render_status(view: Any, op: Any, console: Console) -> None:
    """Each hook on a line, then what is wrong."""
    verdict = Styled("work", "green") if view.healthy else Styled("do not all work", "red")
    console.line("hooks ", verdict)
    console.fields(
        [
            ("folder", view.folder),
            ("because of", None if view.source == "default" else view.source),
            ("managed by", None if view.manager == "core.hooksPath" else view.manager),
            ("interpreter", view.interpreter),
        ],
        indent=2,
    )
    rows = [(hook.hook, Styled(hook.status, _STYLES[hook.status]), _after(hook.chained)) for hook in view.hooks]
    console.table(rows, indent=2)
    for problem in view.problems:
        console.line("  - ", one_line(problem))
    if view.next_command is not None:
        console.line(f"next: {view.next_command}")


def _after(chained: str | None) -> str:
    return f"after {chained}" if chained else ""


def render_run(view: Any, op: Any, console: Console) -> None:
    """The hook has said what it had to say."""


RENDERERS: dict[str, Renderer] = {
    "InstalledHooks": render_installed,
    "UninstalledHooks": render_uninstalled,
    "HooksStatus": render_status,
    "RanHook": render_run,
}
