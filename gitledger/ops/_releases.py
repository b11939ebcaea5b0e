"""Releases: how they are shown, and which tasks a changelog between two of them tells of."""

from typing import Literal

from gitledger.errors import NotFound
from gitledger.model import ids
from gitledger.model.book import Release
from gitledger.model.task import Row, Task
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import ActorView, View, actor_view, ref_of, refs_of
from gitledger.ops._work_views import run_view
from gitledger.ops._world import World


class ReleaseView(View):
    """A release. `task_count` is how many tasks were done since the one before when it was tagged; null for the first."""

    version: str
    boundary_task_id: str
    boundary_task_uid: str
    created_at: str
    created_by: ActorView | None
    note: str | None
    changelog_file: str | None
    task_count: int | None
    previous_version: str | None
    event: str
    object_type: Literal["release"] = "release"
    schema_version: Literal[1] = 1
    file_version: Literal["v1"] = "v1"


class Boundary(View):
    """The last task that went into a release; `title` and `status_stage` are null where it is not in this ledger."""

    task_id: str
    uid: str
    title: str | None
    status_stage: str | None


class ReleaseShown(View):
    """A release and its last task."""

    release: ReleaseView
    boundary_task: Boundary
    ledger_ref: str
    events: list[str]
    kind: Literal["release"] = "release"


class ReleaseList(View):
    """The releases of a ledger in the order of their last tasks."""

    releases: list[ReleaseView]
    total: int
    truncated: bool
    kind: Literal["release_list"] = "release_list"


def release_view(world: World, release: Release) -> ReleaseView:
    """The view of a release."""
    return ReleaseView(
        version=release.version,
        boundary_task_id=_boundary(world, release).task_id,
        boundary_task_uid=release.boundary,
        created_at=release.at,
        created_by=actor_view(release.by),
        note=release.note,
        changelog_file=release.changelog_file,
        task_count=release.task_count,
        previous_version=release.previous,
        event=release.id,
    )


def release_shown(world: World, release: Release, events: list[str]) -> ReleaseShown:
    """A release with its last task, and the events that tagged it just now."""
    return ReleaseShown(
        release=release_view(world, release),
        boundary_task=_boundary(world, release),
        ledger_ref=world.ledger,
        events=events,
    )


def _boundary(world: World, release: Release) -> Boundary:
    row = world.row(release.boundary)
    return Boundary(
        task_id=row.id if row is not None else ids.task_id(release.number),
        uid=release.boundary,
        title=row.title if row is not None else None,
        status_stage=row.status if row is not None else None,
    )


def boundary_number(world: World, release: Release) -> int:
    """The number that the last task of a release has now; the one it had, where it is not in this ledger."""
    row = world.row(release.boundary)
    return row.number if row is not None else release.number


def releases_in_order(world: World) -> list[Release]:
    """The releases by the number of their last task."""
    return sorted(world.book().releases, key=lambda release: (boundary_number(world, release), release.at, release.id))


def find_release(world: World, version: str) -> Release:
    """The release of this version; of two that clones tagged apart, the earlier one."""
    found = next((release for release in world.book().releases if release.version == version.strip()), None)
    if found is None:
        raise NotFound(f"There is no release {version.strip()[:80]!r} in ledger {world.ledger}.", hint=(PROGRAM, "release", "list"))
    return found


# ---------------------------------------------------------------------------------------------- what went into one


class ChangedPath(View):
    """A change of the code, as a changelog tells of it."""

    change_id: str
    kind: str
    path: str
    summary: str


class Built(View):
    """How a task was implemented."""

    run_id: str | None
    summary: str | None
    changes: list[ChangedPath]


class Validated(View):
    """How a task was validated."""

    run_id: str
    result: str | None
    summary: str | None
    evidence: list[str]


class ChangedTask(View):
    """A done task, as a changelog tells of it."""

    task_id: str
    slug: str
    title: str
    status_stage: str
    task_type: str
    labels: list[str]
    summary: str
    accepted_plan_version: int | None
    implementation: Built | None
    validation: Validated | None
    todo_count: int


class OmittedTask(View):
    """A task in the range that a changelog leaves out, and why."""

    task_id: str
    slug: str
    title: str
    status_stage: str
    reason: str


def rows_between(world: World, above: int, up_to: int) -> list[Row]:
    """The tasks with a number above the one and up to the other, archived ones too, in order."""
    return [row for row in world.source.rows(archived=True) if above < row.number <= up_to]


def why_omitted(row: Row) -> str | None:
    """Why a changelog leaves a task out; None where it does not."""
    return None if row.status == "done" else f"{row.id} is {row.status}, not done."


def omitted(row: Row, reason: str) -> OmittedTask:
    """A task that is left out."""
    return OmittedTask(task_id=row.id, slug=row.slug, title=row.title, status_stage=row.status, reason=reason)


def changed_task(world: World, task: Task) -> ChangedTask:
    """What a changelog needs to know of a done task."""
    plan = task.current_plan()
    return ChangedTask(
        task_id=task.id,
        slug=task.slug,
        title=task.title,
        status_stage=task.status,
        task_type=task.kind,
        labels=task.labels,
        summary=task.summary or world.description(task),
        accepted_plan_version=plan.version if plan else None,
        implementation=_built(task),
        validation=_validated(task),
        todo_count=len(task.live_todos()),
    )


def _built(task: Task) -> Built | None:
    run = task.latest_run("implementation")
    if run is None and not task.changes:
        return None
    return Built(
        run_id=ref_of(task.runs, run) if run else None,
        summary=run.summary if run else None,
        changes=[
            ChangedPath(change_id=ref, kind=change.kind, path=change.path, summary=change.summary)
            for change, ref in zip(task.changes, refs_of(task.changes).values(), strict=True)
        ],
    )


def _validated(task: Task) -> Validated | None:
    run = task.latest_run("validation")
    if run is None:
        return None
    return Validated(
        run_id=ref_of(task.runs, run),
        result=run.result,
        summary=run.summary,
        evidence=list(dict.fromkeys(run_view(task, run).evidence)),
    )

