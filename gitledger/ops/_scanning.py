"""Linking commits to the tasks that their messages name."""

from typing import Annotated

from msgspec import Struct

from gitledger.model.events import CommitLinked
from gitledger.model.mentions import mentions_in
from gitledger.model.task import Task
from gitledger.ops._base import Decision, Operation, arg, on, opt
from gitledger.ops._commit_views import CommitsScanned, FoundLink, UnclearMention
from gitledger.ops._history import SourceCommit
from gitledger.ops._linking import link_of
from gitledger.ops._ties import Ties
from gitledger.ops._work_views import SHORT_COMMIT
from gitledger.ops._world import World

MAX_SCANNED = 20_000


class _Scan(Struct):
    """What the messages of a range say."""

    scanned: int = 0
    links: list[tuple[Task, SourceCommit]] = []
    known: int = 0
    withdrawn: int = 0
    ambiguous: list[UnclearMention] = []
    unknown: list[UnclearMention] = []


class ScanCommits(Operation, frozen=True, kw_only=True):
    """Link the commits of a range to the tasks that their messages name.

    The Task-Id trailer decides. A number without one counts where a single task holds it; one that two tasks
    hold is listed, not guessed. What somebody unlinked stays so.
    """

    command = "commits scan"

    revisions: Annotated[
        str, arg("The commits, as git log takes them: main..feature, or v1.0 for all up to there.", metavar="RANGE")
    ]
    dry_run: Annotated[bool, opt("Only say what would be linked.")] = False

    def decide(self, world: World) -> Decision:
        scan = world.found = self._read(world)
        for task, commit in () if self.dry_run else scan.links:
            yield on(task, CommitLinked(commit=commit.id, source="trailer", summary=commit.subject, tree=commit.tree))

    def _read(self, world: World) -> _Scan:
        scan, ties = _Scan(), Ties(world)
        # Oldest first, so that the links of a task stand in the order of its commits.
        for commit in reversed(world.commits.log(self.revisions, limit=MAX_SCANNED)):
            scan.scanned += 1
            ties.ambiguous.clear()
            for uid in ties.mentioned(mentions_in(commit.message, world.policy.trailers)):
                self._take(world, scan, ties, commit, uid)
            for number in ties.ambiguous:
                rows = world.source.lookup(number=number)
                scan.ambiguous.append(_unclear(commit, rows[0].id, [row.uid for row in rows]))
        return scan

    def _take(self, world: World, scan: _Scan, ties: Ties, commit: SourceCommit, uid: str) -> None:
        task = world.record(uid)
        if task is None or task.deleted_at is not None:
            scan.unknown.append(_unclear(commit, uid, []))
        elif link_of(task, commit.id) is not None or any(
            (known.uid, found.id) == (uid, commit.id) for known, found in scan.links[-10:]
        ):
            scan.known += 1
        elif ties.was_unlinked(world.ledger, uid, commit.id):
            scan.withdrawn += 1
        else:
            scan.links.append((task, commit))

    def what(self, world: World) -> str:
        many = len(world.found.links)
        return f"{many} link{'' if many == 1 else 's'} from {self.revisions}"

    def show(self, world: World) -> CommitsScanned:
        scan: _Scan = world.found
        return CommitsScanned(
            revisions=self.revisions,
            scanned=scan.scanned,
            linked=[
                FoundLink(task_id=task.id, commit=commit.id, short=commit.id[:SHORT_COMMIT], subject=commit.subject)
                for task, commit in scan.links
            ],
            known=scan.known,
            withdrawn=scan.withdrawn,
            ambiguous=scan.ambiguous,
            unknown=scan.unknown,
            dry_run=self.dry_run,
            complete=scan.scanned < MAX_SCANNED,
            changed=world.changed,
        )


def _unclear(commit: SourceCommit, named: str, candidates: list[str]) -> UnclearMention:
    return UnclearMention(
        commit=commit.id, short=commit.id[:SHORT_COMMIT], subject=commit.subject, named=named, candidates=candidates
    )
