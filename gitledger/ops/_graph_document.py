"""The document of `graph import`: items, notes and dependencies as task-orchestrator-py writes them, checked one by one."""

from typing import Any, Literal

import re

from msgspec import Struct

from gitledger.errors import InvalidInput
from gitledger.model import ids
from gitledger.ops import _fields
from gitledger.ops._facts import PROGRAM
from gitledger.ops._interchange import meta_of, words_of

_HELP = (PROGRAM, "graph", "import", "--help")
_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STANDING = ("queue", "work", "review")
MAX_TITLE = 300


class ItemGiven(Struct, frozen=True, kw_only=True):
    """An item; what it does not say is as the reference has it where nobody said it."""

    id: str
    title: str
    parent_id: str | None = None
    description: str | None = None
    summary: str | None = None
    status: Literal["queue", "work", "review", "done", "blocked", "cancelled", "archived"] = "queue"
    status_label: str | None = None
    previous_status: str | None = None
    priority: str | None = None
    complexity: int | None = None
    item_type: str | None = None
    tags: str | None = None
    metadata: str | None = None
    properties: str | None = None
    role_changed_at: str | None = None
    due_at: str | None = None
    schedule: str | None = None
    next_run_at: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class NoteGiven(Struct, frozen=True, kw_only=True):
    """A note of an item."""

    item_id: str
    key: str
    body: str = ""
    role: str = "queue"
    created_at: str | None = None
    updated_at: str | None = None


class DependencyGiven(Struct, frozen=True, kw_only=True):
    """`to_id` waits for `from_id`."""

    from_id: str
    to_id: str
    dep_type: Literal["blocks", "relates_to", "discovered_from"] = "blocks"
    unblock_at: Literal["work", "review", "done"] = "done"
    created_at: str | None = None


class GraphDocument(Struct, frozen=True, kw_only=True):
    """What `graph export`, or `export_graph` of the reference, has written."""

    items: list[ItemGiven]
    notes: list[NoteGiven] = []
    dependencies: list[DependencyGiven] = []


def wrong(field: str, message: str) -> InvalidInput:
    """The refusal of a document."""
    return InvalidInput(message, code="VALIDATION", hint=_HELP, details={"field": field})


def check_id(text: str, field: str = "id") -> str:
    """The id, which has to be a UUID in lower case."""
    if _UID.fullmatch(text) is None:
        raise wrong(field, f"{text[:60]!r} is no id: it has to be a UUID in lower case.")
    return text


def moment_of(text: str | None, field: str, otherwise: str) -> str:
    """A time of the document as events carry it; `otherwise` where it says none."""
    if not text:
        return otherwise
    try:
        return ids.read_time(text)
    except ValueError:
        raise wrong(field, f"{text[:60]!r} is no time of ISO 8601.") from None


def fields_of(item: ItemGiven, now: str, who: dict[str, Any]) -> dict[str, Any]:
    """What the record of the item's task holds, by field. Its number, slug, dependencies and notes are others' affair."""
    created = moment_of(item.created_at, "created_at", now)
    changed = moment_of(item.role_changed_at, "role_changed_at", created)
    updated = moment_of(item.updated_at, "updated_at", created)
    previous = item.previous_status if item.previous_status in _STANDING else "work"
    status = {"blocked": previous, "archived": "done"}.get(item.status, item.status)
    tags = item.tags or ""
    return {
        "uid": check_id(item.id),
        "title": title_of(item),
        "summary": item.summary or "",
        "workflow": "light",
        "type": item.item_type or "",
        "status": status,
        "status_at": changed,
        "label": item.status_label,
        "priority": _fields.parse_priority(item.priority) if item.priority else None,
        "complexity": _fields.parse_complexity(item.complexity or 0),
        "labels": sorted(set(words_of(tags))),
        "meta": meta_of(item.metadata or "", item.properties or "", tags),
        "due": _fields.parse_due(item.due_at, now) if item.due_at else None,
        "schedule": _fields.parse_schedule(item.schedule) if item.schedule else None,
        "next_run_at": moment_of(item.next_run_at, "next_run_at", "") or None,
        "parent": check_id(item.parent_id, "parent_id") if item.parent_id else None,
        "hold": {"at": changed, "by": who, "reason": "", "previous": status} if item.status == "blocked" else None,
        "archived_at": updated if item.status == "archived" else None,
        "created_at": created,
        "updated_at": updated,
    }


def title_of(item: ItemGiven) -> str:
    """The title on one line; one that is too long goes on in the description (`description_of`)."""
    title = " ".join(item.title.split()) or "(untitled)"
    return title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1] + "…"


def description_of(item: ItemGiven) -> str:
    """The description, behind the whole title where that was cut."""
    whole = " ".join(item.title.split())
    description = (item.description or "").strip("\n")
    return description if len(whole) <= MAX_TITLE else f"{whole}\n\n{description}".strip("\n")
