"""Source commits and the tasks they belong to: recorded when made, linked by hand, found again after a rewrite."""

from typing import Annotated

from gitledger.errors import InvalidInput, NotFound
from gitledger.model.events import CommitLinked, CommitUnlinked
from gitledger.model.task import Task
from gitledger.ops import _commit_gate, _unassigned
from gitledger.ops._base import Decision, Operation, TaskOperation, arg, on, opt
from gitledger.ops._commit_views import CommitList, CommitsLinked, CommitsUnlinked
from gitledger.ops._facts import PROGRAM
from gitledger.ops._linking import link_of
from gitledger.ops._recording import RecordCommit, found_commit
from gitledger.ops._recovering import ReconcileCommits, WriteNotes
from gitledger.ops._scanning import ScanCommits
from gitledger.ops._ties import Ties
from gitledger.ops._work_views import SHORT_COMMIT, commit_views
from gitledger.ops._world import World


class ListCommits(TaskOperation, frozen=True, kw_only=True):
    """List the commits of a task: where each is known from, whether a branch still leads to it, whether it is merged.

    What a link, or a note with a link's event, says is recorded; what only a message says is claimed, for
    anybody may write one.
    """

    command = "commits list"
    writes = False

    limit: Annotated[int, opt("At most this many (0: all).")] = 50

    def show(self, world: World) -> CommitList:
        from gitledger.ops._committed import commits_of

        if self.limit < 0:
            raise InvalidInput("--limit must not be negative.", hint=(PROGRAM, "commits", "list", "--limit", "0"))
        task = self.subject(world)
        found = commits_of(world, task)
        return CommitList(
            task_id=task.id,
            commits=found[: self.limit or None],
            total=len(found),
            truncated=bool(self.limit) and len(found) > self.limit,
            default_branch=world.commits.default_branch,
        )


# ---------------------------------------------------------------------------------------------- one by one


class LinkCommits(TaskOperation, frozen=True, kw_only=True):
    """Link commits to a task by hand; with --replaces, in place of commits that were rewritten."""

    command = "commits link"

    commits: Annotated[list[str], arg("A commit: any revision that names one.", metavar="COMMIT...")]
    replaces: Annotated[
        list[str], opt("A linked commit that these took the place of; may be given more than once.", metavar="COMMIT")
    ] = []

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        commits = world.found = [found_commit(world, revision) for revision in self.commits]
        gone = [_linked(task, text) for text in self.replaces]
        for commit in {commit.id: commit for commit in commits}.values():
            replaces = [old for old in gone if old != commit.id]
            if link_of(task, commit.id) is None or replaces:
                yield on(
                    task,
                    CommitLinked(
                        commit=commit.id, source="manual", summary=commit.subject, tree=commit.tree, replaces=replaces
                    ),
                )

    def what(self, world: World) -> str:
        return ", ".join(f"{commit.id[:SHORT_COMMIT]} {commit.subject}" for commit in world.found)

    def show(self, world: World) -> CommitsLinked:
        task = self.subject(world)
        links = (link_of(task, commit.id) for commit in world.found)
        return CommitsLinked(
            task_id=task.id,
            commits=commit_views(task, (link for link in links if link is not None)),
            changed=world.changed,
        )


class UnlinkCommits(TaskOperation, frozen=True, kw_only=True):
    """Say that commits do not belong to a task after all; their messages and notes count for nothing then."""

    command = "commits unlink"

    commits: Annotated[
        list[str], arg("A commit: a revision, or the beginning of a linked commit's id.", metavar="COMMIT...")
    ]
    reason: Annotated[str | None, opt("Why.")] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        world.found = list(dict.fromkeys(self._named(world, task, text) for text in self.commits))
        for commit in world.found:
            yield on(task, CommitUnlinked(commit=commit, reason=self.reason))

    def _named(self, world: World, task: Task, text: str) -> str:
        """The id of a commit that is linked, or that its note or message ties to the task."""
        if any(link.commit.startswith(text.lower()) for link in task.commits) and len(text) >= 4:
            return _linked(task, text)
        commit = found_commit(world, text)
        if link_of(task, commit.id) is None and all(tie.uid != task.uid for tie in Ties(world).of(commit)):
            raise _not_linked(task, text)
        return commit.id

    def what(self, world: World) -> str:
        return ", ".join(commit[:SHORT_COMMIT] for commit in world.found) + (f": {self.reason}" if self.reason else "")

    def show(self, world: World) -> CommitsUnlinked:
        return CommitsUnlinked(task_id=self.subject(world).id, commits=world.found, changed=world.changed)


def _linked(task: Task, text: str) -> str:
    """The id of the linked commit that begins with `text`; it need not be there any more."""
    found = [link.commit for link in task.commits if len(text) >= 4 and link.commit.startswith(text.lower())]
    if len(found) != 1:
        raise _not_linked(task, text)
    return found[0]


def _not_linked(task: Task, text: str) -> NotFound:
    return NotFound(
        f"{task.id} is not tied to one commit {text[:80]!r}.",
        code="NOT_LINKED",
        hint=(PROGRAM, "commits", "list", "--task", task.id),
        task_id=task.id,
    )


OPERATIONS: tuple[type[Operation], ...] = (
    ListCommits,
    RecordCommit,
    LinkCommits,
    UnlinkCommits,
    ScanCommits,
    ReconcileCommits,
    WriteNotes,
    *_commit_gate.OPERATIONS,
    *_unassigned.OPERATIONS,
)
