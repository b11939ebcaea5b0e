"""What a person should look at after histories met: fields set on both sides, numbers and slugs that two tasks hold, two claims."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from msgspec import UNSET

from gitledger.model.task import Disagreement, Row, Task
from gitledger.ops._base import PROGRAM, Operation, World, claim_until, command_line, opt
from gitledger.ops._views import View


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


class ConflictList(View):
    """What a person should look at, by task."""

    conflicts: list[ConflictView]
    total: int
    truncated: bool
    ledger: str
    kind: Literal["conflict_list"] = "conflict_list"


class ListConflicts(Operation, frozen=True, kw_only=True):
    """List what a person should look at: fields set on two sides, numbers and slugs held twice, rival claims.

    Of two settings of a field the later one holds. Whoever sets the field again, having seen both, settles it.
    """

    command = "conflicts"
    writes = False

    task: Annotated[
        str | None, opt("The task: number, slug or uid; left out, all of them.", positional_too=True)
    ] = None

    def show(self, world: World) -> ConflictList:
        if self.task is not None:
            row = world.find(self.task)
            found = [*_of_task(world, world.task(row.uid) if row.uid in world.states else _record(world, row)), *_shared(world, [row])]
        else:
            found = _everything(world)
        return ConflictList(conflicts=found, total=len(found), truncated=False, ledger=world.ledger)


def _record(world: World, row: Row) -> Task:
    record = world.record(row.uid)
    assert record is not None  # a row stands for a record
    return record


def _everything(world: World) -> list[ConflictView]:
    rows = world.source.rows(archived=True)
    disputed = {row.uid for row in world.source.rows_with("conflicts")}
    disputed |= {row.uid for row in rows if len(row.claims) > 1}
    found = [view for row in rows if row.uid in disputed for view in _of_task(world, _record(world, row))]
    return [*found, *_shared(world, rows)]


def _of_task(world: World, task: Task) -> list[ConflictView]:
    """The disagreements of one task, and its rival claims."""
    found = []
    if task.conflicts:
        events = {event.id: event for event in world.source.events(task.uid)}
        found = [_disagreement(task, conflict, events) for conflict in task.conflicts]
    live = [claim for claim in task.claims if claim_until(claim, world.now) > world.now]
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
    if word == "accepted_plan":
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
    return command_line((PROGRAM, "task", "show", task.id))


def _shared(world: World, rows: Iterable[Row]) -> list[ConflictView]:
    """Numbers and slugs that more than one task holds, told at each of `rows` that shares one."""
    found = []
    everyone = world.source.rows(archived=True)
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
