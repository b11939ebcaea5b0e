"""Repairs, under the reference's names: most states that it has to repair cannot be here, and these say what to do instead."""

from typing import Annotated, Any, Literal

from gitledger.errors import command_line
from gitledger.model.task import Task
from gitledger.ops._base import Operation, TaskOperation, opt, require_text
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View
from gitledger.ops._world import World, live_claim
from gitledger.ops.lock import BreakLock
from gitledger.ops.verify import RebuildIndex

_REASON = Annotated[str, opt("Why. It is not recorded, for nothing is changed.", is_input=True)]


class RepairIndex(RebuildIndex, frozen=True, kw_only=True):
    """Build the local index anew from the ledger, as `reindex` does.

    It is a cache in the git folder that follows the ledger by itself; this is for one that is suspected.
    """

    command = "repair index"


class RepairLock(BreakLock, frozen=True, kw_only=True):
    """End every claim on a task, as `lock break` does.

    For a worker that will not come back. Who ended the claim and why stays in the history.
    """

    command = "repair lock"


class TaskRepair(View):
    """Whether the record of a task is what its events make of it. If it is not, `recovery_commands` tell what to do."""

    task_id: str
    uid: str
    reason: str
    changed: bool
    is_whole: bool
    warnings: list[str]
    recovery_commands: list[str]
    kind: Literal["task_repair"] = "task_repair"

    @property
    def report_exit(self) -> int:
        """The exit code: 6 where the record is not what it must be."""
        return 0 if self.is_whole else 6


class RepairTask(TaskOperation, frozen=True, kw_only=True):
    """Check the record of a task against its events, and say how work on it goes on.

    A record is made of the events, so that there is nothing in it to mend. Exits with 6 where it differs.
    """

    command = "repair task"
    writes = False

    reason: _REASON

    def show(self, world: World) -> TaskRepair:
        reason = require_text(self.reason, "--reason", (PROGRAM, "repair", "task", "--help"))
        task = self.subject(world)
        is_whole = _is_whole(world, task)
        wrong = f"The record of {task.id} is not what its events make of it: somebody has edited the ledger by hand."
        help_ = [(PROGRAM, "next-action", "--task", task.uid[:8])] if is_whole else [(PROGRAM, "verify"), (PROGRAM, "doctor")]
        return TaskRepair(
            task_id=task.id,
            uid=task.uid,
            reason=reason,
            changed=False,
            is_whole=is_whole,
            warnings=[] if is_whole else [wrong],
            recovery_commands=[command_line(argv) for argv in help_],
        )


def _is_whole(world: World, task: Task) -> bool:
    from gitledger.model import codec, fold

    return codec.encode_record(fold.fold(world.source.events(task.uid)).task) == codec.encode_record(task)


class RunRepair(View):
    """How a run stands. `action` is `none`: a run without a claim is taken up again, by `next_command`."""

    action: Literal["none"]
    task_id: str
    run_id: str | None
    run_type: str | None
    previous_status: str | None
    new_status: str | None
    is_claimed: bool
    reason: str
    next_command: str
    kind: Literal["run_repair"] = "run_repair"


class RepairRun(TaskOperation, frozen=True, kw_only=True):
    """Show how a run stands, and how work on it goes on.

    A run whose worker is gone needs no repair: whoever takes the task up continues it.
    """

    command = "repair run"
    writes = False

    reason: _REASON
    run: Annotated[str | None, opt("The run; left out, the one that is under way.")] = None

    def show(self, world: World) -> RunRepair:
        reason = require_text(self.reason, "--reason", (PROGRAM, "repair", "run", "--help"))
        task = self.subject(world)
        found: Any = world.item(task.runs, "run", self.run, task) if self.run is not None else task.running_run()
        status = found.status if found is not None else None
        return RunRepair(
            action="none",
            task_id=task.id,
            run_id=found.ref if found is not None else None,
            run_type=found.type if found is not None else None,
            previous_status=status,
            new_status=status,
            is_claimed=live_claim(task.claims, world.now) is not None,
            reason=reason,
            next_command=command_line((PROGRAM, "next-action", "--task", task.uid[:8])),
        )


class PlanningChangesRepair(View):
    """What was moved: nothing, for a command of planning is a line in the log of its run from the start."""

    task_id: str
    dry_run: bool
    reason: str
    repaired_changes: list[str]
    summary: str
    kind: Literal["planning_command_changes_repair"] = "planning_command_changes_repair"


class RepairPlanningChanges(TaskOperation, frozen=True, kw_only=True):
    """Say that commands of planning are no changes here: there is nothing to move."""

    command = "repair planning-command-changes"
    writes = False

    reason: _REASON
    dry_run: Annotated[bool, opt("Without effect, for nothing is changed.")] = False

    def show(self, world: World) -> PlanningChangesRepair:
        return PlanningChangesRepair(
            task_id=self.subject(world).id,
            dry_run=self.dry_run,
            reason=require_text(self.reason, "--reason", (PROGRAM, "repair", "planning-command-changes", "--help")),
            repaired_changes=[],
            summary="Nothing to move: what `plan command` ran is evidence and a line in the log of the planning run.",
        )


class TaskFoldersRepair(View):
    """Which folders were removed: none."""

    count: int
    removed: list[str]
    message: str
    kind: Literal["taskledger_repair_task_dirs"] = "taskledger_repair_task_dirs"


class RepairTaskFolders(Operation, frozen=True, kw_only=True):
    """Say that a ledger holds no empty folders: git keeps none.

    The folders of a task that lies in two, after a merge by plain git, are united by `doctor --fix`.
    """

    command = "repair task-dirs"
    writes = False

    def show(self, world: World) -> TaskFoldersRepair:
        return TaskFoldersRepair(
            count=0,
            removed=[],
            message="git keeps no empty folders, and those of a task follow from its number and uid.",
        )


OPERATIONS: tuple[type[Operation], ...] = (
    RepairIndex,
    RepairLock,
    RepairTask,
    RepairRun,
    RepairPlanningChanges,
    RepairTaskFolders,
)
