"""What a person should look at after histories met: fields set on both sides, numbers and slugs that two tasks hold, two claims."""

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Annotated, Any, Literal

from msgspec import UNSET, UnsetType

from gitledger.errors import command_line, naming
from gitledger.model.task import Disagreement, Row, Task
from gitledger.ops._base import Operation, opt
from gitledger.ops._everywhere import Listing, each_once, sources
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View
from gitledger.ops._world import Source, World, claim_until


class Setting(View):
    """One of the settings of a field: by which event, by whom, to what. `holds`: it is the one that counts now."""

    event: str
    type: str
    at: str
    actor: str
    value: Any
    holds: bool


class ConflictView(View):
    """One thing to look at. `about`: field, number, slug or claim; `command` is where to go on."""

    task_id: str
    uid: str
    title: str
    about: Literal["field", "number", "slug", "claim"]
    field: str
    settings: list[Setting]
    others: list[str]
    message: str
    command: str
    ledger: str | UnsetType = UNSET
    ledgers: list[str] | UnsetType = UNSET


class ConflictList(View):
    """What a person should look at, by task."""

    conflicts: list[ConflictView]
    total: int
    truncated: bool
    ledger: str
    kind: Literal["conflict_list"] = "conflict_list"


class ListConflicts(Listing, frozen=True, kw_only=True):
    """List what a person should look at: fields set on two sides, numbers and slugs held twice, rival claims.

    Of two settings of a field the later one holds. Whoever sets the field again, having seen both, settles it.
    """

    command = "conflicts"
    writes = False

    task: Annotated[
        str | None, opt("The task: number, slug or uid; left out, all of them.", positional_too=True)
    ] = None

    def show(self, world: World) -> ConflictList:
        uid = world.find(self.task).uid if self.task is not None else None
        seen = [
            (ledger, view)
            for ledger, source in sources(world, self.all_ledgers)
            for view in _seen_from(world, ledger, source, uid)
        ]
        found = []
        for item in each_once(seen, _identity):
            if self.all_ledgers:
                item.thing.ledger, item.thing.ledgers = item.ledger, item.ledgers
            found.append(item.thing)
        return ConflictList(conflicts=found, total=len(found), truncated=False, ledger=world.ledger)


def _identity(view: ConflictView) -> Any:
    """What makes a conflict of two ledgers the same one: what it is about, and who is party to it."""
    return view.uid, view.about, view.field, tuple(setting.event for setting in view.settings), tuple(view.others)
def _seen_from(world: World, ledger: str, source: Source, uid: str | None) -> list[ConflictView]:
    """The conflicts of one ledger, or of one task of it; the commands lead to that ledger."""
    with nullcontext() if ledger == world.ledger else naming(ledger):
        if uid is None:
            return _everything(source, world.now)
        row, task = source.row(uid), source.record(uid)
        if row is None or task is None or row.is_deleted:
            return []
        return [*_of_task(source, task, world.now), *_shared(source, [row])]


def _everything(source: Source, now: str) -> list[ConflictView]:
    rows = source.rows(archived=True)
    disputed = {row.uid for row in source.rows_with("conflicts")}
    disputed |= {row.uid for row in rows if len(row.claims) > 1}
    records = (source.record(row.uid) for row in rows if row.uid in disputed)
    found = [view for task in records if task is not None for view in _of_task(source, task, now)]
    return [*found, *_shared(source, rows)]


def _of_task(source: Source, task: Task, now: str) -> list[ConflictView]:
    """The disagreements of one task, and its rival claims."""
    found = []
    if task.conflicts:
        events = {event.id: event for event in source.events(task.uid)}
        found = [_disagreement(task, conflict, events) for conflict in task.conflicts]
    live = [claim for claim in task.claims if claim_until(claim, now) > now]
    if len({claim.holder for claim in live}) > 1:
        found.append(
            ConflictView(
                task_id=task.id,
                uid=task.uid,
                title=task.title,
                about="claim",
                field="claim",
                settings=[
                    Setting(
                        event=claim.id,
                        type="claim.taken",
                        at=claim.at,
                        actor=f"{claim.actor.type}:{claim.actor.name}",
                        value=claim.stage,
                        holds=claim is live[0],
                    )
                    for claim in live
                ],
                others=[],
                message=f"{len(live)} claims are open; the first one holds.",
                command=command_line((PROGRAM, "lock", "show", "--task", task.id)),
            )
        )
    return found


def _disagreement(task: Task, conflict: Disagreement, events: dict[str, Any]) -> ConflictView:
    settings = [
        Setting(
            event=event.id,
            type=event.type,
            at=event.at,
            actor=f"{event.actor.type}:{event.actor.name}",
            value=value_set(event, conflict.field),
            holds=event.id == conflict.events[-1],
        )
        for event in (events[name] for name in conflict.events if name in events)
    ]
    return ConflictView(
        task_id=task.id,
        uid=task.uid,
        title=task.title,
        about="field",
        field=conflict.field,
        settings=settings,
        others=[],
        message=f"{conflict.field} was set on {len(conflict.events)} sides; the last one holds.",
        command=_remedy(task, conflict.field),
    )


def value_set(event: Any, field: str) -> Any:
    """What the event set the field to, as far as its payload tells; else the type of the event."""
    data = event.data
    for holder in (data, getattr(data, "fields", None)):
        value = getattr(holder, field, UNSET)
        if value is not UNSET:
            return value
    if isinstance(getattr(data, "record", None), dict) and field in data.record:
        return data.record[field]
    word = field.partition(" ")[0]
    name = {"todo": field.rpartition(" ")[2], "question": "text", "note": "body", "run": "result", "hold": "reason"}.get(word)
    if word == "introduction":
        name = "intro"
    elif word == "accepted_plan":
        name = "plan"
    elif word == "dependency":
        name = "unblock_at"
    value = getattr(data, name, UNSET) if name else UNSET
    return event.type if value is UNSET else value


# Fields of `task edit` that a person can set again as they stand.
_EDITABLE = {"title": "--title", "description": "--description", "priority": "--priority", "owner": "--owner"}


def _remedy(task: Task, field: str) -> str:
    """Where to go on: the command that sets the field again, else the one that shows the task."""
    if field in _EDITABLE:
        return command_line((PROGRAM, "task", "edit", "--task", task.id, _EDITABLE[field], "..."))
    if field == "accepted_plan":
        return command_line((PROGRAM, "plan", "list", "--task", task.id))
    if field.startswith("todo "):
        return command_line((PROGRAM, "todo", "list", "--task", task.id))
    if field.startswith("handoff "):
        return command_line((PROGRAM, "handoff", "list", "--task", task.id))
    if field.startswith(("file ", "url ")):
        return command_line((PROGRAM, "file", "list", "--task", task.id))
    return command_line((PROGRAM, "task", "show", task.id))


def _shared(source: Source, rows: Iterable[Row]) -> list[ConflictView]:
    """Numbers and slugs that more than one task holds, told at each of `rows` that shares one."""
    found = []
    everyone = source.rows(archived=True)
    for about in ("number", "slug"):
        holders: dict[Any, list[Row]] = {}
        for row in everyone:
            holders.setdefault(getattr(row, about), []).append(row)
        for row in rows:
            others = [other for other in holders.get(getattr(row, about), []) if other.uid != row.uid]
            if not others:
                continue
            shared = row.id if about == "number" else row.slug
            renumber = (PROGRAM, "task", "renumber", row.uid[:8])
            command = renumber if about == "number" else (PROGRAM, "task", "show", row.uid[:8])
            found.append(
                ConflictView(
                    task_id=row.id,
                    uid=row.uid,
                    title=row.title,
                    about=about,  # type: ignore[arg-type]
                    field=about,
                    settings=[],
                    others=[other.uid for other in others],
                    message=f"{len(others) + 1} tasks hold {shared}.",
                    command=command_line(command),
                )
            )
    return found


OPERATIONS: tuple[type[Operation], ...] = (ListConflicts,)
