"""Random histories of several replicas, told in steps that both the pure model and real repositories can carry out."""

from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from msgspec import Struct

from gitledger.model import codec, fold
from gitledger.model.events import (
    ClaimReleased,
    ClaimTaken,
    CommentAdded,
    Fields,
    Payload,
    PlanApproved,
    PlanProposed,
    RunFinished,
    RunStarted,
    TaskArchived,
    TaskCancelled,
    TaskCreated,
    TaskDeleted,
    TaskEdited,
    TaskRenumbered,
    TaskUnarchived,
    TaskUncancelled,
    TodoAdded,
    TodoDone,
    TodoUndone,
)
from gitledger.model.task import Task

LEDGERS = ("main", "feature")
TITLES = ("One", "Two", "Three")
LABELS = ("x", "y")
YEAR_S = 365 * 86400
START = "2026-11-20T10:00:00.000000Z"

# What can happen to a task, and what happens between replicas and ledgers; what stands twice comes up twice as often.
DEEDS = (
    *("title", "title", "label", "todo", "todo", "done", "done", "undone", "comment", "cancel", "uncancel", "start"),
    *("finish", "claim", "claim", "release", "propose", "approve", "approve", "archive", "renumber", "renumber", "delete"),
)
MOVES = ("create",) * 5 + ("pull",) * 4 + ("sync",) * 5 + ("race",) * 3 + ("adopt",) * 3 + ("fork",) * 2 + ("join",) * 2

Step = tuple[str, int, int]


class History(Struct, frozen=True):
    """Who does what, in order; by how many seconds each clock is wrong; and what makes events alike.

    `is_frozen`: no clock moves. `are_twins`: nothing random and no names tell replicas apart, so that two of
    them write equal events.
    """

    steps: list[Step]
    skews: tuple[int, ...]
    is_frozen: bool = False
    are_twins: bool = False


def histories(replicas: int, *, most: int = 60) -> st.SearchStrategy[History]:
    """Histories of that many replicas."""
    step = st.tuples(st.sampled_from((*DEEDS, *MOVES)), st.integers(0, replicas - 1), st.integers(0, 127))
    skew = st.sampled_from((0, 0, 1, -YEAR_S, 30 * YEAR_S))
    return st.builds(
        History,
        steps=st.lists(step, min_size=most // 3, max_size=most),
        skews=st.tuples(*[skew] * replicas),
        is_frozen=st.booleans(),
        are_twins=st.sampled_from((False, False, False, True)),
    )


def examples(count: int) -> settings:
    """Run `count` examples, the same ones each time; in the long profile many more, at random."""
    profile = settings.get_profile("default") if settings().max_examples <= 100 else settings()
    return settings(
        max_examples=count * profile.max_examples // 100,
        derandomize=profile.max_examples <= 100,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


# ---------------------------------------------------------------------------------------------- one task


def deed(kind: str, value: int, task: Task, taken: set[int]) -> list[Payload]:
    """What somebody who sees `task` records; nothing where it makes no sense. `taken`: the numbers in use."""
    if task.deleted_at is not None:
        return []
    todos, plans, runs = task.todos, task.plans, task.runs
    match kind:
        case "title":
            return [TaskEdited(fields=Fields(title=TITLES[value % 3]))]
        case "label":
            label = LABELS[value % 2]
            return [TaskEdited(remove_labels=[label]) if label in task.labels else TaskEdited(add_labels=[label])]
        case "todo":
            return [TodoAdded(number=len(todos) + 1, text="t", source="user")] if len(todos) < 2 else []
        case "done":
            return [TodoDone(todo=todos[value % len(todos)].id)] if todos else []
        case "undone":
            return [TodoUndone(todo=todos[value % len(todos)].id)] if todos else []
        case "comment":
            return [CommentAdded(number=len(task.comments) + 1, text="c")]
        case "cancel":
            return [TaskCancelled(previous=task.status)]
        case "uncancel":
            return [TaskUncancelled(status="draft", reason="r")] if task.status == "cancelled" else []
        case "start":
            return [RunStarted(number=len(runs) + 1, kind="implementation", status="implementing")]
        case "finish":
            return [RunFinished(run=runs[-1].id, result="finished", status="implemented")] if runs else []
        case "claim":
            return [ClaimTaken(lease_s=7200, over=[claim.id for claim in task.claims])]
        case "release":
            return [ClaimReleased(claim=task.claims[0].id)] if task.claims else []
        case "propose":
            return [PlanProposed(version=len(plans) + 1, digest="sha256:0")] if len(plans) < 2 else []
        case "approve":
            if not plans:
                return []
            plan = plans[value % len(plans)]
            return [
                PlanApproved(plan=plan.id, version=plan.version, digest="sha256:0", note="", approver="user", via="accept")
            ]
        case "archive":
            return [TaskUnarchived() if task.archived_at is not None else TaskArchived()]
        case "renumber":
            free = [number for number in range(1, 6) if number not in taken]
            return [TaskRenumbered(number=free[value % len(free)], previous=task.number)] if free else []
        case "delete":
            return [TaskDeleted(reason="r")]
    raise AssertionError(kind)


# ---------------------------------------------------------------------------------------------- what must come out


def check_record(state: fold.State, events: Iterable[codec.Event]) -> None:
    """The record holds what the events say, told again without the fold: nothing that was appended is missing."""
    task = state.task
    ordered = sorted(events, key=lambda event: event.order)
    for types, items in (
        ("todo.added", task.todos),
        ("comment.added", task.comments),
        ("plan.proposed", task.plans),
        ("run.started", task.runs),
        ("task.adopted", task.adopted),
    ):
        wanted = [event.id for event in ordered if event.type == types]
        assert [getattr(item, "id", None) for item in items] in (wanted, [None] * len(wanted)), f"{types} is lost"
    last: dict[str, Any] = {"labels": set(), "archived": False, "deleted": False}
    for event in ordered:
        data = event.data
        if getattr(data, "status", None) is not None:
            last["status"] = data.status
        if event.type in ("task.created", "task.renumbered"):
            last["number"] = data.number
        elif event.type == "task.edited":
            last["labels"] = (last["labels"] | set(data.add_labels)) - set(data.remove_labels)
        elif event.type in ("task.archived", "task.unarchived"):
            last["archived"] = event.type == "task.archived"
        elif event.type == "task.deleted":
            last["deleted"] = True
    given = {event.data.number for event in ordered if event.type in ("task.created", "task.renumbered")}
    assert given <= {task.number, *task.former_numbers}, "a number that the task has had is forgotten"
    assert (task.status, task.number) == (last["status"], last["number"])
    assert (set(task.labels), task.archived_at is not None) == (last["labels"], last["archived"])
    assert (task.deleted_at is not None) == last["deleted"]
    named = {earlier for event in ordered for earlier in event.after}
    assert task.heads == sorted(event.id for event in ordered if event.id not in named)
    assert task.clock == ordered[-1].clock

