"""Views for people: each noun has a module with a table `RENDERERS`; what has no renderer is laid out generically."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from gitledger.cli.console import Console

Renderer = Callable[[Any, Any, Console], None]


def render(view: Any, op: Any, console: Console) -> None:
    """Print `view`, the answer to `op`, on the console."""
    renderer = renderer_of(view, op)
    if renderer is None:
        from gitledger.cli.render._generic import render_plain

        render_plain(view, console)
    else:
        renderer(view, op, console)


def renderer_of(view: Any, op: Any) -> Renderer | None:
    """The renderer in the module named like the operation's, or like the one that defines the view."""
    homes = dict.fromkeys(type(thing).__module__.rpartition(".")[2] for thing in (op, view))
    found = (_table(home).get(type(view).__name__) for home in homes)
    return next((renderer for renderer in found if renderer is not None), None)


def _table(home: str) -> dict[str, Renderer]:
    module = f"{__name__}.{home}"
    try:
        return import_module(module).RENDERERS
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return {}


def plain(view: Any) -> Any:
    """A view as JSON-ready data: every key present, absent scalars null."""
    from msgspec import to_builtins

    return to_builtins(view, str_keys=True)


def given(value: Any) -> bool:
    """Whether a field of a view holds something: neither left out nor null."""
    from msgspec import UNSET

    return value is not None and value is not UNSET
