"""What operations may ask of the repository's own files, and how they tell of a place in one. Implemented by `ledger/sourcefiles.py`."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Protocol

from gitledger.ops._base import opt
from gitledger.ops._views import View

InPlaces = Annotated[
    list[str], opt("Only files below this folder (or this file); may be given more than once.", name="--repo", metavar="PATH")
]
AtRevision = Annotated[
    str | None, opt("The files of this commit; left out, the tracked files as they lie there.", metavar="COMMIT")
]


class FoundLine(View):
    """A line of a file. Its path is from the top of the work tree."""

    path: str
    line: int
    text: str


class SourceFiles(Protocol):
    """The repository's files: those that git tracks, in the work tree, or at a commit.

    `name` is what the repository is called: its folder. `at` resolves a revision to a commit's id; in a bare repository None is
    HEAD. `syntax` of `grep` is git's option (-F, -E, -P), `most` how many lines are wanted (0: all) and `each` how many of one
    file; it gives them and how many there are, paths as `shown` gives them. `places` are named from where the program was started;
    `inside` gives the path of one from the top.
    """

    name: str

    def at(self, revision: str | None) -> str | None: ...
    def grep(
        self, pattern: str, syntax: str, *, ignores_case: bool = False, at: str | None, places: Sequence[str] = (), most: int = 0, each: int = 0
    ) -> tuple[list[FoundLine], int]: ...
    def holding(self, text: str, *, at: str | None, places: Sequence[str] = ()) -> list[str]: ...
    def paths(self, at: str | None, places: Sequence[str] = ()) -> list[str]: ...
    def read(self, paths: Sequence[str], at: str | None) -> Iterator[tuple[str, bytes]]: ...
    def shown(self, path: str) -> str: ...
    def inside(self, place: str) -> str: ...


class FileMatch(View):
    """A place in a file. `kind`: path (the name matches), content (the line does), symbol (something is defined there)."""

    repo: str
    path: str
    kind: Literal["path", "content", "symbol"]
    line: int | None = None
    text: str | None = None
    symbol: str | None = None
    symbol_kind: str | None = None


class FileMatches(View):
    """The places found in files, in order of paths; `total` is null where nobody has counted. `revision` is the commit, null for the work tree."""

    matches: list[FileMatch]
    total: int | None
    truncated: bool
    query: str
    revision: str | None
    kind: Literal["file_matches"] = "file_matches"
