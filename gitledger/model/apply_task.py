"""The life of a task as events tell it: created, edited, moved, held, closed, deleted."""

from typing import Any

from msgspec import UNSET

from gitledger.model import codec
from gitledger.model.applying import Table
from gitledger.model.events import Fields
from gitledger.model.task import Adoption, Hold
from gitledger.model.texts import encode_name, split_task_md

LIFE = Table()


def _set_fields(state, event, fields) -> None:
    for name in fields.__struct_fields__:
        value = getattr(fields, name)
        if value is UNSET:
            continue
        if name == "description":
            state.set(event, name, value)
            state.write_task_md(value)
        else:
            state.assign(event, name, value)
            if name == "title":
                state.write_task_md(split_task_md(state.text("task.md"))[1])


def _merge_keys(target: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {**target, **changes}
    return {key: merged[key] for key in sorted(merged) if merged[key] is not None}


def _set_number(state, event, number: int, *, leaving) -> None:
    left = [held for held in leaving if held not in (0, number, *state.task.former_numbers)]
    if left:
        state.task.former_numbers = [*state.task.former_numbers, *dict.fromkeys(left)]
    state.assign(event, "number", number)


@LIFE.applies("task.created")
def _created(state, event, data) -> None:
    task = state.task
    task.created_at = event.at
    task.creator = event.actor.brief()
    task.workflow, task.kind = data.workflow, data.kind
    task.labels = sorted(set(data.labels))
    task.properties = _merge_keys(task.properties, data.properties)
    task.meta = _merge_keys(task.meta, data.meta)
    _set_number(state, event, data.number, leaving=(task.number,))
    for name in ("slug", "title", "parent", "relation", "sort"):
        state.assign(event, name, getattr(data, name))
    state.set(event, "description", data.description)
    state.write_task_md(data.description)
    _set_fields(state, event, data.fields)
    state.set_status(event, data.status)


@LIFE.applies("task.recorded")
def _recorded(state, event, data) -> None:
    state.task.kind = "recorded"
    state.task.recorded_at = event.at
    state.task.recorded_by = event.actor.brief()
    state.assign(event, "summary", data.summary)
    state.set_status(event, data.status)


@LIFE.applies("task.imported")
def _imported(state, event, data) -> None:
    record = codec.convert_record({**data.record, "uid": state.task.uid})
    if record is None:
        return
    old = state.task
    record.heads, record.clock, record.unknown = old.heads, old.clock, old.unknown
    record.conflicts, record.deleted_at = old.conflicts, None
    state.task = record
    state.settle(event)
    for name in _IMPORTED_FIELDS:
        state.set(event, name, getattr(record, name))
    state.set(event, "hold", None if record.hold is None else record.hold.reason)
    state.set(event, "archived_at", record.archived_at is not None)
    state.set(event, "deleted_at", False)
    for held in (*old.plans, *old.notes, *old.handoffs):
        state.texts[held.file] = None
    state.texts |= _imported_texts(record, data.texts)
    description = split_task_md(data.texts.get("task.md", ""))[1]
    state.set(event, "description", description)
    state.write_task_md(description)


_IMPORTED_FIELDS = (
    *(name for name in Fields.__struct_fields__ if name != "description"),
    *("number", "status", "accepted_plan", "parent", "relation", "sort", "closure_note", "introduction"),
)


def _imported_texts(record, texts) -> dict[str, str]:
    """The long texts of an imported record, under names of our own: those in the record are never used as paths."""
    named: dict[str, str] = {}
    numbered = (
        *((plan, f"plans/{plan.version}", place) for place, plan in enumerate(record.plans)),
        *((handoff, f"handoffs/{handoff.number}", place) for place, handoff in enumerate(record.handoffs)),
    )
    for held, stem, place in numbered:
        name = f"{stem}-{place}.md" if f"{stem}.md" in named else f"{stem}.md"
        named[name] = texts.get(held.file, "")
        held.file = name
    record.notes = list({note.key: note for note in record.notes}.values())
    for note in record.notes:
        name = f"notes/{encode_name(note.key)}.md"
        named[name] = texts.get(note.file, "")
        note.file = name
    return named


@LIFE.applies("task.edited")
def _edited(state, event, data) -> None:
    _set_fields(state, event, data.fields)
    task = state.task
    task.labels = sorted({*task.labels, *data.add_labels} - set(data.remove_labels))
    task.properties = _merge_keys(task.properties, data.properties)
    task.meta = _merge_keys(task.meta, data.meta)


@LIFE.applies("task.renumbered")
def _renumbered(state, event, data) -> None:
    # Renumbered on two sides at once, the task has held the number of the other side too: it is not given again.
    _set_number(state, event, data.number, leaving=(data.previous, state.task.number))


@LIFE.applies("task.adopted")
def _adopted(state, event, data) -> None:
    state.task.adopted.append(Adoption(data.ledger, data.tip, data.number, event.at))


@LIFE.applies("task.advanced")
def _advanced(state, event, data) -> None:
    state.task.label = data.label
    state.set_status(event, data.status)


@LIFE.applies("task.held")
def _held(state, event, data) -> None:
    state.set(event, "hold", data.reason)
    state.task.hold = Hold(event.at, event.actor.brief(), data.reason, data.previous)


@LIFE.applies("task.resumed")
def _resumed(state, event, data) -> None:
    state.set(event, "hold", None)
    state.task.hold = None
    state.set_status(event, data.status)


@LIFE.applies("task.moved")
def _moved(state, event, data) -> None:
    for name in ("parent", "sort", "relation"):
        state.assign(event, name, getattr(data, name))


@LIFE.applies("task.cancelled")
def _cancelled(state, event, data) -> None:
    state.set_status(event, data.status)


@LIFE.applies("task.uncancelled")
def _uncancelled(state, event, data) -> None:
    state.set_status(event, data.status)


@LIFE.applies("task.closed")
def _closed(state, event, data) -> None:
    state.task.closed_at = event.at
    state.task.closed_by = event.actor.brief()
    state.assign(event, "closure_note", data.note)


@LIFE.applies("task.archived")
def _archived(state, event, data) -> None:
    state.set(event, "archived_at", True)
    state.task.archived_at = event.at


@LIFE.applies("task.unarchived")
def _unarchived(state, event, data) -> None:
    state.set(event, "archived_at", False)
    state.task.archived_at = None


@LIFE.applies("task.deleted")
def _deleted(state, event, data) -> None:
    state.set(event, "deleted_at", True)
    state.task.deleted_at = event.at
