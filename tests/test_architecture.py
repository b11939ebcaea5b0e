"""The layers of docs/architecture.md: who may import whom, and who alone may touch what."""

from collections.abc import Iterator
from pathlib import Path

import ast

import pytest

ROOT = Path(__file__).parent.parent / "gitledger"
FILES = sorted(ROOT.rglob("*.py"))

# room → the rooms it may import, beside itself.
_CORE = {"errors", "model"}
_SHELL = {*_CORE, "ops", "store", "git", "config", "exec", "ledger"}
_FACE = {*_SHELL, "sync", "leave", ""}
ALLOWED = {
    "errors": set(),
    "leave": set(),
    "model": {"errors"},
    **dict.fromkeys(("ops", "store", "git", "config", "exec"), _CORE),
    "ledger": _SHELL - {"ledger"},
    "sync": _SHELL,
    **dict.fromkeys(("cli", "mcp", "web", "githooks"), _FACE),
    "": {"errors", "ledger"},
    "__main__": {"cli"},
}
SOLE = {
    "pygit2": ("store/",),
    "click": ("cli/",),
    "yaml": ("model/yaml.py",),
    "sqlite3": ("store/",),
    "subprocess": ("git/", "exec.py", "cli/demo.py"),
    "mcp": ("mcp/",),
    "cronsim": ("model/schedule.py",),
    "http": ("web/",),
    "mcp_types": ("mcp/",),
    "tree_sitter": ("model/sourcecode.py",),
    "anyio": ("mcp/",),
}
ENVIRONMENT = ("config.py", "cli/main.py", "githooks/main.py", "ledger/shell.py")
# Where errors become words: one place for each face.
BOUNDARIES = ("cli/main.py", "githooks/main.py", "mcp/main.py", "mcp/orchestrator/main.py", "web/main.py")
VAGUE = {"helpers", "helper", "utils", "util", "common", "misc"}


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room(module: str) -> str:
    """The room of a module path below gitledger: `ops/todo.py` → `ops`, `__init__.py` → ``."""
    first = module.split("/")[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported, inside functions too; relative imports made absolute."""
    package = ["gitledger", *Path(place(path)).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from gitledger import ledger` imports a room; `from gitledger.model import ids` a module of one.
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def rooms_imported(path: Path) -> Iterator[tuple[int, str]]:
    for line, name in imports(path):
        head, _, rest = name.partition(".")
        if name == "gitledger.__version__":
            continue  # A constant of the package itself, which is there before any room is.
        if head == "gitledger":
            first = rest.split(".")[0]
            yield line, first if (ROOT / first).is_dir() and first or (ROOT / f"{first}.py").exists() else ""


@pytest.mark.parametrize("path", FILES, ids=place)
def test_a_module_imports_only_rooms_below_its_own(path):
    own = room(place(path))
    assert own in ALLOWED, f"{place(path)}: a room that the architecture does not know"
    wrong = [f"{place(path)}:{line} imports {name or 'gitledger'}" for line, name in rooms_imported(path)
             if name != own and name not in ALLOWED[own]]
    assert not wrong


@pytest.mark.parametrize("library", SOLE)
def test_a_library_has_its_sole_importer(library):
    wrong = [f"{place(path)}:{line}" for path in FILES for line, name in imports(path)
             if name.split(".")[0] == library and not place(path).startswith(SOLE[library])]
    assert not wrong


def test_only_config_and_the_entries_read_the_environment():
    wrong = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_bytes())):
            named = node.attr if isinstance(node, ast.Attribute) else node.name if isinstance(node, ast.alias) else ""
            if named in ("environ", "environb", "getenv", "getenvb") and place(path) not in ENVIRONMENT:
                is_os = isinstance(node, ast.alias) or (isinstance(node.value, ast.Name) and node.value.id == "os")
                wrong += [f"{place(path)}:{node.lineno}"] if is_os else []
    assert not wrong


def test_only_the_boundary_catches_everything():
    wrong = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ExceptHandler):
                kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                broad = any(kind is None or getattr(kind, "id", "") in ("Exception", "BaseException") for kind in kinds)
                wrong += [f"{place(path)}:{node.lineno}"] if broad and place(path) not in BOUNDARIES else []
    assert not wrong


def test_no_module_has_a_name_that_says_nothing():
    assert not [place(path) for path in FILES if VAGUE & set(Path(place(path)).with_suffix("").parts)]


def test_the_start_of_the_program_imports_nothing_it_does_not_use():
    """`import gitledger` touches no library: a hook that has nothing to do must end at once."""
    heavy = {"pygit2", "yaml", "click", "sqlite3", "subprocess"}
    at_top = {name.split(".")[0] for _, name in imports(ROOT / "__init__.py")}
    assert not heavy & at_top
    for module in ("config.py", "model/policy.py", "model/task.py"):
        tops = [node for node in ast.parse((ROOT / module).read_bytes()).body if isinstance(node, (ast.Import, ast.ImportFrom))]
        names = {alias.name.split(".")[0] for node in tops if isinstance(node, ast.Import) for alias in node.names}
        assert not heavy & names, module


# libgit2 reads a loose object that ends too early for ever: each is looked at before (`store/objects.check_whole`).
READERS = {"read", "get", "walk", "descendant_of", "ahead_behind", "merge_base", "revparse_single", "revparse_ext"}
LOOKS_FIRST = ("store/objects.py", "store/source.py")


def _is_repository(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "pg" or isinstance(node, ast.Attribute) and node.attr == "pg"


def test_no_object_is_read_before_it_was_looked_at():
    wrong = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_bytes())):
            reads = (
                isinstance(node, ast.Attribute) and node.attr in READERS and _is_repository(node.value)
                or isinstance(node, ast.Subscript) and _is_repository(node.value)
                or isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn) and _is_repository(node.comparators[0])
            )
            wrong += [f"{place(path)}:{node.lineno}"] if reads and place(path) not in LOOKS_FIRST else []
    assert not wrong
