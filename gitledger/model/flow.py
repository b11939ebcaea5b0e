"""How a task went through its workflow, read off its events: when it was begun, when it was done, when it was taken up again."""

from collections.abc import Iterable, Sequence
from math import ceil

from msgspec import Struct

from gitledger.model import workflow
from gitledger.model.codec import Event
from gitledger.model.task import Actor

# The events that say at which status a task stands from then on.
_STEPS = {
    *("task.created", "task.recorded", "task.advanced", "task.resumed", "task.cancelled", "task.uncancelled"),
    *("plan.proposed", "plan.approved", "plan.rejected", "run.started", "run.resumed", "run.finished"),
}
_BEGUN = ("work", "review")


class Mark(Struct, frozen=True):
    """A moment of a task's way, and who brought it there."""

    at: str
    actor: Actor


class Lap(Struct):
    """Once through the workflow: from the start (creation, or the end of the rest after an earlier lap) to done.

    `begun` is the first work in it. `is_return`: the task was done already and somebody took it up again; its schedule
    starts a lap, too, which is no return.
    """

    start: str
    is_return: bool = False
    begun: Mark | None = None
    done: Mark | None = None


def laps_of(events: Iterable[Event]) -> list[Lap]:
    """The laps of a task, by its events in order; the last one may be under way."""
    laps: list[Lap] = []
    for event in events:
        status = _status_after(event)
        if status is None:
            continue
        role = workflow.role_of(status)
        if not laps:
            laps.append(Lap(event.at))
        elif laps[-1].done is not None and role != "done":
            laps.append(Lap(event.at, is_return=getattr(event.data, "trigger", "") != "requeue"))
        lap, mark = laps[-1], Mark(event.at, event.actor)
        if role == "done" and lap.done is None:
            lap.done = mark
        if role in _BEGUN and lap.begun is None:
            lap.begun = mark
    return laps


def _status_after(event: Event) -> str | None:
    """The status that an event brings a task to; None for one that leaves it where it is."""
    if not event.is_understood:
        return None
    if event.type == "task.imported":
        status = event.data.record.get("status")
        return status if isinstance(status, str) else None
    return getattr(event.data, "status", None) if event.type in _STEPS else None


def percentile(values: Sequence[int], percent: int) -> int | None:
    """The smallest value that at least `percent` in 100 do not exceed; None of none."""
    ordered = sorted(values)
    return ordered[max(1, ceil(len(ordered) * percent / 100)) - 1] if ordered else None
