"""Every command there is: it builds, it has help, and its answer has a renderer."""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import get_args

import click
import pytest

import gitledger.cli.render as render
import gitledger.ops as ops
from gitledger.cli import groups
from gitledger.cli.build import build_command, fields_of
from gitledger.ops._base import answer_of
from gitledger.ops._registry import NOUNS, ROOTS, all_operations

OPERATIONS = all_operations()
RENDER = Path(render.__file__).parent
TABLES = sorted(path.stem for path in RENDER.glob("*.py") if path.stem not in ("__init__", "_generic"))


def name(op):
    return op.command


@pytest.mark.parametrize("op", OPERATIONS, ids=name)
def test_it_builds_with_distinct_options(op):
    command = build_command(op)
    context = click.Context(command, info_name=op.command)
    options = [word for param in command.get_params(context) if isinstance(param, click.Option) for word in param.opts]
    assert len(options) == len(set(options))
    assert command.get_help(context).startswith("Usage: ")


@pytest.mark.parametrize("op", OPERATIONS, ids=name)
def test_it_has_help(op):
    first = (op.__doc__ or "").partition("\n")[0]
    assert first.endswith(".") and len(first) <= 118
    assert [field.name for field in fields_of(op) if not field.help] == []


@pytest.mark.parametrize("op", OPERATIONS, ids=name)
def test_its_answer_has_a_renderer(op):
    answer = answer_of(op).__annotations__["return"]
    views = [kind for kind in get_args(answer) or (answer,) if kind not in (str, type(None))]
    for view in views:
        homes = (op.__module__, view.__module__)
        tables = [render._table(home.rpartition(".")[2]) for home in homes]
        assert any(view.__name__ in table for table in tables), view.__name__


@pytest.mark.parametrize("table", TABLES)
def test_every_renderer_has_a_view(table):
    module: ModuleType = import_module(f"gitledger.{'cli' if table in groups.HANDWRITTEN else 'ops'}.{table}")
    assert [view for view in render._table(table) if not hasattr(module, view)] == []


def test_every_table_is_a_module_of_operations():
    known = {module for module, _ in [*NOUNS.values(), *ROOTS.values()]} | {"_views", *groups.HANDWRITTEN}
    known |= {path.stem for path in Path(ops.__file__).parent.glob("_*.py")}
    assert set(TABLES) <= known


@pytest.mark.parametrize("word", [*NOUNS, *ROOTS, *groups.HANDWRITTEN])
def test_the_program_finds_it(word):
    root = groups.root_command()
    assert isinstance(root.get_command(click.Context(root), word), click.Command)
