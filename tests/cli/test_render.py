"""Views without a renderer of their own are laid out; those with one go to it."""

import io
from types import ModuleType

import pytest
from msgspec import Struct
from toys import Look, ToyLedger, call

from gitledger.cli.console import Console
from gitledger.cli.render import render, renderer_of

pytestmark = pytest.mark.usefixtures("toys")


class Item(Struct):
    id: str
    title: str
    status: str
    note: str | None = None


class View(Struct):
    kind: str
    task_id: str
    done: bool
    labels: list[str]
    owner: str | None
    items: list[Item]
    todo: dict[str, int]


def shown(view) -> list[str]:
    out = io.StringIO()
    render(view, Look(), Console(out, io.StringIO(), {}))
    return out.getvalue().splitlines()


def test_any_view_prints():
    items = [Item("1", "One", "done"), Item("22", "Two", "open")]
    view = View("k", "task-0001", True, ["a", "b"], None, items, {"n": 1})
    assert shown(view) == [
        "task id: task-0001",
        "done:    yes",
        "labels:  a, b",
        "items:",
        "  id  title  status",
        "  1   One    done",
        "  22  Two    open",
        "todo:",
        "  n: 1",
    ]


def test_long_records_are_listed_one_by_one():
    assert shown([Item("1", "One\nmore", "done"), Item("2", "Two", "open")]) == [
        "id:     1",
        "title:  One",
        "        more",
        "status: done",
        "",
        "id:     2",
        "title:  Two",
        "status: open",
    ]


def test_an_empty_list_says_so():
    assert shown([]) == ["none"]


def test_a_text_stays_as_it_is():
    assert shown("# A\n\n- b  c\n") == ["# A", "", "- b  c"]


def test_a_renderer_is_found_by_the_name_of_the_view(monkeypatch):
    import sys

    module = ModuleType("gitledger.cli.render.toys")
    module.RENDERERS = {"Item": lambda view, op, console: console.line("item ", view.id)}
    monkeypatch.setitem(sys.modules, "gitledger.cli.render.toys", module)
    assert renderer_of(Item("7", "t", "s"), Look()) is module.RENDERERS["Item"]
    assert shown(Item("7", "t", "s")) == ["item 7"]
    assert renderer_of("text", Look()) is None


def test_hostile_keys_and_values():
    view = {"a\x1b": "b\x1b", "list": ["c\x1b\nd"], "deep": {"e\u202e": "f\x9b"}}
    out = call("toy", "look", ledger=ToyLedger(view)).out
    assert "\x1b" not in out and "\u202e" not in out and "\x9b" not in out
    assert "a\\x1b: b\\x1b" in out
