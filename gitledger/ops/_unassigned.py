"""Commits that belong to no task: neither a note, nor a link, nor a trailer says of one."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from gitledger.model.mentions import mentions_in
from gitledger.ops._base import Operation, arg, opt
from gitledger.ops._history import SourceCommit
from gitledger.ops._views import View
from gitledger.ops._world import Source, World


class UnassignedCommit(View):
    """A commit of which nothing says to what task it belongs."""

    commit: str
    short: str
    subject: str
    author: str
    at: str


class UnassignedCommits(View):
    """The commits of a range that belong to no task. `checked` counts all that were looked at; merges are left out."""

    checked: int
    commits: list[UnassignedCommit]
    total: int
    truncated: bool
    ok: bool
    kind: Literal["commits_missing"] = "commits_missing"

    def report_exit(self) -> int:
        """7 where there are any."""
        return 0 if self.ok else 7


class ListUnassigned(Operation, frozen=True, kw_only=True):
    """List the commits of a range that belong to no task: no note, no link, no trailer. Exit code 7 when there are any.

    Merges are left out, for they carry no work of their own. With `commits: require` in .gitledger.yaml, the pre-push
    hook refuses to push such commits.
    """

    command = "commits missing"
    writes = False

    revisions: Annotated[str, arg("A range as git writes one: origin/main..HEAD.", metavar="RANGE")]
    limit: Annotated[int, opt("Show at most this many (0: all).")] = 50

    def show(self, world: World) -> UnassignedCommits:
        return _told(world, world.commits.log(self.revisions), self.limit)


class CheckPushed(Operation, frozen=True, kw_only=True):
    """The same for the commits that are about to be pushed, by their ids."""

    command = "commits missing"
    writes = False

    commits: tuple[str, ...]

    def show(self, world: World) -> UnassignedCommits:
        found = (world.commits.commit(commit) for commit in self.commits)
        return _told(world, [commit for commit in found if commit is not None], 0)


def _told(world: World, commits: list[SourceCommit], limit: int) -> UnassignedCommits:
    own = [commit for commit in commits if len(commit.parents) < 2]
    left = list(_unlinked(world, _unnamed(world, own)))
    shown = left[: limit or None]
    return UnassignedCommits(
        checked=len(own),
        commits=[
            UnassignedCommit(
                commit=commit.id, short=commit.id[:10], subject=commit.subject, author=commit.author, at=commit.authored_at
            )
            for commit in shown
        ],
        total=len(left),
        truncated=len(shown) < len(left),
        ok=not left,
    )


def _unnamed(world: World, commits: Iterable[SourceCommit]) -> Iterator[SourceCommit]:
    """Those whose message and note name no task. A number without a uid names none: it may have changed hands."""
    trailers = world.policy.trailers
    return (
        commit
        for commit in commits
        if not mentions_in(commit.message, trailers).uids and not world.commits.notes(commit.id)
    )


def _unlinked(world: World, commits: Iterable[SourceCommit]) -> list[SourceCommit]:
    """Those that no task of any ledger here is linked to."""
    left = [commit for commit in commits if not _knows(world.source, commit)]
    for _, source in world.others() if left else ():
        left = [commit for commit in left if not _knows(source, commit)]
    return left


def _knows(source: Source, commit: SourceCommit) -> bool:
    return any(not row.is_deleted for row in source.rows_of_commit(commit.id))


OPERATIONS = (ListUnassigned,)
