"""Reads from the source which commands gitledger may recommend: every argument list that the code spells out.

An element that is only known at run time counts as `1`, which is good as a task, an item, a version and a text.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import ast

PROGRAMS = ("gitledger", "git")
# Functions that make a command on a task of their further arguments.
BUILDERS = ("on_task", "next_line")
Words = tuple[str, ...]


class Place(NamedTuple):
    """Where in the source: file, line, and the function it is in."""

    file: str
    line: int
    function: str


class Source:
    """A module of gitledger, parsed, with what its names stand for."""

    def __init__(self, path: Path, root: Path) -> None:
        self.file = path.relative_to(root).as_posix()
        self.tree = ast.parse(path.read_text())
        self.owner: dict[ast.AST, ast.AST] = {}
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self.owner[child] = node

    def place(self, node: ast.AST) -> Place:
        names = [found.name for found in self._around(node) if isinstance(found, ast.FunctionDef)]
        return Place(self.file, getattr(node, "lineno", 0), names[0] if names else "")

    def _around(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self.owner:
            node = self.owner[node]
            yield node

    def calls(self) -> Iterator[ast.Call]:
        """Every call in the module."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def commands(self) -> Iterator[tuple[Place, Words]]:
        """Every argument list that begins with gitledger, every call of a builder, and every hint."""
        for node in ast.walk(self.tree):
            if _spells(node) or _is_hint(node):
                for argv in self.words(_value(node)) or ():
                    if argv and argv[0] in PROGRAMS:
                        yield self.place(node), argv

    def untold(self) -> Iterator[Place]:
        """Where a command or a hint is made that only a run can tell."""
        for node in ast.walk(self.tree):
            if (_spells(node) or _is_hint(node)) and self.words(_value(node)) is None:
                yield self.place(_value(node))

    # ------------------------------------------------------------------ what an expression may come to

    def words(self, node: ast.AST) -> list[Words] | None:
        """The argument lists that `node` may come to; None where that cannot be told."""
        match node:
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return self._joined(items)
            case ast.IfExp(body=one, orelse=other):
                return self._either([one, other])
            case ast.BoolOp(values=several):
                return self._either(several)
            case ast.Call() if name_of(node) in BUILDERS:
                inner = self._joined(node.args[1:])
                return inner and [("gitledger", *words, "--task", "1") for words in inner]
            case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[_, *default]):
                return self._either([*self._table(table), *default])
            case ast.Subscript(value=table):
                return self._either(self._table(table))
            case ast.Name():
                return self._either(self._values(node))
        return None

    def _table(self, node: ast.expr) -> list[ast.expr]:
        """The values of a dictionary that is written out, here or where the name is assigned."""
        tables = self._values(node) if isinstance(node, ast.Name) else [node]
        return [value for table in tables if isinstance(table, ast.Dict) for value in table.values]

    def _either(self, nodes: list[ast.expr]) -> list[Words] | None:
        found = [self.words(node) for node in nodes]
        return None if None in found or not found else [words for some in found for words in some or ()]

    def _joined(self, items: list[ast.expr]) -> list[Words] | None:
        parts: list[list[Words]] = []
        for item in items:
            found = self.words(item.value) if isinstance(item, ast.Starred) else self._word(item)
            if found is None:
                return None
            parts.append(found)
        return [sum(choice, ()) for choice in product(*parts)]

    def _word(self, node: ast.expr) -> list[Words]:
        match node:
            case ast.Constant(value=str(text)):
                return [(text,)]
            case ast.Name(id="PROGRAM"):
                return [("gitledger",)]
            case ast.IfExp(body=one, orelse=other):
                return [*self._word(one), *self._word(other)]
            case ast.Name():
                texts = [found for value in self._values(node) for found in self._word(value)]
                return texts or [("1",)]
            case ast.Call(func=ast.Attribute(value=table, attr="get")) | ast.Subscript(value=table):
                return [found for value in self._table(table) for found in self._word(value)] or [("1",)]
        return [("1",)]

    def _values(self, name: ast.Name) -> list[ast.expr]:
        """What the name is given: by assignment in its function or the module, as a default, or by who calls."""
        found: list[ast.expr] = []
        for scope in self._around(name):
            if isinstance(scope, ast.FunctionDef):
                found += self._arguments(scope, name.id)
            if isinstance(scope, ast.FunctionDef | ast.Module):
                inside = ast.walk(scope) if isinstance(scope, ast.FunctionDef) else scope.body
                found += [node.value for node in inside if isinstance(node, ast.Assign) and _is_name(node.targets[0], name.id)]
        return found

    def _arguments(self, function: ast.FunctionDef, name: str) -> list[ast.expr]:
        """The default of a parameter, and what the calls in this module pass for it."""
        names = [arg.arg for arg in function.args.args]
        if name not in names:
            return []
        place = names.index(name)
        found = function.args.defaults[place - len(names) :][:1] if place - len(names) >= -len(function.args.defaults) else []
        for call in self.calls():
            if name_of(call) == function.name:
                found += [keyword.value for keyword in call.keywords if keyword.arg == name]
                found += call.args[place : place + 1]
        return found


def name_of(node: ast.Call) -> str:
    """The name of the function that is called."""
    return getattr(node.func, "id", None) or getattr(node.func, "attr", "")


def _spells(node: ast.AST) -> bool:
    """Whether the node writes a command of gitledger out."""
    if isinstance(node, ast.Call):
        return name_of(node) in BUILDERS
    return isinstance(node, ast.Tuple) and bool(node.elts) and _is_program(node.elts[0])


def _is_hint(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "hint"


def _value(node: ast.AST) -> ast.AST:
    return node.value if isinstance(node, ast.keyword) else node


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_program(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "PROGRAM") or (
        isinstance(node, ast.Constant) and node.value == "gitledger"
    )


def sources(package: Path) -> list[Source]:
    """Every module of the package."""
    return [Source(path, package.parent) for path in sorted(package.rglob("*.py"))]
