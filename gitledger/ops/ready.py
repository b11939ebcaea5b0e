"""The work queue: what is ready, and what comes next."""

from typing import Annotated

from msgspec.structs import replace

from gitledger.errors import InvalidInput, command_line
from gitledger.model.listing import Wanted, ready_order
from gitledger.model.task import Row
from gitledger.ops._base import Operation, opt
from gitledger.ops._everywhere import Listing
from gitledger.ops._facts import PROGRAM
from gitledger.ops._graph import names_of, unmet_edges, would_release
from gitledger.ops._ready import Stage, hindrance_of, steps_first, wanted_by
from gitledger.ops._ready_views import LeftOut, LeftOutTask, NextReady, QueuedTask, ReadyList, queued_task
from gitledger.ops._workspaces import InWorkspace, tags_of
from gitledger.ops._world import World, live_claim

LIMIT = 50
_FEW = 8
MOST_NAMED = 10  # how many tasks that one waits for are named


def check_limit(limit: int) -> None:
    """A limit is not negative; 0 is none."""
    if limit < 0:
        raise InvalidInput("--limit must not be negative; 0 is no limit.", code="VALIDATION")


# ---------------------------------------------------------------------------------------------- ready


class _Queue(Listing, frozen=True, kw_only=True):
    """What `ready` and `next` have in common."""

    writes = False

    labels: Annotated[
        list[str], opt("Only tasks with this label; given more than once, with all of them.", name="--label")
    ] = []
    stage: Annotated[Stage | None, opt("Only staged tasks that are due for this stage.")] = None
    workspace: InWorkspace = None

    def wanted(self, world: World, limit: int) -> Wanted:
        """What is asked for."""
        tags = tags_of(world, self.workspace)
        return wanted_by(world, stage=self.stage, labels=tuple(self.labels), any_label=tags, limit=limit)


class ListReady(_Queue, frozen=True, kw_only=True):
    """List the tasks that can be worked on now, the first to take first.

    Nothing they depend on is unsatisfied, nobody has put them on hold, and nobody else has claimed them. The
    higher priority comes first, then the older task; a task that is overdue counts as critical, one that is due
    within a day as one priority higher. --explain says why each is in or out, and what finishing it unblocks.
    """

    command = "ready"

    limit: Annotated[int, opt("At most this many (0: all).")] = LIMIT
    explain: Annotated[bool, opt("Say why each task is in or out, and what finishing it unblocks.")] = False

    def show(self, world: World) -> ReadyList:
        check_limit(self.limit)
        wanted = self.wanted(world, self.limit)
        tasks, total = ready_tasks(world, wanted, self.all_ledgers)
        view = ReadyList(tasks=tasks, total=total, truncated=len(tasks) < total, ledger=world.ledger)
        if self.explain:
            for task in tasks:
                task.why = _why_in(task)
                task.unblocks = names_of(world, would_release(world, task.uid))
            view.left_out = left_out(world, wanted)
        return view


def ready_tasks(world: World, wanted: Wanted, is_everywhere: bool) -> tuple[list[QueuedTask], int]:
    """The first tasks that the actor could work on now, here or in any ledger of the repository, and how many there are."""
    if not is_everywhere:
        rows, total = world.source.graph().ready(wanted)
        return [queued_task(row, wanted) for row in rows], total
    from gitledger.ops._ready_everywhere import ready_everywhere

    placed, total = ready_everywhere(world, wanted)
    return [queued_task(item.thing, wanted, item.ledgers) for item in placed], total


def _why_in(task: QueuedTask) -> str:
    """Why a task is ready, and why it stands where it does."""
    said = task.priority or "no"
    boost = ""
    if task.urgency != (task.priority or "medium"):
        boost = f", counted as {task.urgency} because it is {'overdue' if task.overdue else 'due within a day'}"
    nothing = "It waits for nothing and is yours" if task.mine else "It waits for nothing and nobody has it"
    return f"{nothing}; {said} priority{boost}, since {task.created_at[:10]}."


def left_out(world: World, wanted: Wanted) -> LeftOut:
    """The tasks that the actor cannot work on now, with why: all are counted, the first are told."""
    rows = [row for row in world.source.rows() if row.hindrance != "finished"]
    unmet = world.source.graph().unmet([row.uid for row in rows])
    found = [(row, hindrance_of(world, row, wanted, unmet.get(row.uid, 0))) for row in rows]
    out = [(row, why) for row, why in found if why is not None and wanted.has_labels(row)]
    out.sort(key=lambda pair: ready_order(pair[0], wanted))
    shown = out[: wanted.limit] if wanted.limit else out
    counts: dict[str, int] = {}
    for _, why in out:
        counts[why] = counts.get(why, 0) + 1
    return LeftOut(
        counts=dict(sorted(counts.items())),
        tasks=[_left_out_task(world, row, why) for row, why in shown],
        total=len(out),
        truncated=len(shown) < len(out),
    )


def _left_out_task(world: World, row: Row, why: str) -> LeftOutTask:
    names = names_of(world, [edge.on for edge in unmet_edges(world, row)]) if why == "dependencies" else []
    return LeftOutTask(
        id=row.id,
        uid=row.uid,
        title=row.title,
        status=row.status,
        hindrance=why,
        why=_why_out(world, row, why, names),
        waits_for=names[:MOST_NAMED],
    )


def _why_out(world: World, row: Row, why: str, names: list[str]) -> str:
    """What keeps the actor from working on a task, in a sentence."""
    if why == "dependencies":
        return f"It waits for {listed(names)}."
    if why == "on_hold":
        record = world.record(row.uid)
        reason = record.hold.reason if record is not None and record.hold is not None else ""
        return f"It is on hold{': ' + reason if reason else ''}."
    if why == "claimed":
        claim = live_claim(row.claims, world.now)
        who = f" by {claim.actor.type} {claim.actor.name} until {claim.until}" if claim else " in another ledger"
        return f"It is claimed{who}."
    return {
        "waiting_for_user": "The next step is a person's word: an answer, or the acceptance of a plan.",
        "scheduled": f"Its next run is at {row.next_run_at}.",
        "other_stage": f"It is {row.status}, which is another stage.",
    }.get(why, "A rule is in the way; next-action says which.")


def listed(names: list[str]) -> str:
    """`task-0001, task-0002 and 7 more`."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


# ---------------------------------------------------------------------------------------------- next


class ShowNext(_Queue, frozen=True, kw_only=True):
    """Show the task to take next: the first that is ready; one with unfinished parts comes after all others.

    It only looks; `claim --next` takes it. Where nothing is ready it says what is in the way, and succeeds.
    """

    command = "next"

    def show(self, world: World) -> NextReady:
        wanted = self.wanted(world, 1)
        tasks, total = ready_tasks(world, wanted, self.all_ledgers)
        if total > 1 and not self.all_ledgers:
            first = next(steps_first(world, replace(wanted, limit=_FEW)))
            tasks = [queued_task(first, wanted)]
        task = tasks[0] if tasks else None
        in_the_way = {} if task else world.source.graph().hindered(wanted)
        return NextReady(
            task=task,
            task_id=task.id if task else None,
            ready=total,
            in_the_way=dict(sorted(in_the_way.items())),
            ledger=world.ledger,
            next_command=command_line(_next_argv(task, world.ledger)),
        )


def _next_argv(task: QueuedTask | None, here: str) -> tuple[str, ...]:
    if task is None:
        return (PROGRAM, "blocked")
    verb = "next-action" if task.mine else "claim"
    if not task.ledger or task.ledger == here:
        return (PROGRAM, verb, task.id)
    return (PROGRAM, "--ledger", task.ledger, verb, task.id)


OPERATIONS: tuple[type[Operation], ...] = (ListReady, ShowNext)
