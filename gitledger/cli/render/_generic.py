"""Any view as aligned `key: value` lines, with lists as tables: what prints before a renderer is written."""

from typing import Any

from gitledger.cli.console import Cell, Console
from gitledger.cli.render import plain
from gitledger.cli.text import display_width, one_line, say

_WIDEST = 60  # beyond this many columns a text is no cell but a paragraph
_GROWS = ("title", "text", "message", "summary", "name")
_STATUSES = ("status", "status_stage", "role", "result")


def render_plain(view: Any, console: Console) -> None:
    """Print any view."""
    data = view if isinstance(view, str) else plain(view)
    if isinstance(data, str):
        console.text(data)
    elif isinstance(data, dict):
        render_mapping(data, console)
    elif isinstance(data, list):
        render_list(data, console)
    else:
        console.line(say(data))


def render_mapping(data: dict[str, Any], console: Console, indent: int = 0) -> None:
    """Scalars as aligned lines, then what is nested, each under its name. `kind` goes without saying."""
    scalars = {key: value for key, value in data.items() if not _is_nested(value) and key != "kind"}
    console.fields([(_label(key), _value(key, value, console)) for key, value in scalars.items()], indent=indent)
    for key, value in data.items():
        if not value or not _is_nested(value):
            continue
        console.line(" " * indent, _label(key) + ":")
        if isinstance(value, dict):
            render_mapping(value, console, indent + 2)
        else:
            render_list(value, console, indent + 2)


def render_list(items: list[Any], console: Console, indent: int = 0) -> None:
    """Records as a table where they fit one, else one after the other; plain values one to a line."""
    if not items:
        console.line(" " * indent, "none")
        return
    if not all(isinstance(item, dict) for item in items):
        for item in items:
            console.line(" " * indent, "- ", one_line(say(item)))
        return
    keys = [key for key in dict.fromkeys(key for item in items for key in item) if key != "kind"]
    keys = [key for key in keys if not all(_is_nested(item.get(key)) or item.get(key) is None for item in items)]
    if _fits(items, keys):
        rows = [[_value(key, item.get(key), console) for key in keys] for item in items]
        grow = next((at for at, key in enumerate(keys) if key in _GROWS), -1)
        console.table(rows, [_label(key) for key in keys], grow=grow, indent=indent)
        return
    for at, item in enumerate(items):
        if at:
            console.line()
        render_mapping(item, console, indent)


def _fits(items: list[dict[str, Any]], keys: list[str]) -> bool:
    if len(keys) > 8 or any(isinstance(value, dict) for item in items for value in item.values()):
        return False
    return all(
        "\n" not in say(item.get(key)).strip() and (key in _GROWS or display_width(say(item.get(key))) <= _WIDEST)
        for item in items
        for key in keys
    )


def _is_nested(value: Any) -> bool:
    """A mapping, or a list of things that do not fit one line of words."""
    if isinstance(value, dict):
        return True
    return isinstance(value, list) and any(isinstance(item, (dict, list)) or len(str(item)) > 40 for item in value)


def _value(key: str, value: Any, console: Console) -> Cell:
    if value is None or value == []:
        return ""
    return console.status(value) if key in _STATUSES and isinstance(value, str) else say(value)


def _label(key: str) -> str:
    return key.replace("_", " ")
