"""A history of source code in memory, in place of git's: commits as tests say they are."""

from collections.abc import Iterable, Sequence

from gitledger.errors import NotFound
from gitledger.model.noteline import NoteLine
from gitledger.ops._history import BlamedLines, ChangedPath, Changes, SourceCommit, Standing


class MemoryHistory:
    """A `History` (ops/_history): commits oldest first, each by a letter or digit that is its whole id 40 times."""

    default_branch = "main"

    def __init__(self) -> None:
        self.made: dict[str, SourceCommit] = {}
        self.stands: dict[str, Standing] = {}
        self.changed: dict[str, Changes] = {}
        self.lines: dict[str, list[NoteLine]] = {}
        self.patches: dict[str, str] = {}
        self.branches: dict[str, tuple[str, list[str]]] = {}
        self.amends: dict[str, str] = {}
        self.uncommitted: dict[str, ChangedPath] = {}
        self.blamed: list[BlamedLines] = []

    def make(
        self,
        letter: str,
        message: str = "Change",
        *,
        at: str = "2026-11-20T09:00:00.000000Z",
        reachable: bool = True,
        merged: bool = True,
        patch: str | None = None,
        paths: Sequence[str] = (),
        parents: Sequence[str] = ("0",),
    ) -> str:
        """Make the commit whose id is `letter` 40 times, and say where it stands."""
        commit = letter * 40
        self.made[commit] = SourceCommit(
            id=commit,
            parents=tuple(parent * 40 for parent in parents),
            tree=f"{letter}1" * 20,
            author="Ada",
            email="ada@example.org",
            authored_at=at,
            committed_at=at,
            subject=message.partition("\n")[0],
            message=message,
        )
        self.stand(letter, reachable=reachable, merged=merged)
        if patch is not None:
            self.patches[commit] = patch
        changes = tuple(ChangedPath(path=path, kind="edit", before="b" * 40, after="a" * 40) for path in paths)
        self.changed[commit] = Changes(paths=changes, total=len(changes), stat=f" {len(changes)} files changed")
        return commit

    def stand(self, letter: str, *, reachable: bool = True, merged: bool = True, exists: bool = True) -> None:
        """Say where a commit stands now."""
        reachable = reachable and exists
        self.stands[letter * 40] = Standing(exists=exists, reachable=reachable, merged=merged and reachable)

    # ---------------------------------------------------------------- History

    def resolve(self, revision: str) -> str:
        found = [commit for commit in self.made if commit.startswith(revision)]
        if revision == "HEAD" and self.made:
            found = list(self.made)[-1:]
        if len(found) != 1:
            raise NotFound(f"There is no commit {revision!r}.", code="NO_COMMIT", hint=("git", "log"))
        return found[0]

    def commit(self, commit: str) -> SourceCommit | None:
        return self.made.get(commit) if self.stands.get(commit, _NOWHERE).exists else None

    def changes(self, commit: str) -> Changes | None:
        return self.changed.get(commit)

    def pending(self, paths: Sequence[str] = ()) -> Changes | None:
        found = tuple(change for path, change in self.uncommitted.items() if not paths or path in paths)
        return Changes(paths=found, total=len(found), stat=f" {len(found)} files changed" if found else "")

    def amended(self, commit: str) -> str | None:
        return self.amends.get(commit)

    def notes(self, commit: str) -> list[NoteLine]:
        return list(self.lines.get(commit, ()))

    def noted(self, uid: str) -> list[str]:
        return [commit for commit, lines in self.lines.items() if any(line.task == uid for line in lines)]

    def log(
        self, revisions: str | None = None, *, since: str | None = None, grep: Sequence[str] = (), limit: int = 0
    ) -> list[SourceCommit]:
        found = [commit for commit in reversed(self.made.values()) if self.stands[commit.id].reachable]
        found = [commit for commit in found if not grep or any(text in commit.message for text in grep)]
        return found[: limit or None]

    def standing(self, commits: Iterable[str]) -> dict[str, Standing]:
        return {commit: self.stands.get(commit, _NOWHERE) for commit in commits}

    def blame(self, path: str, lines: tuple[int, int | None] | None, revision: str | None = None) -> list[BlamedLines]:
        return self.blamed

    def patch_ids(self, commits: Iterable[str]) -> dict[str, str]:
        return {commit: self.patches[commit] for commit in commits if commit in self.patches}

    def branch_patch(self, tip: str) -> tuple[str, list[str]] | None:
        return self.branches.get(tip)


_NOWHERE = Standing(exists=False, reachable=False, merged=False)
