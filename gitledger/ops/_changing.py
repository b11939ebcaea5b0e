"""Changes of the code as git sees them: what a recorded change was before and after, and all that differs now at once."""

from collections.abc import Sequence
from posixpath import normpath
from typing import Annotated, Any

from gitledger.errors import NotFound
from gitledger.model.events import ChangeRecorded
from gitledger.model.task import Change, Run, Task
from gitledger.ops._base import Decision, TaskOperation, on, opt, require_text
from gitledger.ops._commands import on_task
from gitledger.ops._history import ChangedPath, Changes
from gitledger.ops._noting_down import Note, running_implementation
from gitledger.ops._work_views import ChangeView, change_view
from gitledger.ops._world import World, next_number

_SCAN = "scan"
# How many commits are looked through for the one that changed a file.
_COMMITS = 50


def facts_of(world: World, run: Run, path: str) -> dict[str, Any]:
    """What git knows of a change of one file: not committed yet, or else by the last commit of the run; nothing where it knows none."""
    path = normpath(path)
    pending = world.commits.pending([path])
    if pending is None:
        return {}
    one = _at(pending.paths, path)
    return _blobs(one, pending) if one is not None else _committed(world, run, path)


def _committed(world: World, run: Run, path: str) -> dict[str, Any]:
    """The last commit since the run began that changed the file, and what it made of it."""
    if run.head is None or run.head == world.code().head:
        return {}
    try:
        commits = world.commits.log(f"{run.head}..HEAD", limit=_COMMITS)
    except NotFound:  # the commit that the run began on was never here, or is gone
        return {}
    for commit in commits:
        changes = world.commits.changes(commit.id)
        one = _at(changes.paths, path) if changes is not None else None
        if one is not None and changes is not None:
            return {**_blobs(one, changes), "commit": commit.id}
    return {}


def _at(paths: Sequence[ChangedPath], path: str) -> ChangedPath | None:
    return next((change for change in paths if change.path == path), None)


def _blobs(one: ChangedPath, changes: Changes) -> dict[str, Any]:
    """Before and after; the statistic only where it is of nothing else."""
    stat = changes.stat.strip() if changes.total == 1 else None
    return {"before": one.before, "after": one.after, "diff_stat": stat or None}


class RecordChange(TaskOperation, frozen=True, kw_only=True):
    """Record a change of the code in the running implementation.

    What git knows is filled in: the file's blobs before and after, how many lines came and went, and the commit
    where it is committed already.
    """

    command = "implement change"
    guards = Note.guards

    path: Annotated[str, opt("The file that changed, relative to the repository.")]
    kind: Annotated[str, opt("What kind of change: edit, add, delete, rename, run … (free).")] = "edit"
    summary: Annotated[str, opt("What was changed.", is_input=True)] = ""
    command_text: Annotated[str | None, opt("The command that made the change.", name="--command")] = None
    git_diff_stat: Annotated[str | None, opt("Its `git diff --stat`.", is_input=True)] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        run = running_implementation(task)
        kind, path = require_text(self.kind, "--kind").strip(), require_text(self.path, "--path")
        facts = facts_of(world, run, path)
        given = {"diff_stat": self.git_diff_stat} if self.git_diff_stat is not None else {}
        yield on(
            task,
            ChangeRecorded(
                number=next_number(task.changes),
                run=run.id,
                kind=kind,
                path=path,
                summary=self.summary.strip("\n"),
                command=self.command_text,
                **{**facts, **given},
            ),
        )

    def what(self, world: World) -> str:
        return f"{self.path} {self.summary}"

    def show(self, world: World) -> ChangeView:
        task = self.subject(world)
        return change_view(task, task.changes[-1])


class ScanChanges(TaskOperation, frozen=True, kw_only=True):
    """Record in the running implementation what is changed on disk and not committed yet, as one change.

    It holds the files, new ones too, and how many lines came and went; of a single file also the blobs before and
    after. Where nothing is otherwise than at the last scan, nothing is recorded.
    """

    command = "implement scan-changes"
    guards = Note.guards

    from_git: Annotated[bool, opt("That is where it looks, said or not.")] = False
    summary: Annotated[str, opt("What was changed; left out, on which branch it is.", is_input=True)] = ""

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        pending = world.commits.pending()
        if pending is None or not pending.total:
            raise NotFound(
                "Nothing is changed that is not committed." if pending is not None else "git cannot tell what is changed.",
                code="NO_CHANGES",
                hint=on_task(task, "commits", "record", "HEAD") if pending is not None else ("git", "status"),
                task_id=task.id,
            )
        run, trees = running_implementation(task), world.trees()
        tree = trees.tree_all or trees.tree
        last = _last_scan(task, run)
        if last is None or tree is None or last.tree != tree:
            yield on(task, self._change(world, task, run, pending, tree))

    def _change(self, world: World, task: Task, run: Run, pending: Changes, tree: str | None) -> ChangeRecorded:
        code, first, is_one = world.code(), pending.paths[0], pending.total == 1
        stat = pending.stat.strip()
        return ChangeRecorded(
            number=next_number(task.changes),
            run=run.id,
            kind=_SCAN,
            path=first.path if is_one else ".",
            paths=[] if is_one else [change.path for change in pending.paths],
            summary=self.summary.strip("\n") or f"not committed yet, on {code.branch or 'no branch'}",
            diff_stat=stat,
            before=first.before if is_one else None,
            after=first.after if is_one else None,
            tree=tree,
        )

    def what(self, world: World) -> str:
        return next(event.data.summary for event in world.events)

    def show(self, world: World) -> ChangeView:
        task = self.subject(world)
        scan = _last_scan(task, running_implementation(task))
        assert scan is not None  # it has just been recorded, or was before
        return change_view(task, scan)


def _last_scan(task: Task, run: Run) -> Change | None:
    return next((change for change in reversed(task.changes) if (change.run, change.kind) == (run.id, _SCAN)), None)


OPERATIONS: tuple[type[TaskOperation], ...] = (RecordChange, ScanChanges)
