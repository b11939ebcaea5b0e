"""How work flows: what gets done, how long it takes, what is under way, and what comes back or lies about."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from gitledger.errors import InvalidInput
from gitledger.model import ids
from gitledger.model.flow import Lap, Mark, laps_of, percentile
from gitledger.model.task import Row
from gitledger.ops._base import Operation, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View
from gitledger.ops._workspaces import InWorkspace, tagged, tags_of
from gitledger.ops._world import World
from gitledger.ops.waiting import stale_before

_DAY = 86400
_MOST_DAYS = 3660
_MOST_GROUPS = 50
_OLDEST = 10
_UNDER_WAY = ("work", "review")
_OPEN = ("queue", "work", "review", "blocked")

Aspect = Literal["label", "priority", "person", "agent"]


class Spread(View):
    """How long something took, in seconds: of half, of 85 and of 95 in 100 cases no more than this. Null where there is no case."""

    cases: int
    p50: int | None
    p85: int | None
    p95: int | None


class Week(View):
    """How often a task was done in an ISO week of the period, in which there was any."""

    week: str
    done: int


class Aged(View):
    """A task under way, and how long it has been."""

    id: str
    uid: str
    title: str
    status: str
    age_seconds: int


class Group(View):
    """The same for the tasks of one label, priority, person or agent. A null name: they have none."""

    name: str | None
    done: int
    lead: Spread
    cycle: Spread
    under_way: int


class Metrics(View):
    """How work flowed in the last `days`. `lead` is from creation to done, `cycle` from the first work to done.

    `reopen_percent` of what was done was taken up again; to `stale_percent` of what is open nothing happened for long.
    """

    days: int
    since: str
    done: int
    throughput: list[Week]
    lead: Spread
    cycle: Spread
    under_way: int
    ageing: Spread
    oldest: list[Aged]
    reopened: int
    reopen_percent: int | None
    open: int
    stale: int
    stale_percent: int | None
    by: str | None
    groups: list[Group]
    groups_total: int
    workspace: str | None
    ledger: str
    kind: Literal["metrics"] = "metrics"


# A task, and one of its laps.
_Pair = tuple[Row, Lap]


class ShowMetrics(Operation, frozen=True, kw_only=True):
    """Show how work flows: throughput, lead and cycle time, work in progress and its age, what came back, what lies about.

    Times are P50, P85 and P95: what half, 85 and 95 in 100 of the tasks done in the period took at most. Each time that
    a task is done counts. --by tells done, times and work in progress apart; a person and an agent are who finished
    the task, and for work in progress who began it.
    """

    command = "metrics"
    writes = False

    days: Annotated[int, opt("The period: the last so many days.")] = 30
    by: Annotated[Aspect | None, opt("Tell these apart.")] = None
    workspace: InWorkspace = None

    def show(self, world: World) -> Metrics:
        if not 1 <= self.days <= _MOST_DAYS:
            raise InvalidInput(f"--days is from 1 to {_MOST_DAYS}.", code="VALIDATION", hint=(PROGRAM, "metrics", "--help"))
        since = ids.later(world.now, -self.days * _DAY)
        rows = tagged(world.source.rows(archived=True), tags_of(world, self.workspace))
        moving = [row.uid for row in rows if row.updated_at >= since or row.role in _UNDER_WAY]
        laps = {uid: laps_of(world.source.events(uid)) for uid in moving}
        done = [(row, lap) for row in rows for lap in laps.get(row.uid, ()) if lap.done is not None and lap.done.at >= since]
        returned = sum(lap.is_return and lap.start >= since for found in laps.values() for lap in found)
        under_way = [(row, laps[row.uid][-1]) for row in rows if row.role in _UNDER_WAY and laps[row.uid]]
        under_way.sort(key=lambda pair: (_start(pair[1]), pair[0].number, pair[0].uid))
        groups = _groups(done, under_way, self.by) if self.by else []
        still_open, stale = _standing(world, rows)
        return Metrics(
            days=self.days,
            since=since,
            done=len(done),
            throughput=_weeks(done),
            lead=_spread(map(_lead, done)),
            cycle=_spread(map(_cycle, done)),
            under_way=len(under_way),
            ageing=_spread(_seconds(_start(lap), world.now) for _, lap in under_way),
            oldest=[_aged(row, lap, world.now) for row, lap in under_way[:_OLDEST]],
            reopened=returned,
            reopen_percent=_percent(returned, len(done)),
            open=still_open,
            stale=stale,
            stale_percent=_percent(stale, still_open),
            by=self.by,
            groups=groups[:_MOST_GROUPS],
            groups_total=len(groups),
            workspace=self.workspace,
            ledger=world.ledger,
        )


def _standing(world: World, rows: list[Row]) -> tuple[int, int]:
    """How many tasks are open, and how many of them nothing happened to for long."""
    before = stale_before(world)
    still_open = [row for row in rows if row.role in _OPEN]
    return len(still_open), sum(row.role in before and row.updated_at < before[row.role] for row in still_open)


def _lead(pair: _Pair) -> int | None:
    return _seconds(pair[1].start, pair[1].done.at) if pair[1].done else None


def _cycle(pair: _Pair) -> int | None:
    lap = pair[1]
    return _seconds(lap.begun.at, lap.done.at) if lap.done and lap.begun else None


def _start(lap: Lap) -> str:
    return lap.begun.at if lap.begun else lap.start


def _aged(row: Row, lap: Lap, now: str) -> Aged:
    age = _seconds(_start(lap), now)
    return Aged(id=row.id, uid=row.uid, title=row.title, status=row.status, age_seconds=age)


def _seconds(start: str, end: str) -> int:
    return max(0, int((ids.parse_time(end) - ids.parse_time(start)).total_seconds()))


def _spread(values: Iterable[int | None]) -> Spread:
    known = [value for value in values if value is not None]
    return Spread(cases=len(known), p50=percentile(known, 50), p85=percentile(known, 85), p95=percentile(known, 95))


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def _weeks(done: list[_Pair]) -> list[Week]:
    moments = (lap.done.at for _, lap in done if lap.done)
    counts = Counter("{}-W{:02d}".format(*ids.parse_time(at).isocalendar()[:2]) for at in moments)
    return [Week(week=week, done=counts[week]) for week in sorted(counts)]


# ---------------------------------------------------------------------------------------------- apart


def _groups(done: list[_Pair], under_way: list[_Pair], by: Aspect) -> list[Group]:
    """What was done and is under way for each name, the most first; without a name comes last."""
    ended: dict[str | None, list[_Pair]] = {}
    for row, lap in done:
        for name in _names(by, row, lap.done):
            ended.setdefault(name, []).append((row, lap))
    going = Counter(name for row, lap in under_way for name in _names(by, row, lap.begun))
    groups = [
        Group(
            name=name,
            done=len(ended.get(name, ())),
            lead=_spread(map(_lead, ended.get(name, ()))),
            cycle=_spread(map(_cycle, ended.get(name, ()))),
            under_way=going[name],
        )
        for name in {**ended, **going}
    ]
    return sorted(groups, key=lambda group: (group.name is None, -group.done, -group.under_way, group.name or ""))


def _names(by: Aspect, row: Row, mark: Mark | None) -> Sequence[str | None]:
    """What a task counts under; None where it has no such name."""
    actor = mark.actor if mark else None
    if by == "label":
        return row.labels or (None,)
    if by == "priority":
        return (row.priority,)
    if by == "person":
        return (actor.person if actor else None,)
    return (actor.name if actor and actor.type == "agent" else None,)


OPERATIONS = (ShowMetrics,)
