"""How source commits and tasks are tied: what links say, and the events that make and move them."""

from collections.abc import Iterable, Sequence

from gitledger.model.events import ChangeRecorded, CommitLinked
from gitledger.model.task import CommitLink, Run, Task
from gitledger.ops._history import Changes, SourceCommit
from gitledger.ops._world import World, live_claim, next_number


def link_of(task: Task, commit: str) -> CommitLink | None:
    """The task's link to a commit; None where there is none."""
    return next((link for link in task.commits if link.commit == commit), None)


def recording_run(world: World, task: Task) -> Run | None:
    """The implementation run that a commit made now belongs to: the running one, unless somebody else holds it."""
    claim = live_claim(task.claims, world.now)
    is_free = claim is None or claim.holder == world.actor.holder()
    return task.running_run("implementation") if is_free else None


def change_of(task: Task, run: Run, commit: SourceCommit, changes: Changes) -> ChangeRecorded:
    """The change that a commit made: of one path with its blobs, of several with the first of them all."""
    first = changes.paths[0]
    is_one = changes.total == 1
    return ChangeRecorded(
        number=next_number(task.changes),
        kind=first.kind if is_one else "commit",
        path=first.path,
        paths=[] if is_one else [change.path for change in changes.paths],
        summary=commit.subject,
        run=run.id,
        commit=commit.id,
        diff_stat=changes.stat.strip(),
        before=first.before if is_one else None,
        after=first.after if is_one else None,
        tree=commit.tree,
    )


def moved_to(task: Task, commit: SourceCommit, olds: Sequence[str]) -> CommitLinked | None:
    """The link to the commit that took the place of others; None where the task was tied to none of those."""
    links = [link for link in task.commits if link.commit in olds and link.commit != commit.id]
    if not links:
        return None
    own = link_of(task, commit.id) or links[-1]
    return CommitLinked(
        commit=commit.id,
        source="rewrite",
        run=own.run,
        change=own.change,
        summary=commit.subject,
        tree=commit.tree,
        replaces=[link.commit for link in links],
    )


def linked_tasks(world: World, commits: Iterable[str]) -> list[Task]:
    """The tasks of this ledger that are tied to any of the commits, by number."""
    rows = {row.uid: row for commit in commits for row in world.source.rows_of_commit(commit)}
    records = (world.record(row.uid) for row in sorted(rows.values(), key=lambda row: (row.number, row.uid)))
    return [task for task in records if task is not None]
