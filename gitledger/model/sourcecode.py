"""What is defined and what is imported in a piece of source code, told by the tree-sitter grammar of its language."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import os

from gitledger.errors import extra_missing

if TYPE_CHECKING:
    from tree_sitter import Language


class Symbol(NamedTuple):
    """Something that is defined: its name, what it is (function, class, method …), and where: the line, from 1."""

    name: str
    kind: str
    line: int


class Import(NamedTuple):
    """Something that is imported: as the source names it, and where. `names` are what is taken out of it, where the language says so."""

    name: str
    line: int
    names: tuple[str, ...] = ()


class _Grammar(NamedTuple):
    """A language: the package of its grammar, the function there that gives it, and the query for imports.

    Definitions are found by the grammar's own query for tags, by those of `tags` (packages), and by `more`.
    """

    package: str
    function: str = "language"
    tags: tuple[str, ...] = ()
    imports: str = ""
    more: str = ""


_JS_IMPORTS = """
(import_statement source: (string (string_fragment) @name))
(export_statement source: (string (string_fragment) @name))
(call_expression function: (identifier) @call arguments: (arguments . (string (string_fragment) @name)) (#eq? @call "require"))
(call_expression function: (import) arguments: (arguments . (string (string_fragment) @name)))
"""
_PYTHON_IMPORTS = """
(import_statement name: (dotted_name) @name)
(import_statement name: (aliased_import name: (dotted_name) @name))
(import_from_statement module_name: (_) @name) @from
"""
_TS_MORE = """
(enum_declaration name: (identifier) @name) @definition.enum
(type_alias_declaration name: (type_identifier) @name) @definition.type
"""
_RUBY_IMPORTS = """
(call method: (identifier) @call arguments: (argument_list (string (string_content) @name)) (#match? @call "^require"))
"""
_C_IMPORTS = "(preproc_include path: (_) @name)"

GRAMMARS: dict[str, _Grammar] = {
    "python": _Grammar("tree_sitter_python", imports=_PYTHON_IMPORTS),
    "javascript": _Grammar("tree_sitter_javascript", imports=_JS_IMPORTS),
    "typescript": _Grammar("tree_sitter_typescript", "language_typescript", ("tree_sitter_javascript",), _JS_IMPORTS, _TS_MORE),
    "tsx": _Grammar("tree_sitter_typescript", "language_tsx", ("tree_sitter_javascript",), _JS_IMPORTS, _TS_MORE),
    "go": _Grammar("tree_sitter_go", imports="(import_spec path: (_) @name)"),
    "rust": _Grammar("tree_sitter_rust", imports="(use_declaration argument: (_) @name) (mod_item name: (_) @name !body)"),
    "java": _Grammar("tree_sitter_java", imports="(import_declaration (scoped_identifier) @name)"),
    "c": _Grammar("tree_sitter_c", imports=_C_IMPORTS),
    "cpp": _Grammar("tree_sitter_cpp", imports=_C_IMPORTS),
    "ruby": _Grammar("tree_sitter_ruby", imports=_RUBY_IMPORTS),
    "php": _Grammar("tree_sitter_php", "language_php", imports="(namespace_use_clause (qualified_name) @name)"),
}
_SUFFIXES = {
    **dict.fromkeys((".py", ".pyi"), "python"),
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "javascript"),
    **dict.fromkeys((".ts", ".mts", ".cts"), "typescript"),
    **{".tsx": "tsx", ".go": "go", ".rs": "rust", ".java": "java", ".c": "c", ".rb": "ruby", ".php": "php"},
    **dict.fromkeys((".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx"), "cpp"),
}


def language_of(path: str) -> str | None:
    """The language of a file by its name; None for one that has no grammar here."""
    return _SUFFIXES.get(os.path.splitext(path)[1].lower())


def check_extra() -> None:
    """Refuse where the parser or a grammar is not installed."""
    if any(find_spec(name) is None for name in ("tree_sitter", *(grammar.package for grammar in GRAMMARS.values()))):
        raise extra_missing("Reading source code needs tree-sitter and its grammars", "symbols")


def symbols_in(code: bytes, language: str) -> list[Symbol]:
    """What is defined in the code, in order of lines."""
    found = set()
    for captures in _matches(code, language, "tags"):
        kind = next((name.partition(".")[2] for name in captures if name.startswith("definition.")), None)
        if kind is not None and "name" in captures:
            node = captures["name"][0]
            found.add(Symbol(_text(node), kind, node.start_point[0] + 1))
    # A method is a function to some grammars as well: the later word, by the alphabet, says more.
    last = {(symbol.line, symbol.name): symbol for symbol in sorted(found, key=lambda symbol: symbol.kind)}
    return sorted(last.values(), key=lambda symbol: (symbol.line, symbol.name))


def imports_in(code: bytes, language: str) -> list[Import]:
    """What the code imports, in order of lines."""
    found = set()
    for captures in _matches(code, language, "imports"):
        node = captures["name"][0]
        names: tuple[str, ...] = ()
        if "from" in captures:
            taken = captures["from"][0].children_by_field_name("name")
            names = tuple(_text(part.child_by_field_name("name") or part) for part in taken)
        found.add(Import(_text(node).strip("\"'"), node.start_point[0] + 1, names))
    return sorted(found, key=lambda found: (found.line, found.name))


def _text(node: Any) -> str:
    return node.text.decode("utf-8", "replace")


def _matches(code: bytes, language: str, what: str) -> Iterator[dict[str, list[Any]]]:
    from tree_sitter import Parser, QueryCursor

    tree = Parser(_language(language)).parse(code)
    for _, captures in QueryCursor(_query(language, what)).matches(tree.root_node):
        if what == "tags" or "name" in captures:
            yield captures


@cache
def _language(language: str) -> "Language":
    from tree_sitter import Language

    grammar = GRAMMARS[language]
    return Language(getattr(import_module(grammar.package), grammar.function)())


@cache
def _query(language: str, what: str) -> Any:
    from importlib.resources import files

    from tree_sitter import Query

    grammar = GRAMMARS[language]
    if what == "imports":
        return Query(_language(language), grammar.imports)
    packages = (*grammar.tags, grammar.package)
    tags = [(files(f"{name}.queries") / "tags.scm").read_text("utf-8") for name in packages]
    return Query(_language(language), "\n".join([*tags, grammar.more]))
