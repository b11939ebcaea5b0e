"""Where something is defined in the repository's own files."""

from typing import Annotated

from gitledger.model import sourcecode
from gitledger.ops._base import Operation, arg, opt
from gitledger.ops._source_files import AtRevision, FileMatch, FileMatches, InPlaces
from gitledger.ops._world import World
from gitledger.ops.grep import check_text
from gitledger.ops.ready import check_limit

MOST_FILES = 2000  # that are parsed for one question


class FindSymbols(Operation, frozen=True, kw_only=True):
    """Find where functions, classes, methods and types are defined in the repository's files, by a part of their name.

    Those called exactly so come first, then those that begin so. Python, JavaScript, TypeScript, Go, Rust, Java, C, C++, Ruby
    and PHP are read; it needs the extra gitledger[symbols]. Of more than 2,000 files that hold the text, the first are read.
    """

    command = "symbols"
    writes = False
    needs_ledger = False

    query: Annotated[str, arg("The name, or a part of it.")]
    repos: InPlaces = []
    revision: AtRevision = None
    limit: Annotated[int, opt("At most this many (0: all).")] = 50

    def show(self, world: World) -> FileMatches:
        check_limit(self.limit)
        check_text(self.query, "symbols")
        sourcecode.check_extra()
        at = world.files.at(self.revision)
        holding = world.files.holding(self.query, at=at, places=self.repos)
        paths = [path for path in holding if sourcecode.language_of(path)]
        found = self._found(world, paths[:MOST_FILES], at)
        shown = found[: self.limit or None]
        was_counted = len(paths) <= MOST_FILES
        return FileMatches(
            matches=shown,
            total=len(found) if was_counted else None,
            truncated=not was_counted or len(shown) < len(found),
            query=self.query,
            revision=at,
        )

    def _found(self, world: World, paths: list[str], at: str | None) -> list[FileMatch]:
        wanted = self.query.casefold()
        found = []
        for path, code in world.files.read(paths, at):
            language = sourcecode.language_of(path)
            lines = code.split(b"\n")
            for symbol in sourcecode.symbols_in(code, language) if language else ():
                if wanted in symbol.name.casefold():
                    text = lines[symbol.line - 1][:400].decode("utf-8", "replace").rstrip("\r")
                    found.append(
                        FileMatch(
                            repo=world.files.name,
                            path=world.files.shown(path),
                            kind="symbol",
                            line=symbol.line,
                            text=text,
                            symbol=symbol.name,
                            symbol_kind=symbol.kind,
                        )
                    )
        return sorted(found, key=lambda match: _rank(match.symbol or "", wanted))


def _rank(name: str, wanted: str) -> int:
    folded = name.casefold()
    return 0 if folded == wanted else 1 if folded.startswith(wanted) else 2


OPERATIONS: tuple[type[Operation], ...] = (FindSymbols,)
