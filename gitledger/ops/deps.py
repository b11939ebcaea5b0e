"""What a file of the repository imports, and which files import it."""

from typing import Annotated, Literal

from posixpath import basename, dirname

from gitledger.errors import Conflict, InvalidInput, NotFound
from gitledger.model import sourcecode
from gitledger.model.importpaths import files_meant
from gitledger.ops._base import Operation, arg, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._source_files import AtRevision
from gitledger.ops._views import View
from gitledger.ops._world import World
from gitledger.ops.ready import check_limit
from gitledger.ops.symbols import MOST_FILES

MANIFEST = "__manifest__.py"
# What stands for a folder, in the order in which it is looked for.
_HEADS = (MANIFEST, "__init__.py", "index.ts", "index.tsx", "index.js", "mod.rs", "lib.rs")
_PACKAGE_HEADS = ("__init__", "index", "mod", "lib")


class ImportLine(View):
    """An import: where it stands, what it names, and which file of the repository that is (null: none of it)."""

    path: str
    line: int
    name: str
    target: str | None


class ImportLines(View):
    """Imports; `total` is null where not all files were read."""

    items: list[ImportLine]
    total: int | None
    truncated: bool


class ModuleDependencies(View):
    """What a file depends on, by name (`depends`) and by file, and what depends on it. `manifest_path` is the file that says so."""

    repo: str
    module: str
    module_name: str
    manifest_path: str
    depends: list[str]
    imports: ImportLines
    imported_by: ImportLines
    revision: str | None
    kind: Literal["module_dependencies"] = "module_dependencies"


class ShowDependencies(Operation, frozen=True, kw_only=True):
    """Show what a file of the repository imports, and which of its files import it.

    A folder stands for its __init__.py, index or mod.rs; with an Odoo manifest in it, `depends` is what that says. Imports are
    followed to files in Python, JavaScript, TypeScript, C, C++, Java, Rust (mod) and Ruby, and told by name in Go and PHP. It
    needs the extra gitledger[symbols].
    """

    command = "deps"
    writes = False
    needs_ledger = False

    module: Annotated[str, arg("The file, named from where you are, or a Python module: gitledger.ops.task.")]
    revision: AtRevision = None
    limit: Annotated[int, opt("At most this many importers (0: all).")] = 50

    def show(self, world: World) -> ModuleDependencies:
        check_limit(self.limit)
        sourcecode.check_extra()
        at = world.files.at(self.revision)
        paths = frozenset(world.files.paths(at))
        path = _path_of(world, self.module, paths)
        imports = [line for found in _lines(world, [path], at, paths) for line in found]
        depends = list(dict.fromkeys(line.name for line in imports))
        if basename(path) == MANIFEST:
            depends = _declared(world, path, at)
        return ModuleDependencies(
            repo=world.files.name,
            module=self.module,
            module_name=_module_name(path),
            manifest_path=world.files.shown(path),
            depends=depends,
            imports=ImportLines(items=imports, total=len(imports), truncated=False),
            imported_by=self._importers(world, path, at, paths),
            revision=at,
        )

    def _importers(self, world: World, path: str, at: str | None, paths: frozenset[str]) -> ImportLines:
        """The imports that mean the file; only files that hold its name are read."""
        stem = basename(path).partition(".")[0]
        word = basename(dirname(path)) if stem in _PACKAGE_HEADS else stem
        holding = world.files.holding(word, at=at) if word else sorted(paths)
        sources = [other for other in holding if sourcecode.language_of(other) and other != path]
        target = world.files.shown(path)
        found = [line for lines in _lines(world, sources[:MOST_FILES], at, paths) for line in lines if line.target == target]
        shown = found[: self.limit or None]
        was_counted = len(sources) <= MOST_FILES
        return ImportLines(
            items=shown, total=len(found) if was_counted else None, truncated=not was_counted or len(shown) < len(found)
        )


def _lines(world: World, sources: list[str], at: str | None, paths: frozenset[str]) -> list[list[ImportLine]]:
    """The imports of each file, a line for each file that one means."""
    found = []
    for path, code in world.files.read(sources, at):
        language = sourcecode.language_of(path)
        lines = []
        for one in sourcecode.imports_in(code, language) if language else ():
            targets: list[str | None] = [world.files.shown(meant) for meant in files_meant(one, path, language or "", paths)]
            lines += [
                ImportLine(path=world.files.shown(path), line=one.line, name=one.name, target=target) for target in targets or [None]
            ]
        found.append(lines)
    return found


def _path_of(world: World, module: str, paths: frozenset[str]) -> str:
    """The file that a path, a folder or a dotted name means."""
    if not module.strip() or "\0" in module:
        raise InvalidInput("MODULE must not be empty.", code="VALIDATION", hint=(PROGRAM, "deps", "--help"))
    named = world.files.inside(module)
    hits = [path for path in (named, *(f"{named}/{head}".removeprefix("./") for head in _HEADS)) if path in paths][:1]
    if not hits and "/" not in module:
        dotted = module.replace(".", "/")
        endings = (f"{dotted}.py", f"{dotted}/__init__.py")
        hits = sorted(path for path in paths if path in endings or path.endswith(tuple(f"/{ending}" for ending in endings)))
        hits = [path for path in hits if path in endings] or hits
    if len(hits) > 1:
        raise Conflict(
            f"{module[:80]!r} may be {len(hits)} files: {', '.join(world.files.shown(path) for path in hits[:5])}.",
            code="AMBIGUOUS",
            hint=(PROGRAM, "deps", world.files.shown(hits[0])),
        )
    if not hits:
        raise NotFound(f"git tracks no file {module[:80]!r}.", hint=("git", "ls-files"))
    return hits[0]


def _module_name(path: str) -> str:
    if basename(path) == MANIFEST:
        return basename(dirname(path))
    stem, ending, _ = path.partition(".py")
    return stem.removesuffix("/__init__").replace("/", ".") if ending else basename(path)


def _declared(world: World, path: str, at: str | None) -> list[str]:
    """What an Odoo manifest says under `depends`: a literal, which is read and never run."""
    import ast

    for _, code in world.files.read([path], at):
        try:
            manifest = ast.literal_eval(code.decode("utf-8", "replace").strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            manifest = None
        declared = manifest.get("depends", []) if isinstance(manifest, dict) else None
        if not isinstance(declared, list | tuple):
            raise InvalidInput(f"{world.files.shown(path)} holds no manifest.", code="VALIDATION", hint=("git", "show", f"HEAD:{path}"))
        return [str(name) for name in declared]
    return []


OPERATIONS: tuple[type[Operation], ...] = (ShowDependencies,)
