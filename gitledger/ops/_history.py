"""What operations may ask of the history of the source code: commits, notes, blame. Implemented by `ledger/history.py`."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct

from gitledger.model.noteline import NoteLine


class SourceCommit(Struct, frozen=True, kw_only=True):
    """A commit of the source code. Times are UTC text as events carry it; the message is valid Unicode, at most 64 KiB."""

    id: str
    parents: tuple[str, ...] = ()
    tree: str | None = None
    author: str = ""
    email: str = ""
    authored_at: str = ""
    committed_at: str = ""
    subject: str = ""
    message: str = ""


class ChangedPath(Struct, frozen=True, kw_only=True):
    """A path that a commit changed. `kind`: add, edit, delete, rename, type. Blob ids are None where there is no file.

    A path that is not UTF-8 is quoted as git quotes it.
    """

    path: str
    kind: str
    before: str | None = None
    after: str | None = None
    old_path: str | None = None


class Changes(Struct, frozen=True, kw_only=True):
    """What a commit changed: the first paths, how many there are, and git's short statistic.

    Of a merge, what differs from every parent.
    """

    paths: tuple[ChangedPath, ...]
    total: int
    stat: str


class Standing(Struct, frozen=True, kw_only=True):
    """Where a commit stands now: whether its object is here, whether a branch, tag or HEAD leads to it, whether it is merged."""

    exists: bool
    reachable: bool
    merged: bool


class BlamedLines(Struct, frozen=True, kw_only=True):
    """Lines of a file, one after another, that one commit brought; `commit` is None where they are not committed yet."""

    commit: str | None
    first: int
    lines: tuple[str, ...]
    path: str


class History(Protocol):
    """The history of the source code, read when asked.

    `resolve` takes a revision as git understands it and gives the commit's id; it raises NotFound, and
    refuses what looks like an option. `log` gives commits newest first: of a range, or else of everything that a branch,
    tag or HEAD leads to, `since` a time; `grep` keeps those whose message holds one of the texts. `noted` gives the commits
    whose note names a task. `pending` is what committing all now would change, untracked files too, of some paths only if
    given; None where git cannot tell.
    """

    default_branch: str | None

    def resolve(self, revision: str) -> str: ...
    def commit(self, commit: str) -> SourceCommit | None: ...
    def changes(self, commit: str) -> Changes | None: ...
    def pending(self, paths: Sequence[str] = ()) -> Changes | None: ...
    def amended(self, commit: str) -> str | None: ...
    def notes(self, commit: str) -> list[NoteLine]: ...
    def noted(self, uid: str) -> list[str]: ...
    def log(
        self, revisions: str | None = None, *, since: str | None = None, grep: Sequence[str] = (), limit: int = 0
    ) -> list[SourceCommit]: ...
    def standing(self, commits: Iterable[str]) -> dict[str, Standing]: ...
    def blame(
        self, path: str, lines: tuple[int, int | None] | None, revision: str | None = None
    ) -> list[BlamedLines]: ...
    def patch_ids(self, commits: Iterable[str]) -> dict[str, str]: ...
    def branch_patch(self, tip: str) -> tuple[str, list[str]] | None: ...
