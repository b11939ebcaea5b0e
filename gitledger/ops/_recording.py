"""Recording a commit when it is made. A module of its own, for the post-commit hook imports it and nothing beside."""

from typing import Annotated, Literal

from msgspec import structs

from gitledger.errors import NotFound
from gitledger.model.events import CommitLinked
from gitledger.model.task import Change, Task
from gitledger.ops._base import Decision, TaskOperation, arg, on, opt
from gitledger.ops._history import SourceCommit
from gitledger.ops._linking import change_of, link_of, moved_to, recording_run
from gitledger.ops._views import View
from gitledger.ops._work_views import SHORT_COMMIT, ChangeView, CommitView, change_view, commit_view
from gitledger.ops._world import World


class CommitRecorded(View):
    """A commit was recorded on a task. `change` is what the running implementation was told of it."""

    task_id: str
    commit: CommitView
    change: ChangeView | None
    changed: bool
    kind: Literal["commit_recorded"] = "commit_recorded"


class RecordCommit(TaskOperation, frozen=True, kw_only=True):
    """Record a commit on a task: the change on its running implementation, and the link.

    The hooks do this after each commit; a commit that is recorded already stays as it is.
    """

    command = "commits record"

    commit: Annotated[str, arg("The commit; left out, HEAD.")] = "HEAD"
    source: Annotated[Literal["manual", "hook"], opt("What records it.")] = "manual"

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        commit = world.found = found_commit(world, self.commit)
        if link_of(task, commit.id) is not None:
            # Whoever recorded it may have been ended before the note was written.
            world.unwritten_notes.append((task.uid, commit.id))
            return
        amended = world.commits.amended(commit.id)
        moved = moved_to(task, commit, [amended]) if amended is not None else None
        told = _change(task, moved.change) if moved is not None else None
        run = recording_run(world, task)
        change = moved.change if moved is not None else None
        # An amended message is no new change.
        changes = (
            world.commits.changes(commit.id) if run is not None and (told is None or told.tree != commit.tree) else None
        )
        if run is not None and changes is not None and changes.paths:
            recorded = yield on(task, change_of(task, run, commit, changes))
            change = recorded.id
        link = moved or CommitLinked(
            commit=commit.id,
            source=self.source,
            run=run.id if run is not None else None,
            summary=commit.subject,
            tree=commit.tree,
        )
        yield on(task, structs.replace(link, change=change))

    def what(self, world: World) -> str:
        return f"{world.found.id[:SHORT_COMMIT]} {world.found.subject}"

    def show(self, world: World) -> CommitRecorded:
        task = self.subject(world)
        link = link_of(task, world.found.id)
        assert link is not None  # it was linked before, or is now
        change = _change(task, link.change)
        return CommitRecorded(
            task_id=task.id,
            commit=commit_view(task, link),
            change=change_view(task, change) if change is not None else None,
            changed=world.changed,
        )


def _change(task: Task, event: str | None) -> Change | None:
    return next((change for change in task.changes if change.id == event), None)


def found_commit(world: World, revision: str) -> SourceCommit:
    """The commit that a revision names. Raises NotFound."""
    commit = world.commits.commit(world.commits.resolve(revision))
    if commit is None:
        raise NotFound(f"The commit {revision!r} cannot be read.", code="NO_COMMIT", hint=("git", "fsck"))
    return commit
