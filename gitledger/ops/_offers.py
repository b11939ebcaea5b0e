"""What could stand where a word is being typed: tasks, their items, ledgers, statuses. No command of its own; a shell's completion asks it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import re

from gitledger.errors import NotFound
from gitledger.model import readiness, workflow
from gitledger.model.task import Row, Task
from gitledger.ops._base import Operation
from gitledger.ops._views import View, refs_of
from gitledger.ops._world import World

MOST = 100
_NUMBER = re.compile(r"(task-)?(0*)([0-9]{0,12})", re.IGNORECASE)
_OVER = {"done", "cancelled", "answered", "dismissed", "closed"}
_STATUSES = tuple(dict.fromkeys(status for statuses in workflow.STATUSES.values() for status in statuses))


class Offer(NamedTuple):
    """A word that could stand there, and what it means."""

    word: str
    about: str = ""


class Offers(View):
    """The words, those first that are more likely meant."""

    offers: list[Offer]


class OfferWords(Operation, frozen=True, kw_only=True):
    """Offer words of a kind (a key of `KINDS`) that begin with `start`; items are those of `task`, or of the active one."""

    writes = False
    needs_ledger = False

    kind: str
    start: str = ""
    task: str | None = None

    def show(self, world: World) -> Offers:
        found: list[Offer] = []
        start = self.start.casefold()
        for offer in KINDS[self.kind](world, self):
            if offer.word.casefold().startswith(start):
                found.append(offer)
            if len(found) == MOST:
                break
        return Offers(offers=found)


# ---------------------------------------------------------------------------------------------- tasks


def _tasks(world: World, op: OfferWords) -> Iterable[Offer]:
    """Without a beginning the open ones; else by number, or by slug."""
    found = _NUMBER.fullmatch(op.start)
    if found is not None:
        rows = _numbered(world, found[2], found[3]) if found[3] else _open(world)
        return [_offered(row, _spelled(row, op.start)) for row in rows]
    start = op.start.casefold()
    numbered = _tasks(world, OfferWords(kind="task")) if "task-".startswith(start) else []
    return [*numbered, *(_offered(row, row.slug) for row in world.source.rows() if row.slug.startswith(start))]


def _open(world: World) -> list[Row]:
    rows, _ = world.source.page({*_STATUSES} - _OVER, None, MOST)
    return rows or world.source.page(set(), None, MOST)[0]


def _spelled(row: Row, start: str) -> str:
    """The task's number in the manner of what was typed: task-0030, 0030 or 30."""
    if not start[:1].isdigit():
        return row.id
    return row.id.removeprefix("task-") if start.startswith("0") else str(row.number)


def _numbered(world: World, zeros: str, digits: str) -> Iterator[Row]:
    """The tasks whose number, written with these zeros before it, begins with these digits; looked up one by one: the ledger may be large."""
    top, low, high = world.source.top_number(), int(digits), int(digits)
    while low <= top:
        for number in range(low, min(high, top) + 1):
            if not zeros or len(zeros) + len(str(number)) == 4:
                yield from world.source.lookup(number=number)
        low, high = low * 10, high * 10 + 9


def _offered(row: Row, word: str) -> Offer:
    return Offer(word, f"{row.status}: {row.title}")


# ---------------------------------------------------------------------------------------------- items of a task


def _named(items: list[Any], about: Callable[[Any], str]) -> list[tuple[str, str]]:
    """Items by name, those that are over and done with after the others."""
    refs = refs_of(items)
    return [(refs[item.id], about(item)) for item in sorted(items, key=lambda item: getattr(item, "status", "") in _OVER)]


def _newest(items: list[Any], about: Callable[[Any], str]) -> list[tuple[str, str]]:
    """The same, the newest first."""
    return _named(items[::-1], about)


def _criteria(task: Task) -> list[tuple[str, str]]:
    plan = task.plan(task.accepted_plan) or (task.plans[-1] if task.plans else None)
    return [(criterion.id, criterion.text) for criterion in (plan.criteria if plan else [])]


def _of_task(items: Callable[[Task], Iterable[tuple[str, str]]]) -> "Kind":
    """Items of the task that is named, be it before the item (`30/todo-3`); of the active one where none is."""

    def offered(world: World, op: OfferWords) -> Iterator[Offer]:
        named, slash, _ = op.start.partition("/")
        for word, about in items(world.task(named if slash else op.task)):
            yield Offer(f"{named}{slash}{word}" if slash else word, about)

    return offered


def _anything(world: World, op: OfferWords) -> Iterator[Offer]:
    """What `show` takes: a task, or an item of it."""
    if "/" not in op.start:
        yield from _tasks(world, op)
    try:
        for kind in ("todo", "question", "run", "change", "evidence", "handoff"):
            yield from KINDS[kind](world, op)
    except NotFound:
        return  # no task is active, or none is called that


# ---------------------------------------------------------------------------------------------- what the ledger has


def _labels(world: World, op: OfferWords) -> Iterator[Offer]:
    return (Offer(label, str(many)) for label, many in world.source.graph().labels().items())


def _workspaces(world: World, op: OfferWords) -> Iterator[Offer]:
    return (Offer(place.name, place.description or "") for place in world.source.book().workspaces)


def _releases(world: World, op: OfferWords) -> Iterator[Offer]:
    return (Offer(release.version, release.at[:10]) for release in reversed(world.source.book().releases))


def _intros(world: World, op: OfferWords) -> Iterator[Offer]:
    return (Offer(intro.ref, intro.title) for intro in world.source.book().intros)


def _words(*words: str) -> "Kind":
    return lambda world, op: map(Offer, words)


Kind = Callable[[World, OfferWords], Iterable[Offer]]
KINDS: dict[str, Kind] = {
    "task": _tasks,
    "anything": _anything,
    "todo": _of_task(lambda task: _named(task.live_todos(), lambda todo: todo.text)),
    "question": _of_task(lambda task: _newest(task.questions, lambda question: question.text)),
    "run": _of_task(lambda task: _newest(task.runs, lambda run: f"{run.type}, {run.status}")),
    "plan": _of_task(lambda task: [(str(plan.version), f"{plan.status}: {plan.goal}") for plan in reversed(task.plans)]),
    "change": _of_task(lambda task: _newest(task.changes, lambda change: f"{change.path}: {change.summary}")),
    "evidence": _of_task(lambda task: _newest(task.evidence, lambda proof: proof.summary)),
    "handoff": _of_task(lambda task: _newest(task.handoffs, lambda handoff: f"{handoff.status}: {handoff.summary or ''}")),
    "criterion": _of_task(_criteria),
    "key": _of_task(lambda task: [(note.key, note.role) for note in task.notes]),
    "ledger": lambda world, op: map(Offer, sorted(world.ledgers())),
    "label": _labels,
    "workspace": _workspaces,
    "release": _releases,
    "intro": _intros,
    "status": _words(*_STATUSES),
    "role": _words(*workflow.ROLES),
    "trigger": _words(*workflow.TRIGGERS),
    "priority": _words(*readiness.PRIORITIES),
}
