"""Which file an import means, among the files of a repository: by the rules of its language, as far as the paths alone tell."""

from collections.abc import Callable, Collection, Iterator
from posixpath import dirname, join, normpath

from gitledger.model.sourcecode import Import

_JS_ENDINGS = ("", ".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".json", "/index.ts", "/index.tsx", "/index.js")
_PY_ENDINGS = (".py", "/__init__.py", ".pyi")


def files_meant(found: Import, importer: str, language: str, paths: Collection[str]) -> list[str]:
    """The files (of `paths`, which is a set) that an import in the file `importer` means; none where it is not the repository's."""
    rule = _RULES.get(language)
    return list(dict.fromkeys(path for path in rule(found, importer, paths) if path in paths)) if rule else []


def _python(found: Import, importer: str, paths: Collection[str]) -> Iterator[str]:
    """`from a import b` means a/b.py, else a.py; looked for in each folder above that is no package, or in src."""
    bare = found.name.lstrip(".")
    level = len(found.name) - len(bare)
    roots = [_above(dirname(importer), level - 1)] if level else [
        folder for folder in _folders(importer) if _at(folder, "__init__.py") not in paths
    ] + ["src"]
    for root in roots:
        module = _at(root, bare.replace(".", "/")) if bare else root
        parts = {name: [_at(module, name) + ending for ending in _PY_ENDINGS] for name in found.names}
        known = [path for endings in parts.values() for path in endings if path in paths]
        if not known or len(known) < len(parts):
            known += [path for path in (module + ending for ending in _PY_ENDINGS) if path.lstrip("/") in paths]
        if known:
            yield from (path.lstrip("/") for path in known)
            return


def _javascript(found: Import, importer: str, paths: Collection[str]) -> Iterator[str]:
    """A path beside the importer, whose ending may be left out; `./a.js` may be written for a.ts. Packages are nobody's file."""
    if not found.name.startswith("."):
        return
    base = normpath(join(dirname(importer), found.name))
    stems = [base, base.removesuffix(".js")] if base.endswith(".js") else [base]
    hits = [stem + ending for stem in stems for ending in _JS_ENDINGS if stem + ending in paths]
    yield from hits[:1]


def _c(found: Import, importer: str, paths: Collection[str]) -> Iterator[str]:
    """Beside the includer, else below a folder above it, or below the `include` of one."""
    name = found.name.strip("<>")
    places = [folder for above in _folders(importer) for folder in (above, _at(above, "include"))]
    hits = [path for folder in places if (path := normpath(_at(folder, name))) in paths]
    yield from hits[:1]


def _by_folders(endings: tuple[str, ...], separator: str) -> Callable[[Import, str, Collection[str]], Iterator[str]]:
    """A name whose parts are folders, below the importer's folder or one above it, or below the `lib` of one."""

    def meant(found: Import, importer: str, paths: Collection[str]) -> Iterator[str]:
        name = found.name.replace(separator, "/") if separator else found.name
        places = [folder for above in _folders(importer) for folder in (above, _at(above, "lib"))]
        hits = [path for folder in places for ending in endings if (path := normpath(_at(folder, name)) + ending) in paths]
        yield from hits[:1]

    return meant


def _folders(path: str) -> Iterator[str]:
    """The folder of a file, and those above it; the top is the empty text."""
    folder = dirname(path)
    while folder:
        yield folder
        folder = dirname(folder)
    yield ""


def _above(folder: str, levels: int) -> str:
    for _ in range(levels):
        folder = dirname(folder)
    return folder


def _at(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


_RULES = {
    "python": _python,
    **dict.fromkeys(("javascript", "typescript", "tsx"), _javascript),
    **dict.fromkeys(("c", "cpp"), _c),
    "java": _by_folders((".java",), "."),
    "rust": _by_folders((".rs", "/mod.rs"), ""),
    "ruby": _by_folders((".rb", ""), ""),
}
