"""What the ledger holds, where it is, and which version this is."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, UnsetType

from gitledger.errors import LedgerError, command_line
from gitledger.model import workflow
from gitledger.model.task import Row
from gitledger.ops._base import Operation, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import ActorView, View, actor_view
from gitledger.ops._world import World, live_claim

# What is counted, in the order of the reference; todos are an addition.
_COUNTED = ("tasks", "introductions", "plans", "questions", "runs", "changes", "locks", "todos", "todos_done")


class ActiveLine(View):
    """The active task in a few words, and where that choice comes from."""

    task_id: str
    uid: str
    slug: str
    title: str
    status: str
    status_stage: str
    active_stage: str | None
    role: str
    source: str


def active_line(world: World) -> ActiveLine | None:
    """The active task; a choice that leads nowhere is a warning, for this is where one looks what is wrong."""
    try:
        active = world.active()
    except LedgerError as error:
        world.warnings.append(f"The active task cannot be told: {error.message}")
        return None
    if active is None:
        return None
    row = world.row(active.uid)
    if row is None or row.is_deleted:
        world.warnings.append(
            f"The active task (from {active.source}) is not in ledger {world.ledger}: {active.uid}."
        )
        return None
    return ActiveLine(
        task_id=row.id,
        uid=row.uid,
        slug=row.slug,
        title=row.title,
        status=row.status,
        status_stage=row.status,
        active_stage=_active_stage(row, world.now),
        role=row.role,
        source=active.source,
    )


def _active_stage(row: Row, now: str) -> str | None:
    claim = live_claim(row.claims, now)
    return workflow.RUN_OF_STAGE.get(claim.stage or "") if claim else None


# ---------------------------------------------------------------------------------------------- status


class Health(View):
    """Whether the ledger is sound. `healthy` is null until it was checked; `command` checks it."""

    checked: bool
    healthy: bool | None
    findings: int
    command: str


class TaskLine(View):
    """A task in the long form of `status`."""

    id: str
    slug: str
    title: str
    status: str
    status_stage: str
    role: str
    active_stage: str | None
    is_active: bool


class Status(View):
    """What the ledger holds. `counts` leave deleted tasks out; `by_status` and `by_role` name what there is."""

    workspace_root: str | None
    config_path: str | None
    project_dir: str
    taskledger_dir: str
    ledger: str
    ref: str
    tip: str | None
    branch: str | None
    counts: dict[str, int]
    by_status: dict[str, int]
    by_role: dict[str, int]
    active_task: ActiveLine | None
    health: Health
    tasks: list[TaskLine] | UnsetType = UNSET
    kind: Literal["taskledger_status"] = "taskledger_status"

    @property
    def report_exit(self) -> int:
        """The exit code: 6 where the ledger was checked and is not sound."""
        return 6 if self.health.healthy is False else 0


class ShowStatus(Operation, frozen=True, kw_only=True):
    """Show what the ledger holds: counts, active task, health.

    --check verifies the ledger as `verify` does, and exits with 6 where it is not sound.
    """

    command = "status"
    writes = False

    full: Annotated[bool, opt("List every task too.")] = False
    check: Annotated[bool, opt("Verify the ledger too.")] = False

    def show(self, world: World) -> Status:
        place = world.place
        counts = world.source.counts() | {"introductions": len(world.book().intros)}
        rows = world.source.rows(archived=True) if self.full else []
        active = active_line(world)
        return Status(
            workspace_root=place.work_tree,
            config_path=None,
            project_dir=place.common_dir,
            taskledger_dir=place.ref,
            ledger=place.ledger,
            ref=place.ref,
            tip=place.tip,
            branch=place.branch,
            counts={name: counts.get(name, 0) for name in _COUNTED},
            by_status=_tally(counts, "status:", dict.fromkeys(sum(workflow.STATUSES.values(), ()))),
            by_role=_tally(counts, "role:", workflow.ROLES),
            active_task=active,
            health=_health(world, self.check),
            tasks=[_task_line(row, world.now, active) for row in rows] if self.full else UNSET,
        )


def _tally(counts: dict[str, int], prefix: str, order: Any) -> dict[str, int]:
    """The counts under `prefix`: those of `order` in that order, others after them."""
    found = {name.removeprefix(prefix): many for name, many in counts.items() if name.startswith(prefix)}
    return {word: found[word] for word in (*order, *sorted(found.keys() - set(order))) if word in found}


def _health(world: World, is_checked: bool) -> Health:
    command = command_line((PROGRAM, "verify"))
    if not is_checked:
        return Health(checked=False, healthy=None, findings=0, command=command)
    report = world.source.verify()
    return Health(checked=True, healthy=report.healthy, findings=len(report.findings), command=command)


def _task_line(row: Row, now: str, active: ActiveLine | None) -> TaskLine:
    return TaskLine(
        id=row.id,
        slug=row.slug,
        title=row.title,
        status=row.status,
        status_stage=row.status,
        role=row.role,
        active_stage=_active_stage(row, now),
        is_active=active is not None and row.uid == active.uid,
    )


# ---------------------------------------------------------------------------------------------- where


class Where(View):
    """Where commands act. `source` says why it is this ledger; `exists` whether it has been started."""

    repository: str
    git_dir: str
    common_dir: str
    work_tree: str | None
    branch: str | None
    ledger: str
    source: str
    ref: str
    tip: str | None
    exists: bool
    active_task: ActiveLine | None
    actor: ActorView | None
    kind: Literal["taskledger_where"] = "taskledger_where"


class ShowWhere(Operation, frozen=True, kw_only=True):
    """Show which repository, ledger and task commands act on here, and why."""

    command = "where"
    writes = False
    needs_ledger = False

    def show(self, world: World) -> Where:
        place = world.place
        return Where(
            repository=place.work_tree or place.common_dir,
            git_dir=place.git_dir,
            common_dir=place.common_dir,
            work_tree=place.work_tree,
            branch=place.branch,
            ledger=place.ledger,
            source=place.source,
            ref=place.ref,
            tip=place.tip,
            exists=place.tip is not None,
            active_task=active_line(world),
            actor=actor_view(world.actor),
        )


# ---------------------------------------------------------------------------------------------- version


class Version(View):
    """This gitledger, and the highest format, fold and event versions that it reads and writes."""

    version: str
    format: int
    fold: int
    event: int
    python: str
    libraries: dict[str, str] | UnsetType = UNSET
    kind: Literal["version"] = "version"


class ShowVersion(Operation, frozen=True, kw_only=True):
    """Show the version of gitledger, and of the formats it reads and writes.

    Works outside a repository too.
    """

    command = "version"
    writes = False
    needs_ledger = False
    needs_repository = False

    full: Annotated[bool, opt("The libraries' versions too.")] = False

    def show(self, world: World | None = None) -> Version:
        import platform

        from gitledger import __version__
        from gitledger.model import codec

        return Version(
            version=__version__,
            format=codec.FORMAT_VERSION,
            fold=codec.FOLD_VERSION,
            event=codec.EVENT_VERSION,
            python=platform.python_version(),
            libraries=_libraries() if self.full else UNSET,
        )


def _libraries() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("click", "msgspec", "pygit2", "pyyaml"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


OPERATIONS: tuple[type[Operation], ...] = (ShowStatus, ShowWhere, ShowVersion)
