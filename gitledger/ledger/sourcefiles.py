"""The repository's own files as operations see them (`ops/_source_files.SourceFiles`), asked of git."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import os

from gitledger.git import sources
from gitledger.git.sources import Sought
from gitledger.ledger.history import SourceHistory
from gitledger.ops._source_files import FoundLine
from gitledger.store.source import quoted, quoted_bytes

if TYPE_CHECKING:
    from gitledger.ledger.shell import Ledger


class TrackedFiles:
    """The files of the repository that a ledger lives in."""

    def __init__(self, ledger: "Ledger") -> None:
        self._history = SourceHistory(ledger)
        self._git = self._history.git
        home = ledger.repo.work_tree or ledger.repo.common_dir
        self.name = os.path.basename(home.rstrip("/")).removesuffix(".git") or "repository"

    def at(self, revision: str | None) -> str | None:
        """The commit's id; None for the work tree."""
        if revision is None and self._git.work_tree is None:
            revision = "HEAD"
        return None if revision is None else self._history.resolve(revision)

    def grep(
        self, pattern: str, syntax: str, *, ignores_case: bool = False, at: str | None, places: Sequence[str] = (), most: int = 0, each: int = 0
    ) -> tuple[list[FoundLine], int]:
        """The lines that match, and how many there are."""
        sought = Sought(pattern, syntax, ignores_case, at, self._inside(places))
        hits, total = sources.grep_files(self._git, sought, most=most, each=each)
        return [FoundLine(path=quoted_bytes(hit.path), line=hit.line, text=hit.text) for hit in hits], total

    def holding(self, text: str, *, at: str | None, places: Sequence[str] = ()) -> list[str]:
        """The files in which a text occurs, in whatever case."""
        found = sources.files_with(self._git, Sought(text, "-F", True, at, self._inside(places)))
        return [_text(path) for path in found]

    def paths(self, at: str | None, places: Sequence[str] = ()) -> list[str]:
        """The files there are."""
        return [_text(path) for path in sources.list_files(self._git, at, self._inside(places))]

    def read(self, paths: Sequence[str], at: str | None) -> Iterator[tuple[str, bytes]]:
        """The content of files; what is too large or no file is left out."""
        for path, data in sources.read_files(self._git, [_bytes(path) for path in paths], at):
            yield _text(path), data

    def shown(self, path: str) -> str:
        """A path as answers have it: quoted as git quotes it where it is no plain text."""
        return quoted(path)

    def inside(self, place: str) -> str:
        """The path from the top of the work tree."""
        return self._history.inside(place)

    def _inside(self, places: Sequence[str]) -> list[str]:
        return [self.inside(place) for place in places]


# Paths are bytes; what is not UTF-8 in one goes through text and back.
def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
