"""An item that is to begin: what the reference takes of it, checked as the reference does, and recorded as any task."""

from msgspec import Struct, structs

from gitledger.mcp.orchestrator.errors import about, invalid, missing
from gitledger.mcp.orchestrator.shapes import record_of
from gitledger.model import ids
from gitledger.ops._base import Decision
from gitledger.ops._creating import Slugs, clean_title, create, draft_of
from gitledger.ops._graph import ancestors_of
from gitledger.ops._interchange import meta_of, words_of
from gitledger.ops._world import World
from gitledger.ops.item import CreateItem

PRIORITIES = ("critical", "high", "medium", "low")
_LEVELS = 4


class NewItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item as a call describes it. Empty text stands for what was not given."""

    title: str
    description: str = ""
    summary: str = ""
    parent_id: str = ""
    priority: str = "medium"
    complexity: int | None = None
    item_type: str = ""
    tags: str = ""
    metadata: str = ""
    properties: str = ""
    due_at: str = ""
    schedule: str = ""


class Nursery:
    """Begins items, several in one entry: each gets a number and a slug of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._number = world.source.top_number()
        self._slugs = Slugs(world)

    def begin(self, new: NewItem, parent: str | None) -> Decision:
        """An item begins as a part of the task with the id `parent`; returns its id."""
        world = self._world
        with about("title"):
            clean_title(new.title)
        check_fields(new.priority, new.complexity, new.due_at)
        if parent is not None:
            check_parent(world, parent)
        draft = draft_of(world, _operation(new), "light")
        self._number += 1
        meta = meta_of(new.metadata, new.properties, new.tags)
        slug = self._slugs.take(None, draft.title)
        return (yield from create(world, structs.replace(draft, parent=parent, meta=meta), number=self._number, slug=slug))


def _operation(new: NewItem) -> CreateItem:
    return CreateItem(
        title=new.title,
        description=new.description,
        summary=new.summary or None,
        priority=new.priority or None,
        labels=words_of(new.tags),
        type=new.item_type or None,
        complexity=new.complexity,
        due=new.due_at or None,
        schedule=new.schedule or None,
    )


def check_fields(priority: str, complexity: int | None, due_at: str) -> None:
    """Refuse what the reference refuses; native spellings of these fields are not for its clients."""
    if priority and priority not in PRIORITIES:
        raise invalid("priority", f"Invalid priority: {priority[:40]}. Must be one of: {', '.join(PRIORITIES)}")
    if complexity is not None and not 1 <= complexity <= 10:
        raise invalid("complexity", f"Complexity must be from 1 to 10, not {complexity}")
    try:
        if due_at:
            ids.read_time(due_at)
    except ValueError:
        raise invalid("due_at", f"Invalid due_at: {due_at[:60]}. It must be a date of ISO 8601") from None


def check_parent(world: World, parent: str) -> None:
    """Refuse a parent that is not there, or that lies at the lowest level already."""
    if record_of(world, parent) is None:
        raise missing("parent_id", f"Parent {parent[:80]} not found")
    if len(ancestors_of(world, parent)) >= _LEVELS - 1:
        raise invalid("parent_id", f"An item can lie at most {_LEVELS} levels deep")
